/** `keyturn token` and `keyturn env`: a way in for people and for the tools beside Keyturn. */
import type { Command } from 'commander';
import { readConfig } from '../config';
import { vaultSettingsOf } from '../connections';
import { KeyturnError } from '../contract/errors';
import { createLogger } from '../log';
import { mintIdentityToken } from '../vault/identity-token';
import { connectVault } from '../vault/vault-client';
import { logInForShell } from '../vault/log-in-for-shell';
import { findAllInOne, findService } from './running-service';

const ROLES = ['tenant', 'service', 'operator', 'platform', 'admin'];

/** Adds both commands. */
export function addTokenCommands(program: Command): void {
  program
    .command('token')
    .description('print a bearer token of the vault’s own issuer')
    .option('--role <role>', `one of ${ROLES.join(', ')}`)
    .option('--tenant <tenant>', 'the tenant the token is for; the role is then `tenant` unless given')
    .action(async (options: { role?: string; tenant?: string }) => {
      console.log(await printableToken(options));
    });
  program
    .command('env')
    .description('print shell exports for curl and for the temporal, vault and bao commands')
    .action(async () => {
      const config = readConfig();
      const service = findAllInOne(config.KEYTURN_HOME);
      const settings = vaultSettingsOf(config, service.addresses.vaultAddress);
      const exports = {
        KEYTURN_URL: service.url,
        KEYTURN_TOKEN: await printableToken({ role: 'admin' }),
        TEMPORAL_ADDRESS: service.addresses.temporalAddress,
        TEMPORAL_NAMESPACE: service.addresses.temporalNamespace,
        VAULT_ADDR: service.addresses.vaultAddress,
        BAO_ADDR: service.addresses.vaultAddress,
        VAULT_TOKEN: await logInForShell(settings, service.credentialsOf('operator')),
      };
      for (const [name, value] of Object.entries(exports)) console.log(`export ${name}='${value}'`);
    });
}

async function printableToken(options: { role?: string; tenant?: string }): Promise<string> {
  const role = options.role ?? (options.tenant === undefined ? 'admin' : 'tenant');
  if (!ROLES.includes(role))
    throw new KeyturnError('invalid_request', `--role must be one of ${ROLES.join(', ')}`);
  if (['tenant', 'service'].includes(role) && options.tenant === undefined) {
    throw new KeyturnError('invalid_request', `a ${role} token needs --tenant`);
  }
  const config = readConfig();
  const service = findService(config);
  const vault = await connectVault({
    settings: vaultSettingsOf(config, service.addresses.vaultAddress),
    login: { appRole: service.credentialsOf('issuer') },
    log: createLogger('silent'),
  });
  try {
    const { tenant: tenantId } = options;
    return await mintIdentityToken(vault, { roles: role, ...(tenantId === undefined ? {} : { tenantId }) });
  } finally {
    await vault.close();
  }
}
