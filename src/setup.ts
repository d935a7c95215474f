/** Makes existing servers ready for the roles of a split deployment. Idempotent: run it before every release. */
import type { Config } from './config';
import { addressesOf, appRoleOf, connectTemporalFrom, vaultSettingsOf } from './connections';
import { KeyturnError } from './contract/errors';
import { migrateLedger, openLedger } from './ledger/ledger';
import type { Logger } from './log';
import { readOrMakeCredentials } from './role-credentials';
import { prepareNamespace } from './temporal/prepare-namespace';
import { provisionVault } from './vault/provision';
import { VAULT_ROLES, type VaultRole } from './vault/provision-access';
import { connectVault, type AppRoleCredentials } from './vault/vault-client';

const OWN_ISSUER_PATH = '/v1/identity/oidc';

/**
 * Migrates the ledger, makes the Temporal namespace and provisions the vault. The roles' secret ids are written
 * to `{credentialsDir}/{role}/secret-id` (0600) unless they are there; role ids are `keyturn-{role}`.
 * Thrown when a server does not answer or refuses: one message with the variable and the cure.
 */
export async function setUp(config: Config, log: Logger, say: (line: string) => void): Promise<void> {
  const addresses = addressesOf(config);
  const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
  try {
    const { applied } = await migrateLedger(ledger);
    say(
      applied.length === 0 ? 'The ledger is up to date.' : `The ledger was migrated: ${applied.join(', ')}.`,
    );
  } finally {
    await ledger.close();
  }
  const temporal = await connectTemporalFrom(config, addresses, { namespace: 'made later' });
  try {
    await prepareNamespace(temporal.connection, addresses.temporalNamespace);
    say(`The Temporal namespace ${addresses.temporalNamespace} is ready.`);
  } finally {
    await temporal.connection.close();
  }
  await setUpVault(config, log, addresses.vaultAddress);
  say('The vault is provisioned.');
}

async function setUpVault(config: Config, log: Logger, address: string): Promise<void> {
  const { VAULT_TOKEN: token, KEYTURN_CREDENTIALS_DIR: directory, OIDC_ISSUER: issuer } = config;
  if (directory === undefined) {
    throw new KeyturnError(
      'invalid_request',
      'set KEYTURN_CREDENTIALS_DIR: the secret ids are written there',
    );
  }
  const login = token === undefined ? { appRole: appRoleOf(config) } : { token };
  const vault = await connectVault({ settings: vaultSettingsOf(config, address), login, log });
  try {
    const roles = Object.fromEntries(
      VAULT_ROLES.map((role) => [role, readOrMakeCredentials(directory, role)]),
    );
    const issuerUrl = ownIssuerUrl(issuer) ?? address;
    await provisionVault(vault, { roles: roles as Record<VaultRole, AppRoleCredentials>, issuerUrl });
  } finally {
    await vault.close();
  }
}

/**
 * The base address in the vault's own tokens: where its discovery document is. An outside issuer says nothing of it,
 * and must not be claimed by the vault.
 */
function ownIssuerUrl(issuer: string | undefined): string | undefined {
  return issuer?.endsWith(OWN_ISSUER_PATH) === true ? issuer.slice(0, -OWN_ISSUER_PATH.length) : undefined;
}
