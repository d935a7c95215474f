/** Settings of the outside systems, taken from the configuration, and how a role connects to them. */
import { readFileSync } from 'node:fs';
import type { Config } from './config';
import { KeyturnError } from './contract/errors';
import type { Logger } from './log';
import { assertNamespace, connectTemporal, type Temporal } from './temporal/connect-temporal';
import { checkAccess, type CheckedRole } from './vault/check-access';
import { readVaultHealth, type VaultHealth } from './vault/health';
import {
  connectVault,
  type AppRoleCredentials,
  type VaultClient,
  type VaultSettings,
} from './vault/vault-client';
import { assertVaultSettings, VAULT_SETTING_NAMES } from './vault/vault-settings';

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

/**
 * Logs a role in and checks that it holds what it needs and no more.
 * Thrown: one message that names the variable, what was seen and the cure.
 */
export async function connectVaultRole(options: {
  config: Config;
  address: string;
  role: CheckedRole;
  appRole: AppRoleCredentials;
  log: Logger;
}): Promise<VaultClient> {
  const { config, address, role, appRole, log } = options;
  const settings = vaultSettingsOf(config, address);
  assertVaultSettings(settings);
  assertUsable(await readVaultHealth({ settings }));
  const vault = await connectVault({ settings, login: { appRole }, log: log.child({ role }) });
  try {
    assertUsable(await readVaultHealth({ settings, vault }));
    await checkAccess(vault, role);
    return vault;
  } catch (error) {
    await vault.close();
    throw error;
  }
}

/** Thrown when the vault cannot be used, with what it says of itself. */
function assertUsable({ status, message }: VaultHealth): void {
  if (status === 'ok') return;
  const code = status === 'denied' ? 'vault_denied' : 'vault_unavailable';
  const named = message.includes(VAULT_SETTING_NAMES.address) || /KEYTURN_VAULT_/.test(message);
  throw new KeyturnError(code, named ? message : `${VAULT_SETTING_NAMES.address}: ${message}`, { status });
}

/**
 * Connects to Temporal with what the configuration says of TLS and keys. `namespace: 'made later'` is for whoever is
 * about to make it.
 * Thrown: one message that names the variable, what was seen and the cure.
 */
export async function connectTemporalFrom(
  config: Config,
  addresses: Addresses,
  options: { readonly namespace?: 'made later' } = {},
): Promise<Temporal> {
  const serverCa = readFileOf(config, 'TEMPORAL_TLS_SERVER_CA_CERT_PATH');
  const cert = readFileOf(config, 'TEMPORAL_TLS_CLIENT_CERT_PATH');
  const key = readFileOf(config, 'TEMPORAL_TLS_CLIENT_KEY_PATH');
  const given = serverCa !== undefined || cert !== undefined || config.TEMPORAL_API_KEY !== undefined;
  const tls = given ? { ...(serverCa && { serverCa }), ...(cert && { cert }), ...(key && { key }) } : false;
  const settings = {
    address: addresses.temporalAddress,
    namespace: addresses.temporalNamespace,
    uiUrl: addresses.temporalUiUrl,
    ...(config.TEMPORAL_API_KEY === undefined ? {} : { apiKey: config.TEMPORAL_API_KEY }),
  };
  const temporal = await connectTemporal(settings, tls);
  if (options.namespace === 'made later') return temporal;
  try {
    await assertNamespace(temporal);
    return temporal;
  } catch (error) {
    await temporal.connection.close();
    throw error;
  }
}

type FileSetting =
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH' | 'TEMPORAL_TLS_CLIENT_CERT_PATH' | 'TEMPORAL_TLS_CLIENT_KEY_PATH';

function readFileOf(config: Config, name: FileSetting): Buffer | undefined {
  const path = config[name];
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch {
    throw new KeyturnError('configuration', `${name}: ${path} cannot be read`, { field: name });
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined)
    throw new KeyturnError('configuration', `set ${name}: this role needs it`, { field: name });
  return value;
}
