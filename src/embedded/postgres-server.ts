/** PostgreSQL on loopback, with a role for Keyturn that owns its database and is no superuser. */
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { KeyturnError } from '../contract/errors';
import { LOOPBACK } from './choose-port';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account';
import type { PostgresBinaries } from './postgres-binaries';
import type { ProcessIdentity } from './process-identity';
import { startServerProcess, waitUntilReady, type ServerProcess } from './server-process';

const run = promisify(execFile);

export const POSTGRES_SUPERUSER = 'postgres';
/** Name of the role and of its database. */
export const POSTGRES_OWNER = 'keyturn';
const READY_BOUND_MS = 60_000;
const INITDB_TIMEOUT_MS = 60_000;
/** SQLSTATE invalid_password. */
const INVALID_PASSWORD = '28P01';

export interface PostgresServerOptions {
  readonly binaries: PostgresBinaries;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly port: number;
  readonly passwords: { readonly superuserPassword: string; readonly password: string };
  readonly record: (identity: ProcessIdentity) => void;
  readonly log: (line: string) => void;
  readonly onStart: (server: ServerProcess) => void;
}

/** Resolves when the database `keyturn` takes connections. */
export async function startPostgresServer(options: PostgresServerOptions): Promise<ServerProcess> {
  const { dataDirectory, binaries } = options;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const account = await choosePostgresAccount({ dataDirectory, binaries });
  await initialiseOnce(options, account);
  const [executable = binaries.postgres, ...args] = [
    ...account.prefix,
    binaries.postgres,
    '-D',
    dataDirectory,
    `--listen-addresses=${LOOPBACK}`,
    `--port=${options.port}`,
    // No Unix socket: its path is limited to 107 bytes, and loopback is what every client uses.
    '--unix-socket-directories=',
    '--fsync=on',
  ];
  const server = await startServerProcess({
    name: 'postgres',
    executable,
    args,
    becomes: binaries.postgres,
    uid: account.uid,
    gid: account.gid,
    logFile: options.logFile,
    record: options.record,
    log: options.log,
  });
  options.onStart(server);
  await waitUntilReady(server, { boundMs: READY_BOUND_MS, check: () => prepareDatabase(options) });
  return server;
}

/** Connection string of a database of the server. */
export function postgresUrl(options: {
  user: string;
  password: string;
  port: number;
  database: string;
}): string {
  return `postgres://${options.user}:${options.password}@${LOOPBACK}:${options.port}/${options.database}`;
}

/** Runs initdb on an empty folder; one that was cut short is done anew, since it held no data. */
async function initialiseOnce(options: PostgresServerOptions, account: PostgresAccount): Promise<void> {
  const { dataDirectory, binaries } = options;
  const mark = `${dataDirectory}.first-start`;
  if (existsSync(mark)) emptyDirectory(dataDirectory);
  if (readdirSync(dataDirectory).length > 0) return;
  writeFileSync(mark, '', { mode: 0o600 });
  const passwordFile = `${dataDirectory}.password`;
  writeFileSync(passwordFile, `${options.passwords.superuserPassword}\n`, { mode: 0o600 });
  const { uid, gid } = statSync(dataDirectory);
  chownSync(passwordFile, uid, gid);
  try {
    const [executable = binaries.initdb, ...args] = [
      ...account.prefix,
      binaries.initdb,
      `--pgdata=${dataDirectory}`,
      `--username=${POSTGRES_SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--auth=scram-sha-256',
    ];
    await run(executable, args, {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', TZ: 'UTC' },
      timeout: INITDB_TIMEOUT_MS,
      ...(account.uid === undefined ? {} : { uid: account.uid }),
      ...(account.gid === undefined ? {} : { gid: account.gid }),
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? String(cause);
    throw new KeyturnError('ledger_unavailable', `initdb failed: ${said.trim()}`, {}, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(mark);
}

function emptyDirectory(directory: string): void {
  for (const entry of readdirSync(directory))
    rmSync(join(directory, entry), { recursive: true, force: true });
}

/** Makes role and database where they are absent. Thrown when the server refuses the superuser's password. */
async function prepareDatabase({ port, passwords }: PostgresServerOptions): Promise<true> {
  const client = new Client({
    connectionString: postgresUrl({
      user: POSTGRES_SUPERUSER,
      password: passwords.superuserPassword,
      port,
      database: 'postgres',
    }),
  });
  try {
    await client.connect();
    const role = await client.query('select from pg_roles where rolname = $1', [POSTGRES_OWNER]);
    if (role.rowCount === 0) {
      const password = client.escapeLiteral(passwords.password);
      await client.query(`create role ${POSTGRES_OWNER} login password ${password}`);
    }
    const database = await client.query('select from pg_database where datname = $1', [POSTGRES_OWNER]);
    if (database.rowCount === 0)
      await client.query(`create database ${POSTGRES_OWNER} owner ${POSTGRES_OWNER}`);
    return true;
  } catch (cause) {
    if ((cause as { code?: string }).code !== INVALID_PASSWORD) throw cause;
    throw new KeyturnError(
      'ledger_unavailable',
      'The embedded PostgreSQL refuses the password of credentials.json: restore both from the same backup',
      {},
      { cause },
    );
  } finally {
    await client.end();
  }
}
