/** Composition root of the all-in-one: the embedded servers and every role in one process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAllRoles, type AllRoles } from './all-roles';
import { importJournal } from './break-glass/import-journal';
import { readJournal } from './break-glass/journal';
import type { Config } from './config';
import { connectVaultRole, type Addresses } from './connections';
import { KeyturnError } from './contract/errors';
import { startEmbeddedServers, type EmbeddedOptions, type EmbeddedServers } from './embedded/stack';
import { migrateLedger, openLedger } from './ledger/ledger';
import type { Logger } from './log';
import { runPeriodically } from './run-periodically';

/** A running all-in-one. */
export interface AllInOne extends AllRoles {
  readonly servers: EmbeddedServers;
  readonly addresses: Addresses;
  /** Settles when a part died that the service cannot do without. */
  readonly died: Promise<string>;
}

const ADMIN_TOKEN_REFRESH_MS = 20 * 60_000;

/**
 * Starts everything; a home that has run before is taken up again.
 * Thrown when a server or role cannot start: everything started before it is stopped again.
 */
export async function startAllInOne(
  config: Config,
  log: Logger,
  say: (line: string) => void,
): Promise<AllInOne> {
  if (config.NODE_ENV === 'production') {
    throw new KeyturnError(
      'configuration',
      'the all-in-one keeps its own servers and is not for NODE_ENV=production; run the roles api, worker and gateway',
    );
  }
  let reportDeath: (how: string) => void = () => undefined;
  const died = new Promise<string>((resolve) => (reportDeath = resolve));
  const servers = await startServers(config, say, reportDeath);
  try {
    const addresses: Addresses = {
      databaseUrl: servers.databaseUrl,
      vaultAddress: servers.vault.address,
      temporalAddress: servers.temporal.address,
      temporalNamespace: servers.temporal.namespace,
      temporalUiUrl: servers.temporal.uiUrl,
    };
    const credentials = servers.vault.credentials;
    // Before any door opens: a key that was revoked past the ledger must never be served again.
    await takeUpJournal(config, log, servers);
    const roles = await startAllRoles({ config, log, addresses, credentials, onDeath: reportDeath });
    const stopTokens = await keepAdminToken(servers.home, roles.mintToken, log);
    const stop = async (): Promise<void> => {
      await stopTokens();
      await roles.stop();
      await servers.stop();
    };
    return { ...roles, servers, addresses, died, stop };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function takeUpJournal(config: Config, log: Logger, servers: EmbeddedServers): Promise<void> {
  if (readJournal(servers.home).every(({ phase }) => phase === 'imported')) return;
  const ledger = openLedger({ databaseUrl: servers.databaseUrl });
  try {
    await migrateLedger(ledger);
    const { address, credentials } = servers.vault;
    const count = await importJournal(servers.home, ledger, () =>
      connectVaultRole({ config, address, role: 'operator', appRole: credentials.operator, log }),
    );
    log.warn({ count }, 'imported break-glass revocations');
  } finally {
    await ledger.close();
  }
}

function startServers(
  config: Config,
  say: (line: string) => void,
  reportDeath: (how: string) => void,
): Promise<EmbeddedServers> {
  const onExit = (name: string, how: string): void => reportDeath(`${name} ${how}`);
  return startEmbeddedServers({ ...embeddedOptionsOf(config), log: say, onExit });
}

/** Settings of the embedded servers. */
export function embeddedOptionsOf(config: Config): Omit<EmbeddedOptions, 'log'> {
  return {
    home: config.KEYTURN_HOME,
    ports: {
      temporal: config.KEYTURN_TEMPORAL_PORT,
      temporalUi: config.KEYTURN_TEMPORAL_UI_PORT,
      vault: config.KEYTURN_VAULT_PORT,
      postgres: config.KEYTURN_POSTGRES_PORT,
    },
    binaries: {
      temporalBin: config.KEYTURN_TEMPORAL_BIN,
      baoBin: config.KEYTURN_BAO_BIN,
      cacheDirectory: config.KEYTURN_CACHE,
      searchPath: config.PATH,
    },
    databaseUrl: config.DATABASE_URL,
  };
}

/** `$KEYTURN_HOME/admin.token`, 0600: what the printed curl lines read. */
async function keepAdminToken(
  home: string,
  mint: AllInOne['mintToken'],
  log: Logger,
): Promise<() => Promise<void>> {
  const write = async (): Promise<void> => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'admin.token'), await mint({ role: 'admin' }), { mode: 0o600 });
  };
  await write();
  return runPeriodically(ADMIN_TOKEN_REFRESH_MS, write, () =>
    log.warn('the admin token could not be renewed'),
  );
}
