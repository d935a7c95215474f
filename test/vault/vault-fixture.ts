/** A provisioned vault and clients of its roles. */
import { randomUUID } from 'node:crypto';
import type { KeyRecord, KeySlot, SealedKey } from '../../src/contract/keys';
import type { KeyRef } from '../../src/contract/ids';
import { provisionVault } from '../../src/vault/provision';
import { VAULT_ROLES, type VaultRole } from '../../src/vault/provision-access';
import { connectVault, type AppRoleCredentials, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS, type VaultSettings } from '../../src/vault/vault-settings';
import { appRolePath, policyPath } from '../../src/vault/paths';
import { testStack } from '../support/stack';
import { askerOf, startOpenBao, type OpenBao } from './open-bao';

export interface VaultFixture {
  readonly bao: OpenBao;
  readonly settings: VaultSettings;
  readonly credentials: Record<VaultRole, AppRoleCredentials>;
  /** A client of the role; closed with the fixture. */
  as(role: VaultRole): Promise<VaultClient>;
  asToken(token: string, settings?: Partial<VaultSettings>): Promise<VaultClient>;
  close(): Promise<void>;
}

export const ISSUER_URL = 'http://keyturn.test:8200';

export function newCredentials(): Record<VaultRole, AppRoleCredentials> {
  const entries = VAULT_ROLES.map((role) => [role, { roleId: randomUUID(), secretId: randomUUID() }]);
  return Object.fromEntries(entries) as Record<VaultRole, AppRoleCredentials>;
}

/** A server of the suite's own: for what would disturb others, and for what needs real root. */
export async function openVaultFixture(): Promise<VaultFixture> {
  const bao = await startOpenBao();
  const credentials = newCredentials();
  const fixture = fixtureOf(bao, credentials);
  try {
    await provisionVault(await fixture.asToken(bao.rootToken), { roles: credentials, issuerUrl: ISSUER_URL });
  } catch (error) {
    await bao.stop();
    throw error;
  }
  return fixture;
}

/** The run's own server: raft, audit log, self-initialised, provisioned under the provisioner's role. */
export async function openSharedVaultFixture(): Promise<VaultFixture> {
  const { vault } = await testStack();
  const { provisioner: appRole, ...credentials } = vault.credentials;
  const settings = { address: vault.address, ...VAULT_DEFAULTS };
  const provisioner = await connectVault({ settings, login: { appRole } });
  await provisionVault(provisioner, { roles: credentials, issuerUrl: 'http://keyturn.local' });
  const inspector = await openInspector(provisioner);
  await provisioner.close();
  return fixtureOf({ address: vault.address, ...inspector }, credentials);
}

/** There is no root token on that server; whoever may write policies can make up for it. */
async function openInspector(provisioner: VaultClient): Promise<Omit<OpenBao, 'address'>> {
  const name = `keyturn-test-${randomUUID()}`;
  const policy = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }';
  const [roleId, secretId] = [randomUUID(), randomUUID()];
  await provisioner.request({ method: 'POST', path: policyPath(name), body: { policy } });
  const bodies = [
    [appRolePath(name), { token_policies: [name], token_ttl: '30m' }],
    [appRolePath(name, 'role-id'), { role_id: roleId }],
    [appRolePath(name, 'custom-secret-id'), { secret_id: secretId }],
  ] as const;
  for (const [path, body] of bodies) await provisioner.request({ method: 'POST', path, body });
  const { address } = provisioner.settings;
  const login = await askerOf(address, '')('POST', 'auth/approle/login', {
    role_id: roleId,
    secret_id: secretId,
  });
  const rootToken: string = login.body.auth.client_token;
  const ask = askerOf(address, rootToken);
  const stop = async (): Promise<void> => {
    await ask('DELETE', `auth/approle/role/${name}`);
    await ask('DELETE', `sys/policies/acl/${name}`);
  };
  return { rootToken, ask, stop };
}

function fixtureOf(bao: OpenBao, credentials: Record<VaultRole, AppRoleCredentials>): VaultFixture {
  const settings: VaultSettings = { address: bao.address, ...VAULT_DEFAULTS };
  const clients: VaultClient[] = [];
  const keep = async (client: Promise<VaultClient>): Promise<VaultClient> => {
    clients.push(await client);
    return client;
  };
  return {
    bao,
    settings,
    credentials,
    as: (role) => keep(connectVault({ settings, login: { appRole: credentials[role] } })),
    asToken: (token, changed = {}) =>
      keep(connectVault({ settings: { ...settings, ...changed }, login: { token } })),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await bao.stop();
    },
  };
}

/** A tenant nobody else uses. */
export function newRef(changes: Partial<KeyRef> = {}): KeyRef {
  return { tenantId: `t-${randomUUID()}`, serviceId: 'openrouter', keyName: 'default', ...changes };
}

export function newSlot(changes: Partial<KeySlot> = {}): KeySlot {
  return {
    sealed: 'vault:v1:not-a-real-ciphertext' as SealedKey,
    version: 1,
    fingerprint: 'vault:v1:fingerprint',
    hint: null,
    verdict: 'valid',
    reason: 'accepted',
    details: {},
    account: null,
    validatedAt: null,
    origin: 'supplied',
    providerHandle: null,
    storedAt: '2026-01-01T00:00:00.000Z',
    operationId: randomUUID(),
    ...changes,
  };
}

export function newRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    schema: 1,
    epoch: 0,
    seq: 1,
    keyId: randomUUID(),
    bornVersion: 1,
    lastVersion: 1,
    current: newSlot(),
    previous: null,
    retireAt: null,
    retiring: [],
    tombstone: null,
    ...changes,
  };
}
