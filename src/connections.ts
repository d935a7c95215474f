/** Settings of the outside systems, taken from the configuration, and how a role connects to them. */
import { readFileSync } from 'node:fs';
import type { Config } from './config';
import { KeyturnError } from './contract/errors';
import type { Logger } from './log';
import { connectTemporal, type Temporal } from './temporal/connect-temporal';
import { checkAccess, type CheckedRole } from './vault/check-access';
import {
  connectVault,
  type AppRoleCredentials,
  type VaultClient,
  type VaultSettings,
} from './vault/vault-client';

/** Where everything is; the embedded servers know it by themselves. */
export interface Addresses {
  readonly databaseUrl: string;
  readonly vaultAddress: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string | null;
}

/** Thrown when a variable that a split deployment needs is missing: names it. */
export function addressesOf(config: Config): Addresses {
  return {
    databaseUrl: required('DATABASE_URL', config.DATABASE_URL),
    vaultAddress: required('VAULT_ADDR', config.VAULT_ADDR),
    temporalAddress: required('TEMPORAL_ADDRESS', config.TEMPORAL_ADDRESS),
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    temporalUiUrl: config.TEMPORAL_UI_URL ?? null,
  };
}

/** Thrown when the AppRole of this process is not configured: names the variable. */
export function appRoleOf(config: Config): AppRoleCredentials {
  return {
    roleId: required('KEYTURN_VAULT_ROLE_ID', config.KEYTURN_VAULT_ROLE_ID),
    secretId: required(
      'KEYTURN_VAULT_SECRET_ID or KEYTURN_VAULT_SECRET_ID_FILE',
      config.KEYTURN_VAULT_SECRET_ID,
    ),
  };
}

/** How the vault is laid out. */
export function vaultSettingsOf(config: Config, address: string): VaultSettings {
  return {
    address,
    ...(config.VAULT_NAMESPACE === undefined ? {} : { namespace: config.VAULT_NAMESPACE }),
    ...(config.VAULT_CACERT === undefined ? {} : { caCertPath: config.VAULT_CACERT }),
    kvMount: config.KEYTURN_VAULT_KV_MOUNT,
    transitMount: config.KEYTURN_VAULT_TRANSIT_MOUNT,
    transitKey: config.KEYTURN_VAULT_TRANSIT_KEY,
    fingerprintKey: config.KEYTURN_VAULT_FINGERPRINT_KEY,
    anchorKey: config.KEYTURN_VAULT_ANCHOR_KEY,
    timeoutMs: config.KEYTURN_VAULT_TIMEOUT_MS,
  };
}

/** Logs a role in and checks that it holds what it needs and no more. */
export async function connectVaultRole(options: {
  config: Config;
  address: string;
  role: CheckedRole;
  appRole: AppRoleCredentials;
  log: Logger;
}): Promise<VaultClient> {
  const { config, address, role, appRole, log } = options;
  const vault = await connectVault({
    settings: vaultSettingsOf(config, address),
    login: { appRole },
    log: log.child({ role }),
  });
  await checkAccess(vault, role);
  return vault;
}

/** Connects to Temporal with what the configuration says of TLS and keys. */
export function connectTemporalFrom(config: Config, addresses: Addresses): Promise<Temporal> {
  const read = (path: string | undefined): Buffer | undefined =>
    path === undefined ? undefined : readFileSync(path);
  const serverCa = read(config.TEMPORAL_TLS_SERVER_CA_CERT_PATH);
  const cert = read(config.TEMPORAL_TLS_CLIENT_CERT_PATH);
  const key = read(config.TEMPORAL_TLS_CLIENT_KEY_PATH);
  const given = serverCa !== undefined || cert !== undefined || config.TEMPORAL_API_KEY !== undefined;
  const tls = given ? { ...(serverCa && { serverCa }), ...(cert && { cert }), ...(key && { key }) } : false;
  return connectTemporal(
    {
      address: addresses.temporalAddress,
      namespace: addresses.temporalNamespace,
      uiUrl: addresses.temporalUiUrl,
      ...(config.TEMPORAL_API_KEY === undefined ? {} : { apiKey: config.TEMPORAL_API_KEY }),
    },
    tls,
  );
}

function required(name: string, value: string | undefined): string {
  if (value === undefined)
    throw new KeyturnError('configuration', `set ${name}: this role needs it`, { field: name });
  return value;
}
