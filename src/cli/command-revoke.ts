/** `keyturn revoke --break-glass`: ends a key in the vault when the ordinary way is closed. */
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { buryKeyNow } from '../break-glass/bury-key';
import { importJournal } from '../break-glass/import-journal';
import { readConfig, type Config } from '../config';
import { connectVaultRole } from '../connections';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import { assertKeyRef, type KeyRef } from '../contract/ids';
import { refuseSecrets } from '../http/refuse-secrets';
import { openLedger } from '../ledger/ledger';
import { createLogger } from '../log';
import { parseServiceId } from '../providers/catalog';
import type { AppRoleCredentials, VaultClient } from '../vault/vault-client';
import { withHome } from './reach-home';
import { findService } from './running-service';

interface RevokeOptions {
  readonly breakGlass?: boolean;
  readonly tenant: string;
  readonly service: string;
  readonly name: string;
  readonly reason: string;
  readonly force?: boolean;
}

/** What the act needs: the vault under the operator role, and the ledger where it can be reached. */
interface Reached {
  readonly home: string;
  readonly vaultAddress: string;
  readonly operator: AppRoleCredentials;
  readonly databaseUrl: string | null;
}

/** Longest a statement may take to find out whether the ledger is there, in milliseconds. */
const LEDGER_BOUND_MS = 3_000;

/** Adds the command. */
export function addRevokeCommand(program: Command): void {
  program
    .command('revoke')
    .description('end a key straight in the vault, for when Temporal or the ledger is down')
    .requiredOption(
      '--break-glass',
      'yes, past the ordinary way (DELETE /byok/revoke-key), which is to be preferred',
    )
    .requiredOption('--tenant <tenant>')
    .requiredOption('--service <service>', 'id or alias')
    .option('--name <name>', 'name of the key among the service’s keys', 'default')
    .requiredOption('--reason <reason>', 'why; kept in the audit trail')
    .option('--force', 'also when the vault holds no such key')
    .action(revoke);
}

async function revoke(options: RevokeOptions): Promise<void> {
  const config = readConfig();
  const ref = { tenantId: options.tenant, serviceId: parseServiceId(options.service), keyName: options.name };
  assertKeyRef(ref);
  refuseSecrets('reason', options.reason);
  if (config.KEYTURN_CREDENTIALS_DIR !== undefined) {
    const service = findService(config);
    const home = resolve(config.KEYTURN_HOME);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const { vaultAddress, databaseUrl } = service.addresses;
    return act(
      config,
      { home, vaultAddress, databaseUrl, operator: service.credentialsOf('operator') },
      { ref, options },
    );
  }
  if (!existsSync(config.KEYTURN_HOME))
    throw new KeyturnError('configuration', `${resolve(config.KEYTURN_HOME)} is no home: set KEYTURN_HOME`);
  const say = (line: string): void => console.error(line);
  await withHome({ config, only: ['vault'], say }, ({ home, vaultAddress, databaseUrl, credentials }) =>
    act(config, { home, vaultAddress, databaseUrl, operator: credentials.operator }, { ref, options }),
  );
}

async function act(
  config: Config,
  reached: Reached,
  { ref, options }: { ref: KeyRef; options: RevokeOptions },
): Promise<void> {
  const connect = (): Promise<VaultClient> =>
    connectVaultRole({
      config,
      address: reached.vaultAddress,
      role: 'operator',
      appRole: reached.operator,
      log: createLogger('silent'),
    });
  const vault = await connect();
  try {
    const { reason, force = false } = options;
    const done = await buryKeyNow(vault, reached.home, { ref, reason, force });
    console.log(
      `${ref.tenantId}/${ref.serviceId}/${ref.keyName} is revoked (epoch ${done.epoch}); ` +
        `${done.destroyed_versions} older versions destroyed. Delete the key at its provider, too.`,
    );
  } finally {
    await vault.close();
  }
  console.log(
    (await tellLedger(reached, connect))
      ? 'The ledger and the audit trail tell of it.'
      : 'The ledger is not there: the audit trail will tell of it after the next `keyturn start` or `keyturn audit import`. Until then no reader is served.',
  );
}

async function tellLedger(
  { home, databaseUrl }: Reached,
  connect: () => Promise<VaultClient>,
): Promise<boolean> {
  if (databaseUrl === null) return false;
  const ledger = openLedger({ databaseUrl, statementTimeoutMs: LEDGER_BOUND_MS });
  try {
    await importJournal(home, ledger, connect);
    return true;
  } catch (error) {
    if (isKeyturnError(error) && error.code === 'ledger_unavailable') return false;
    throw error;
  } finally {
    await ledger.close();
  }
}
