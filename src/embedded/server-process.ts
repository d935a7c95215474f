/** One local server as a child process: started with an environment of its own, logged to a file, stopped in bounded time. */
import { spawn } from 'node:child_process';
import { closeSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyturnError, isKeyturnError, type ErrorCode } from '../contract/errors';
import { identifyProcess, isSameProcess, type ProcessIdentity } from './process-identity';
import { boundServerLog, openServerLog } from './server-log';

export const ServerName = { temporal: 'temporal', vault: 'vault', postgres: 'postgres' } as const;
export type ServerName = (typeof ServerName)[keyof typeof ServerName];

/** How each server is asked to end; PostgreSQL waits for its clients on SIGTERM, not on SIGINT. */
export const STOP_SIGNALS: Readonly<Record<ServerName, NodeJS.Signals>> = {
  temporal: 'SIGTERM',
  vault: 'SIGTERM',
  postgres: 'SIGINT',
};
const UNAVAILABLE: Readonly<Record<ServerName, ErrorCode>> = {
  temporal: 'temporal_unavailable',
  vault: 'vault_unavailable',
  postgres: 'ledger_unavailable',
};
/** Time to end by itself before it is killed. Temporal needs 2.2 s. */
export const STOP_BOUND_MS = 10_000;
const POLL_MS = 20;

export interface ServerCommand {
  readonly name: ServerName;
  readonly executable: string;
  readonly args: readonly string[];
  /** The program that runs in the end, when `executable` only changes user and then becomes it. */
  readonly becomes?: string | undefined;
  /** Added to a bare environment: the servers inherit none of ours, which may hold keys. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory; `/` by default. */
  readonly cwd?: string;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly logFile: string;
  /** Called with the identity right after the start, before anything else can fail. */
  readonly record: (identity: ProcessIdentity) => void;
  readonly log: (line: string) => void;
}

export interface ServerProcess {
  readonly name: ServerName;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process ended, with words for how. */
  readonly exited: Promise<string>;
  /** How it ended; null while it runs. */
  hasExited(): string | null;
  /** Asks it to end, kills it after {@link STOP_BOUND_MS}. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** Thrown when the executable cannot be started. */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const { name, logFile } = command;
  const log = openServerLog(logFile);
  const child = spawn(command.executable, command.args, {
    // A session of its own: Ctrl-C in the terminal must reach us, who drain first, and not the servers.
    detached: true,
    cwd: command.cwd ?? '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', TZ: 'UTC', HOME: '/nonexistent', ...command.env },
    stdio: ['ignore', log, log],
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  });
  closeSync(log);
  let ended: string | null = null;
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      ended = how;
      resolve(how);
    };
    child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => end(error.message));
  });
  if (child.pid === undefined) throw unavailable(name, `cannot be started: ${await exited}`, logFile);
  const identity = identifyProcess(child.pid);
  const executable = realpathSync(command.becomes ?? command.executable);
  if (identity !== null) command.record({ ...identity, executable });
  const stopBounding = boundServerLog(logFile, (error) =>
    command.log(`${logFile} cannot be bounded: ${String(error)}`),
  );
  void exited.then(stopBounding);
  const pid = child.pid;
  return {
    name,
    pid,
    logFile,
    exited,
    hasExited: () => ended,
    stop: async () => {
      if (ended !== null) return;
      child.kill(STOP_SIGNALS[name]);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_BOUND_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/**
 * Polls until `check` returns something; a KeyturnError it throws is final, anything else means "not yet".
 * Thrown when the server ends before that or the bound passes; the message names the log file.
 */
export async function waitUntilReady<T>(
  server: ServerProcess,
  options: { readonly boundMs: number; readonly check: () => Promise<T | null> },
): Promise<T> {
  const deadline = Date.now() + options.boundMs;
  let last = 'it does not answer';
  for (;;) {
    const ended = server.hasExited();
    if (ended !== null)
      throw unavailable(server.name, `ended while it was starting (${ended})`, server.logFile);
    try {
      const result = await options.check();
      if (result !== null) return result;
    } catch (error) {
      if (isKeyturnError(error)) throw error;
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline) {
      throw unavailable(server.name, `was not ready within ${options.boundMs} ms (${last})`, server.logFile);
    }
    await delay(POLL_MS);
  }
}

function unavailable(name: ServerName, what: string, logFile: string): KeyturnError {
  return new KeyturnError(UNAVAILABLE[name], `The embedded ${name} server ${what}. Its log: ${logFile}`, {
    server: name,
    log_file: logFile,
  });
}

/**
 * Ends a process that is not our child: a server left behind by a start that was killed. Does nothing when the
 * pid belongs to another process by now. Returns whether there was something to end.
 * Thrown when it survives SIGKILL for a second.
 */
export async function stopRecordedProcess(
  recorded: ProcessIdentity,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!isSameProcess(recorded)) return false;
  for (const [how, boundMs] of [[signal, STOP_BOUND_MS] as const, ['SIGKILL', 1000] as const]) {
    trySignal(recorded.pid, how);
    for (const deadline = Date.now() + boundMs; Date.now() < deadline; await delay(POLL_MS)) {
      if (!isSameProcess(recorded)) return true;
    }
  }
  throw new KeyturnError(
    'internal',
    `${basename(recorded.executable)} (pid ${recorded.pid}) of an earlier start cannot be stopped: stop it by hand`,
  );
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
