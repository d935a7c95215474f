/** A backup becomes a home again: in a folder of its own inside it, and moved to its place when all was checked. */
import { createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { PLATFORM_CHAIN } from '../contract/audit';
import { KeyturnError } from '../contract/errors';
import type { AppRoleCredentials } from '../embedded/credentials';
import { homeOwner, RESTORING_FOLDER, stopOrphans, writeRestoredState } from '../embedded/home';
import { startEmbeddedServers, type EmbeddedOptions, type EmbeddedServers } from '../embedded/stack';
import { appendAudit } from '../ledger/audit-trail';
import { openLedger, type Ledger } from '../ledger/ledger';
import { assertEmptyLedger, loadLedger } from '../ledger/load-ledger';
import { connectTemporal } from '../temporal/connect-temporal';
import { startRetirement } from '../temporal/start-retirement';
import { makeRestorer, restoreSnapshot } from '../vault/snapshot';
import { connectVault, type VaultClient } from '../vault/vault-client';
import type { VaultSettings } from '../vault/vault-settings';
import { openBackupFile } from './backup-file';
import { checkRestored, servedKeys, type RestoredState } from './check-restored';
import type { Manifest } from './parts';
import { examineBackup, INCOMING, unpackBackup } from './unpack-backup';
import { LEDGER_PART, VAULT_PART } from './write-backup';

export interface RestoreOptions {
  readonly file: string;
  readonly passphrase: string;
  /** Absolute path of a folder that is empty or not there. */
  readonly home: string;
  readonly embedded: Pick<EmbeddedOptions, 'binaries' | 'databaseUrl'>;
  readonly vaultSettings: (address: string) => VaultSettings;
  readonly taskQueue: string;
  readonly say: (line: string) => void;
}

export interface Restored extends RestoredState {
  readonly manifest: Manifest;
  readonly rows: number;
  /** Grace periods whose end was scheduled anew. */
  readonly gracePeriods: number;
}

/**
 * Nothing in the home is touched before the whole file proved authentic, and a restore that fails leaves the home
 * empty.
 * Thrown: `configuration` for a home that is not empty, a wrong passphrase or a damaged file; what a server answers.
 */
export async function restoreHome(options: RestoreOptions): Promise<Restored> {
  const { home, say } = options;
  const stage = join(home, RESTORING_FOLDER);
  assertEmptyHome(home, stage);
  const file = await openBackupFile(options.file, options.passphrase);
  const manifest = await examineBackup(file, home);
  say(`The backup of ${manifest.created_at} is whole.`);
  await clearStage(stage);
  mkdirSync(stage, { recursive: true, mode: 0o700 });
  try {
    await unpackBackup(file, stage);
    if (isAbsolute(manifest.audit_log)) await mkdir(dirname(manifest.audit_log), { recursive: true });
    const rows = await withServers(options, stage, ['vault', 'postgres'], (servers) =>
      takeIn(options, stage, servers, manifest),
    );
    say(`The vault and ${rows} rows of the ledger are back; checking them …`);
    const checked = await withServers(options, stage, undefined, (servers) =>
      check(options, servers, manifest),
    );
    await rm(join(stage, INCOMING), { recursive: true });
    writeRestoredState(stage, manifest.audit_log);
    await moveUp(stage, home);
    return { manifest, rows, ...checked };
  } catch (error) {
    await clearStage(stage);
    throw error;
  }
}

function assertEmptyHome(home: string, stage: string): void {
  const entries = existsSync(home) ? readdirSync(home) : [];
  if (entries.some((entry) => entry !== RESTORING_FOLDER)) {
    throw new KeyturnError('configuration', `${home} is not empty: set KEYTURN_HOME to a new folder`);
  }
  const owner = homeOwner(stage);
  if (owner !== null)
    throw new KeyturnError('configuration', `another restore into ${home} is under way (pid ${owner.pid})`);
}

async function clearStage(stage: string): Promise<void> {
  if (!existsSync(stage)) return;
  await stopOrphans(stage, () => undefined);
  await rm(stage, { recursive: true });
}

async function withServers<T>(
  options: RestoreOptions,
  stage: string,
  only: EmbeddedOptions['only'],
  work: (servers: EmbeddedServers) => Promise<T>,
): Promise<T> {
  const servers = await startEmbeddedServers({
    ...options.embedded,
    home: stage,
    ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
    log: options.say,
    ...(only === undefined ? {} : { only }),
  });
  try {
    return await work(servers);
  } finally {
    await servers.stop();
  }
}

/** The vault last: once it has taken the snapshot it answers no more until it is restarted. */
async function takeIn(
  options: RestoreOptions,
  stage: string,
  servers: EmbeddedServers,
  { migrations }: Manifest,
): Promise<number> {
  const settings = options.vaultSettings(servers.vault.address);
  const incoming = (part: string): string => join(stage, INCOMING, part);
  const rows = await withLedger(servers, async (ledger) => {
    await assertEmptyLedger(ledger);
    return (await loadLedger(ledger, { migrations, lines: linesOf(incoming(LEDGER_PART)) })).rows;
  });
  const provisioner = servers.vault.credentials.provisioner;
  const restorer = await withVault(settings, provisioner, (vault) => makeRestorer(vault));
  await restoreSnapshot(settings, restorer, createReadStream(incoming(VAULT_PART)));
  return rows;
}

/** Opened when the first line is asked for: an interface made earlier would lose lines. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path);
  yield* file.readLines();
}

async function check(
  options: RestoreOptions,
  servers: EmbeddedServers,
  manifest: Manifest,
): Promise<RestoredState & { gracePeriods: number }> {
  const settings = options.vaultSettings(servers.vault.address);
  return withLedger(servers, async (ledger) => {
    const state = await withVault(settings, servers.vault.credentials.worker, (vault) =>
      checkRestored(ledger, vault, manifest.canary),
    );
    await appendAudit(ledger, {
      chain: PLATFORM_CHAIN,
      action: 'audit.import',
      outcome: 'done',
      principal: 'system:restore',
      details: { what: 'restore', backup_created_at: manifest.created_at, keys: state.keys },
    });
    return { ...state, gracePeriods: await resumeGracePeriods(ledger, servers, options.taskQueue) };
  });
}

/** Their timers were in Temporal, whose histories are lost; the ledger knows when they end. */
async function resumeGracePeriods(
  ledger: Ledger,
  servers: EmbeddedServers,
  taskQueue: string,
): Promise<number> {
  const { address, namespace, uiUrl } = servers.temporal;
  const temporal = await connectTemporal({ address, namespace, uiUrl }, false);
  let count = 0;
  try {
    for await (const { tenantId, serviceId, keyName, ...entry } of servedKeys(ledger)) {
      const { epoch, keyId, previousVersion: version, retireAt } = entry;
      if (entry.state !== 'grace' || keyId === null || version === null || retireAt === null) continue;
      const ref = { tenantId, serviceId, keyName };
      // The rotation is long settled; the key's id stands in for its operation, as with the reconciler.
      const input = { ...ref, epoch, keyId, operationId: keyId, version, retireAtMs: Date.parse(retireAt) };
      await startRetirement({ client: temporal.client, taskQueue }, input);
      count += 1;
    }
    return count;
  } finally {
    await temporal.connection.close();
  }
}

async function moveUp(stage: string, home: string): Promise<void> {
  await mkdir(join(home, 'logs'), { recursive: true, mode: 0o700 });
  for (const log of await readdir(join(stage, 'logs'))) {
    await rename(join(stage, 'logs', log), join(home, 'logs', log));
  }
  await rm(join(stage, 'logs'), { recursive: true });
  for (const entry of await readdir(stage)) await rename(join(stage, entry), join(home, entry));
  // Until it is gone the home counts as unfinished, and no start opens it.
  await rm(stage, { recursive: true });
}

async function withLedger<T>(servers: EmbeddedServers, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = openLedger({ databaseUrl: servers.databaseUrl });
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

async function withVault<T>(
  settings: VaultSettings,
  appRole: AppRoleCredentials,
  work: (vault: VaultClient) => Promise<T>,
): Promise<T> {
  const vault = await connectVault({ settings, login: { appRole } });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}
