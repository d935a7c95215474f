/** The folder with all state of an all-in-one Keyturn: one owner at a time, and a record of the servers it started. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { lock } from 'proper-lockfile';
import { KeyturnError } from '../contract/errors';
import { identifyProcess, isSameProcess, type ProcessIdentity } from './process-identity';
import { ServerName, STOP_SIGNALS, stopRecordedProcess } from './server-process';

/** Ports by purpose, kept over restarts so that addresses stay the same. */
export type RecordedPorts = Readonly<Record<string, number>>;

interface HomeState {
  readonly schema: typeof HOME_SCHEMA;
  readonly ports: RecordedPorts;
  readonly servers: Readonly<Partial<Record<ServerName, ProcessIdentity & { readonly port: number }>>>;
  /** Path of the vault's audit log as its store knows it; the store refuses any other. */
  readonly auditLog: string;
}

export interface Home {
  readonly directory: string;
  /** Absolute path of a file in the home. */
  path(...parts: string[]): string;
  ports(): RecordedPorts;
  recordPorts(ports: RecordedPorts): void;
  /** What the vault is told of its audit log: relative to the home, absolute in a home of schema 1. */
  auditLog(): string;
  recordServer(name: ServerName, identity: ProcessIdentity & { readonly port: number }): void;
  forgetServer(name: ServerName): void;
  /** Lets another process open the home. */
  release(): void;
}

/** Version of the home's layout. 1 → 2: the audit log's path became relative, so that a backup fits any home. */
export const HOME_SCHEMA = 2;
const AUDIT_LOG = 'logs/vault-audit.log';
/** Where `keyturn restore` works until all is verified. */
export const RESTORING_FOLDER = 'restoring';
const EMPTY: HomeState = { schema: HOME_SCHEMA, ports: {}, servers: {}, auditLog: AUDIT_LOG };
const OWNER_FILE = 'owner.json';
const STATE_FILE = 'state.json';

/**
 * Opens the home for this process alone, and stops servers that a killed start left behind.
 * Thrown when another process holds it (the message has its pid), when it belongs to another user, or when its
 * state was written by a newer version.
 */
export async function openHome(options: { directory: string; log: (line: string) => void }): Promise<Home> {
  const directory = resolve(options.directory);
  if (existsSync(join(directory, RESTORING_FOLDER))) {
    throw new KeyturnError(
      'configuration',
      `a restore into ${directory} is under way or was cut short: run \`keyturn restore\` again`,
    );
  }
  prepareDirectory(directory);
  await takeOwnership(directory);
  try {
    await stopOrphans(directory, options.log);
  } catch (error) {
    rmSync(join(directory, OWNER_FILE), { force: true });
    throw error;
  }
  const update = (change: Partial<HomeState>): void =>
    writeState(directory, { ...readState(directory), ...change });
  return {
    directory,
    path: (...parts) => join(directory, ...parts),
    ports: () => readState(directory).ports,
    recordPorts: (ports) => update({ ports }),
    auditLog: () => readState(directory).auditLog,
    recordServer: (name, identity) =>
      update({ servers: { ...readState(directory).servers, [name]: identity } }),
    forgetServer: (name) => {
      const { [name]: _gone, ...servers } = readState(directory).servers;
      update({ servers });
    },
    release: () => rmSync(join(directory, OWNER_FILE), { force: true }),
  };
}

/** The process that has the home open now; null when none has. */
export function homeOwner(directory: string): ProcessIdentity | null {
  const recorded = readJson<ProcessIdentity>(join(directory, OWNER_FILE));
  return recorded !== null && isSameProcess(recorded) ? recorded : null;
}

/** What the vault of a home knows its audit log by; see {@link Home.auditLog}. */
export function readAuditLogPath(directory: string): string {
  return readState(directory).auditLog;
}

/** Writes the state of a home that is being made from a backup. Ports are chosen anew. */
export function writeRestoredState(directory: string, auditLog: string): void {
  writeState(directory, { ...EMPTY, auditLog });
}

/** Kills every recorded server at once, without waiting: for a process that is being ended itself. */
export function killRecordedServers(directory: string): void {
  for (const recorded of Object.values(readState(directory).servers)) {
    if (isSameProcess(recorded)) process.kill(recorded.pid, 'SIGKILL');
  }
}

/** Ends every recorded server that still runs. Only for a home that no living process owns. */
export async function stopOrphans(directory: string, log: (line: string) => void): Promise<void> {
  const { servers } = readState(directory);
  await Promise.all(
    Object.values(ServerName).map(async (name) => {
      const recorded = servers[name];
      if (recorded === undefined || !(await stopRecordedProcess(recorded, STOP_SIGNALS[name]))) return;
      log(`Stopped the ${name} server (pid ${recorded.pid}) that an earlier start had left behind.`);
    }),
  );
  if (Object.keys(servers).length > 0) writeState(directory, { ...readState(directory), servers: {} });
}

function prepareDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const uid = process.getuid?.();
  const owner = statSync(directory).uid;
  if (uid !== undefined && uid !== 0 && owner !== uid) {
    throw new KeyturnError(
      'configuration',
      `${directory} belongs to user id ${owner}, not to ${uid}: start as that user, or set KEYTURN_HOME elsewhere`,
    );
  }
  chmodSync(directory, 0o700);
  mkdirSync(join(directory, 'logs'), { recursive: true, mode: 0o700 });
}

/**
 * The owner is a recorded process, so a start after `kill -9` need not wait until a lock file turns stale;
 * proper-lockfile only guards the moment of looking and writing.
 */
async function takeOwnership(directory: string): Promise<void> {
  const unlock = await lock(directory, {
    lockfilePath: join(directory, 'owner.lock'),
    stale: 5000,
    retries: { retries: 40, minTimeout: 50, maxTimeout: 250 },
  });
  try {
    const owner = homeOwner(directory);
    if (owner !== null) {
      throw new KeyturnError(
        'configuration',
        `${directory} is in use by another Keyturn (pid ${owner.pid}): stop that one, or set KEYTURN_HOME elsewhere`,
        { pid: owner.pid },
      );
    }
    writeJson(join(directory, OWNER_FILE), identifyProcess(process.pid));
  } finally {
    await unlock();
  }
}

function readState(directory: string): HomeState {
  const file = join(directory, STATE_FILE);
  const state = readJson<Partial<HomeState>>(file);
  if (state === null) return EMPTY;
  const schema: unknown = state.schema;
  // A store of schema 1 was told the absolute path, and holds on to it.
  if (schema === 1) return { ...EMPTY, ...state, schema: HOME_SCHEMA, auditLog: oldAuditLog(directory) };
  if (schema === HOME_SCHEMA) return { ...EMPTY, ...state };
  throw new KeyturnError(
    'configuration',
    `${file} was written by a newer Keyturn (schema ${String(schema)}, this one knows ${HOME_SCHEMA}): ` +
      'run that version, or restore a backup made with this one into an empty home',
  );
}

function oldAuditLog(directory: string): string {
  return existsSync(join(directory, 'vault', 'raft')) ? join(directory, AUDIT_LOG) : AUDIT_LOG;
}

function writeState(directory: string, state: HomeState): void {
  writeJson(join(directory, STATE_FILE), state);
}

/** Null when there is no such file. Thrown when it is not JSON, naming the file. */
function readJson<T>(file: string): T | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new KeyturnError('configuration', `${file} is not readable as JSON`, {}, { cause });
  }
}

/** By rename: a start that is killed here leaves the old file or the new one, never half of one. */
function writeJson(file: string, value: unknown): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}
