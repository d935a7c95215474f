/**
 * PostgreSQL refuses to run as root. When we are root it runs as another user, and, only if the data folder or the
 * executables lie below a folder that user may not enter (a clone in root's home, a private temporary folder), with
 * the one capability to read and traverse. The data folder itself is given to that user.
 */
import { execFile } from 'node:child_process';
import { chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { KeyturnError } from '../contract/errors';
import type { PostgresBinaries } from './postgres-binaries';

const run = promisify(execFile);

/** How to start a program of PostgreSQL. */
export interface PostgresAccount {
  readonly uid?: number;
  readonly gid?: number;
  /** A command that changes user and then becomes the program; empty for none. */
  readonly prefix: readonly string[];
}

const SETPRIV_PATHS = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv'];
const CAPABILITY = '-all,+dac_read_search';

/** Thrown when we are root and there is no way to run as somebody else: a message with the cure. */
export async function choosePostgresAccount(options: {
  dataDirectory: string;
  binaries: PostgresBinaries;
}): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { uid, gid } = accountFor(options.dataDirectory);
  chownSync(options.dataDirectory, uid, gid);
  const asUser: PostgresAccount = { uid, gid, prefix: [] };
  if (await canRun(asUser, options)) return asUser;
  const setpriv = SETPRIV_PATHS.find((path) => existsSync(path));
  if (setpriv !== undefined) {
    const prefix = [
      setpriv,
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      '--no-new-privs',
      // access(2) ignores the capabilities of any user but root without this bit, and PostgreSQL asks access(2).
      '--securebits=+no_setuid_fixup',
      `--inh-caps=${CAPABILITY}`,
      `--ambient-caps=${CAPABILITY}`,
      `--bounding-set=${CAPABILITY}`,
    ];
    if (await canRun({ prefix }, options)) return { prefix };
  }
  throw new KeyturnError(
    'ledger_unavailable',
    `PostgreSQL refuses to run as root, and user id ${uid} cannot reach ${dirname(options.dataDirectory)} or ` +
      `${dirname(options.binaries.postgres)}. Start Keyturn as an ordinary user, or set KEYTURN_HOME to a folder that ` +
      'others may enter, or set DATABASE_URL to a database that runs already.',
  );
}

/** Whoever owns the data already, else the system's least user. */
function accountFor(dataDirectory: string): { uid: number; gid: number } {
  const { uid, gid } = statSync(dataDirectory);
  if (uid !== 0) return { uid, gid };
  const nobody = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  return nobody ? { uid: Number(nobody[2]), gid: Number(nobody[3]) } : { uid: 65_534, gid: 65_534 };
}

async function canRun(
  account: PostgresAccount,
  options: { dataDirectory: string; binaries: PostgresBinaries },
): Promise<boolean> {
  const script = 'cd "$1" && test -w . && test -r "$2" && test -x "$2"';
  const [command = '/bin/sh', ...args] = [...account.prefix, '/bin/sh', '-c', script];
  try {
    await run(command, [...args, 'sh', options.dataDirectory, options.binaries.postgres], {
      cwd: '/',
      ...(account.uid === undefined ? {} : { uid: account.uid }),
      ...(account.gid === undefined ? {} : { gid: account.gid }),
    });
    return true;
  } catch {
    return false; // The next way is tried; without one the caller says what to do.
  }
}
