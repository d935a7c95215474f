/** What each role may not do, asked of the real server, and the check at boot that sees a wrong policy. */
import { randomUUID } from 'node:crypto';
import { putAnchor } from '../../src/vault/anchors';
import { checkAccess, type CheckedRole } from '../../src/vault/check-access';
import { clearInbox, putInbox, readInbox } from '../../src/vault/inbox';
import { destroyVersionsBelow, readKeyRecord, writeKeyRecord } from '../../src/vault/key-store';
import { mintIdentityToken } from '../../src/vault/identity-token';
import {
  readPlatformSecret,
  removePlatformSecret,
  writePlatformSecret,
} from '../../src/vault/platform-secrets';
import { renderPolicies, renderPolicy } from '../../src/vault/policy-files';
import { fingerprintFields, openFields, sealFields } from '../../src/vault/transit';
import type { VaultClient } from '../../src/vault/vault-client';
import { VAULT_ROLES, type VaultRole } from '../../src/vault/provision-access';
import { newRecord, newRef, openVaultFixture, type VaultFixture } from './vault-fixture';

const CHECKED: readonly CheckedRole[] = ['api', 'worker', 'gateway', 'operator'];

let fixture: VaultFixture;
const clients = {} as Record<VaultRole, VaultClient>;

beforeAll(async () => {
  fixture = await openVaultFixture();
  for (const role of VAULT_ROLES) clients[role] = await fixture.as(role);
});
afterAll(() => fixture.close());

/** Every deed of the room, on things that exist where that matters, and who may do it. */
const DEEDS: readonly [string, readonly VaultRole[], (vault: VaultClient, made: Made) => Promise<unknown>][] =
  [
    ['seal', ['api', 'worker'], (vault) => sealFields(vault, newRef(), { a: '1' })],
    ['open', ['worker', 'gateway'], (vault, made) => openFields(vault, made.ref, made.sealed)],
    ['fingerprint', ['api', 'worker'], (vault) => fingerprintFields(vault, newRef(), { a: '1' })],
    ['read a record', ['worker', 'gateway', 'operator'], (vault, made) => readKeyRecord(vault, made.ref)],
    [
      'write a first record',
      ['worker', 'operator'],
      (vault) => writeKeyRecord(vault, newRef(), newRecord(), 0),
    ],
    [
      'write a later record',
      ['worker', 'operator'],
      async (vault) => {
        const ref = newRef();
        await writeKeyRecord(clients.worker, ref, newRecord(), 0);
        await writeKeyRecord(vault, ref, newRecord(), 1);
      },
    ],
    [
      'destroy versions',
      ['worker', 'operator'],
      async (vault) => {
        const ref = newRef();
        for (const cas of [0, 1]) await writeKeyRecord(clients.worker, ref, newRecord(), cas);
        await destroyVersionsBelow(vault, ref, 2);
      },
    ],
    [
      'put into the inbox',
      ['api'],
      (vault, made) => putInbox(vault, newRef().tenantId, randomUUID(), made.entry),
    ],
    ['read the inbox', ['worker'], (vault, made) => readInbox(vault, made.ref.tenantId, made.operationId)],
    ['clear the inbox', ['api', 'worker'], (vault) => clearInbox(vault, newRef().tenantId, randomUUID())],
    [
      'create an anchor',
      ['worker'],
      (vault) => putAnchor(vault, Math.ceil(Math.random() * 1e9), { heads: {} }),
    ],
    [
      'write a platform secret',
      ['operator'],
      (vault) => writePlatformSecret(vault, 'openrouter-api-key', { api_key: 'made-up' }),
    ],
    ['read a platform secret', ['gateway'], (vault) => readPlatformSecret(vault, 'openrouter-api-key')],
    ['remove a platform secret', ['operator'], (vault) => removePlatformSecret(vault, 'openrouter-api-key')],
    ['mint an identity token', ['issuer'], (vault) => mintIdentityToken(vault, { roles: 'operator' })],
  ];

interface Made {
  ref: ReturnType<typeof newRef>;
  sealed: Awaited<ReturnType<typeof sealFields>>;
  operationId: string;
  entry: Parameters<typeof putInbox>[3];
}

async function make(): Promise<Made> {
  const [ref, operationId] = [newRef(), randomUUID()];
  const sealed = await sealFields(clients.api, ref, { a: '1' });
  const entry = { sealed, fingerprint: 'vault:v1:x', hint: null };
  await writeKeyRecord(clients.worker, ref, newRecord(), 0);
  await putInbox(clients.api, ref.tenantId, operationId, entry);
  return { ref, sealed, operationId, entry };
}

describe.each(DEEDS)('to %s', (_deed, allowed, act) => {
  it.each(VAULT_ROLES)(`is for ${allowed.join(', ')}: %s`, async (role) => {
    const attempt = act(clients[role], await make());
    if (allowed.includes(role)) await attempt;
    else await expect(attempt).rejects.toMatchObject({ code: 'vault_denied' });
  });
});

it.each([
  [
    'the worker cannot change an anchor',
    'worker',
    'POST',
    'bizosaas/data/audit/anchors/1',
    { data: { forged: true } },
  ],
  ['the worker cannot delete an anchor', 'worker', 'DELETE', 'bizosaas/data/audit/anchors/1', undefined],
  ['the worker cannot erase an anchor', 'worker', 'DELETE', 'bizosaas/metadata/audit/anchors/1', undefined],
  [
    'the worker cannot destroy an anchor',
    'worker',
    'PUT',
    'bizosaas/destroy/audit/anchors/1',
    { versions: [1] },
  ],
  ['the worker cannot read the sealing key', 'worker', 'GET', 'transit/keys/keyturn', undefined],
  [
    'the worker cannot erase a record',
    'worker',
    'DELETE',
    'bizosaas/metadata/tenants/a/api-keys/b',
    undefined,
  ],
  ['the worker cannot reach outside tenants', 'worker', 'GET', 'bizosaas/data/platform/database', undefined],
  [
    'the facade cannot overwrite an inbox entry',
    'api',
    'POST',
    'bizosaas/data/tenants/a/inbox/b',
    { data: { a: 1 } },
  ],
  ['the facade cannot list tenants', 'api', 'LIST', 'bizosaas/metadata/tenants', undefined],
  [
    'the issuer cannot make a bearer of another policy',
    'issuer',
    'POST',
    'auth/token/create/keyturn-bearer',
    { policies: ['keyturn-worker'] },
  ],
  ['the issuer cannot make a plain token', 'issuer', 'POST', 'auth/token/create', {}],
] as const)('%s', async (_what, role, method, path, body) => {
  await fixture.bao.ask('POST', 'bizosaas/data/audit/anchors/1', {
    options: { cas: 0 },
    data: { heads: {} },
  });
  await fixture.bao.ask('POST', 'bizosaas/data/tenants/a/inbox/b', { options: { cas: 0 }, data: { a: 0 } });
  const login = await fixture.bao.ask('POST', 'auth/approle/login', {
    role_id: fixture.credentials[role].roleId,
    secret_id: fixture.credentials[role].secretId,
  });
  const reply = await fixture.bao.ask(method, path, body, login.body.auth.client_token);
  expect([400, 403]).toContain(reply.status);
  expect(JSON.stringify(reply.body)).toMatch(/permission denied|not subset|must be subset/);
});

describe('the check at boot', () => {
  it.each(CHECKED)('passes for the shipped policy of the %s', async (role) => {
    await checkAccess(clients[role], role);
  });

  it.each(CHECKED)('refuses every other role in place of the %s', async (role) => {
    for (const other of VAULT_ROLES.filter((one) => one !== role)) {
      await expect(checkAccess(clients[other], role)).rejects.toMatchObject({ code: 'vault_denied' });
    }
  });

  it('refuses root: that is too much', async () => {
    const root = await fixture.asToken(fixture.bao.rootToken);
    await expect(checkAccess(root, 'worker')).rejects.toThrow(/has root too much/);
  });

  it('names the path, what is missing or too much, and the cure', async () => {
    const policy = renderPolicies(fixture.settings).get('keyturn-gateway') ?? '';
    const crippled = policy.replace(
      'transit/decrypt/keyturn" { capabilities = ["update"]',
      'transit/decrypt/keyturn" { capabilities = ["deny"]',
    );
    const bloated = `${policy}\npath "bizosaas/data/tenants/+/inbox/+" { capabilities = ["read"] }`;
    await expect(checkAccess(await withPolicy(crippled), 'gateway')).rejects.toThrow(
      /transit\/decrypt\/keyturn lacks update.*keyturn-gateway\.hcl.*KEYTURN_VAULT_ROLE_ID/,
    );
    await expect(checkAccess(await withPolicy(bloated), 'gateway')).rejects.toThrow(
      /bizosaas\/data\/tenants\/capability-check\/inbox\/[0-9-]+ has read too much/,
    );
  });

  async function withPolicy(policy: string): Promise<VaultClient> {
    const name = `test-${randomUUID()}`;
    await fixture.bao.ask('PUT', `sys/policies/acl/${name}`, { policy });
    const made = await fixture.bao.ask('POST', 'auth/token/create', { policies: [name] });
    return fixture.asToken(made.body.auth.client_token);
  }
});

it('puts configured names of mounts and keys into the policies', () => {
  const settings = {
    ...fixture.settings,
    kvMount: 'team/kv',
    transitMount: 'seal',
    transitKey: 'k',
    fingerprintKey: 'f',
    anchorKey: 'a',
  };
  for (const [, policy] of renderPolicies(settings)) {
    const paths = [...policy.matchAll(/^path "([^"]+)"/gm)].map((match) => match[1]);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths.filter((one) => !one?.startsWith('identity/'))) {
      expect(path).not.toMatch(/bizosaas|transit\/|transit$|\/keyturn(-fp|-anchor)?$/);
    }
  }
  expect(renderPolicy('path "transit/sign/keyturn-anchor" { }', settings)).toBe('path "seal/sign/a" { }');
  expect(renderPolicy('path "sys/mounts/bizosaas" { }', settings)).toBe('path "sys/mounts/team/kv" { }');
});
