/** A provisioned vault and clients of its roles. */
import { randomUUID } from 'node:crypto';
import type { KeyRecord, KeySlot, SealedKey } from '../../src/contract/keys';
import type { KeyRef } from '../../src/contract/ids';
import { provisionVault } from '../../src/vault/provision';
import { VAULT_ROLES, type VaultRole } from '../../src/vault/provision-access';
import { connectVault, type AppRoleCredentials, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS, type VaultSettings } from '../../src/vault/vault-settings';
import { startOpenBao, type OpenBao } from './open-bao';

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

export async function openVaultFixture(): Promise<VaultFixture> {
  const bao = await startOpenBao();
  const settings: VaultSettings = { address: bao.address, ...VAULT_DEFAULTS };
  const credentials = newCredentials();
  const clients: VaultClient[] = [];
  const keep = async (client: Promise<VaultClient>): Promise<VaultClient> => {
    clients.push(await client);
    return client;
  };
  const asToken = (token: string, changed: Partial<VaultSettings> = {}) =>
    keep(connectVault({ settings: { ...settings, ...changed }, login: { token } }));
  try {
    await provisionVault(await asToken(bao.rootToken), { roles: credentials, issuerUrl: ISSUER_URL });
  } catch (error) {
    await bao.stop();
    throw error;
  }
  return {
    bao,
    settings,
    credentials,
    as: (role) => keep(connectVault({ settings, login: { appRole: credentials[role] } })),
    asToken,
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
