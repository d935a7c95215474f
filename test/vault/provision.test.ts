import { putInbox, readInbox } from '../../src/vault/inbox';
import { checkAccess } from '../../src/vault/check-access';
import { provisionVault } from '../../src/vault/provision';
import { renderPolicies } from '../../src/vault/policy-files';
import { sealFields } from '../../src/vault/transit';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { randomUUID } from 'node:crypto';
import { startOpenBao, type OpenBao } from './open-bao';
import { ISSUER_URL, newCredentials, openVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;

beforeAll(async () => {
  fixture = await openVaultFixture();
});
afterAll(() => fixture.close());

/** A client that counts what it writes. */
function countWrites(vault: VaultClient): { vault: VaultClient; writes: string[] } {
  const writes: string[] = [];
  const request: VaultClient['request'] = (call) => {
    if (call.method !== 'GET' && !call.path.endsWith('/lookup')) writes.push(call.path);
    return vault.request(call);
  };
  return { vault: { ...vault, request }, writes };
}

async function provisioner(): Promise<VaultClient> {
  const policies = ['keyturn-provisioner'];
  const made = await fixture.bao.ask('POST', 'auth/token/create', { policies, no_default_policy: true });
  return fixture.asToken(made.body.auth.client_token);
}

it('writes nothing when everything is as wanted, under the shipped provisioner policy', async () => {
  const { vault, writes } = countWrites(await provisioner());
  await provisionVault(vault, { roles: fixture.credentials, issuerUrl: ISSUER_URL });
  expect(writes).toEqual([]);
});

it('mends what was changed, and nothing else', async () => {
  await fixture.bao.ask('PUT', 'sys/policies/acl/keyturn-gateway', {
    policy: 'path "x" { capabilities = ["read"] }',
  });
  await fixture.bao.ask('POST', 'auth/approle/role/keyturn-api', { token_policies: ['default'] });
  await fixture.bao.ask('POST', 'identity/oidc/config', { issuer: 'http://elsewhere.test' });
  const { vault, writes } = countWrites(await provisioner());
  await provisionVault(vault, { roles: fixture.credentials, issuerUrl: ISSUER_URL });
  expect(writes.sort()).toEqual([
    'auth/approle/role/keyturn-api',
    'identity/oidc/config',
    'sys/policies/acl/keyturn-gateway',
  ]);
  await checkAccess(await fixture.as('gateway'), 'gateway');
});

it('makes other credentials of a role work', async () => {
  const roles = newCredentials();
  await provisionVault(await provisioner(), { roles, issuerUrl: ISSUER_URL });
  const vault = await connectVault({ settings: fixture.settings, login: { appRole: roles.worker } });
  await checkAccess(vault, 'worker');
  await vault.close();
  await provisionVault(await provisioner(), { roles: fixture.credentials, issuerUrl: ISSUER_URL });
});

it('the provisioner reaches nothing under data', async () => {
  const vault = await provisioner();
  const probe = { tenantId: 'acme', operationId: randomUUID() };
  await expect(readInbox(vault, probe.tenantId, probe.operationId)).rejects.toMatchObject({
    code: 'vault_denied',
  });
});

it('records the operation id in the audit log', async () => {
  const header = await fixture.bao.ask('GET', 'sys/config/auditing/request-headers/x-correlation-id');
  expect(header.body.data).toEqual({ 'x-correlation-id': { hmac: false } });
});

describe('on another vault', () => {
  let bao: OpenBao;
  beforeEach(async () => {
    bao = await startOpenBao();
  });
  afterEach(() => bao.stop());

  it('serves under other names of mounts and keys, all roles of them', async () => {
    const names = {
      kvMount: 'team/kv',
      transitMount: 'seal',
      transitKey: 'k1',
      fingerprintKey: 'f1',
      anchorKey: 'a1',
    };
    const settings = { ...fixture.settings, ...names, address: bao.address };
    const root = await connectVault({ settings, login: { token: bao.rootToken } });
    const roles = newCredentials();
    await provisionVault(root, { roles, issuerUrl: ISSUER_URL });
    for (const role of ['api', 'worker', 'gateway', 'operator'] as const) {
      const vault = await connectVault({ settings, login: { appRole: roles[role] } });
      await checkAccess(vault, role);
      if (role === 'api') {
        const ref = { tenantId: 'acme', serviceId: 'openai', keyName: 'default' };
        const entry = { sealed: await sealFields(vault, ref, { a: '1' }), fingerprint: 'f', hint: null };
        await putInbox(vault, 'acme', randomUUID(), entry);
      }
      await vault.close();
    }
    expect((await bao.ask('GET', 'sys/policies/acl/keyturn-worker')).body.data.policy).toBe(
      renderPolicies(settings).get('keyturn-worker'),
    );
    await root.close();
  });

  it('is made by four processes at once', async () => {
    const settings = { ...fixture.settings, address: bao.address };
    const roles = newCredentials();
    const roots = await Promise.all(
      [1, 2, 3, 4].map(() => connectVault({ settings, login: { token: bao.rootToken } })),
    );
    await Promise.all(roots.map((root) => provisionVault(root, { roles, issuerUrl: ISSUER_URL })));
    const worker = await connectVault({ settings, login: { appRole: roles.worker } });
    await checkAccess(worker, 'worker');
    await Promise.all([worker, ...roots].map((vault) => vault.close()));
  });

  it.each([
    [
      'KV version 1',
      'sys/mounts/bizosaas',
      { type: 'kv', options: { version: '1' } },
      'KEYTURN_VAULT_KV_MOUNT',
    ],
    ['a mount of another type', 'sys/mounts/bizosaas', { type: 'transit' }, 'KEYTURN_VAULT_KV_MOUNT'],
  ])('refuses %s and names the setting', async (_what, path, body, setting) => {
    await bao.ask('POST', path, body);
    const vault = await connectVault({
      settings: { ...fixture.settings, address: bao.address },
      login: { token: bao.rootToken },
    });
    const attempt = provisionVault(vault, { roles: newCredentials(), issuerUrl: ISSUER_URL });
    await expect(attempt).rejects.toMatchObject({ code: 'vault_unavailable', details: { setting } });
    await vault.close();
  });

  it('refuses a transit key that is not derived', async () => {
    await bao.ask('POST', 'sys/mounts/transit', { type: 'transit' });
    await bao.ask('POST', 'transit/keys/keyturn', { type: 'aes256-gcm96' });
    const vault = await connectVault({
      settings: { ...fixture.settings, address: bao.address },
      login: { token: bao.rootToken },
    });
    const attempt = provisionVault(vault, { roles: newCredentials(), issuerUrl: ISSUER_URL });
    await expect(attempt).rejects.toThrow(/KEYTURN_VAULT_TRANSIT_KEY/);
    await vault.close();
  });
});
