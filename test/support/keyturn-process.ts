/** The `keyturn` command as users run it: processes of their own, on a home of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeOwner, stopOrphans } from '../../src/embedded/home';
import { identifyProcess } from '../../src/embedded/process-identity';
import type { ServerName } from '../../src/embedded/server-process';
import { binarySettings } from './binary-settings';
import { callApi, until, type ApiCall, type ApiReply } from './service';

const CLI = join(__dirname, '../../dist/src/cli/keyturn.js');
const { temporalBin = '', baoBin = '' } = binarySettings();

/** How a command ended, with all it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Home {
  readonly directory: string;
  /** Of the commands that run on it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Named so that the next run clears it after a crash of this one. */
export function makeHome(more: Record<string, string> = {}): Home {
  const directory = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-home-`));
  return { directory, env: { ...baseEnv(), KEYTURN_HOME: directory, ...more } };
}

export async function removeHome(home: Home): Promise<void> {
  // A test that failed may have left commands running.
  for (const child of children.get(home.directory) ?? []) {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
      await once(child, 'close');
  }
  if (homeOwner(home.directory) === null) await stopOrphans(home.directory, () => undefined);
  rmSync(home.directory, { recursive: true, force: true });
}

/** Nothing of the test's own environment, which may hold settings of Keyturn. Ports move, so that runs can share a machine. */
export function baseEnv(): Record<string, string> {
  return {
    PATH: `${join(temporalBin, '..')}:${join(baoBin, '..')}:/usr/local/bin:/usr/bin:/bin`,
    KEYTURN_TEMPORAL_BIN: temporalBin,
    KEYTURN_BAO_BIN: baoBin,
    KEYTURN_TEMPORAL_PORT: '0',
    KEYTURN_TEMPORAL_UI_PORT: '0',
    KEYTURN_VAULT_PORT: '0',
    KEYTURN_POSTGRES_PORT: '0',
    PORT: '0',
    LOG_LEVEL: 'warn',
    KEYTURN_PROBE_TIMEOUT_MS: '20000',
    KEYTURN_RECONCILE_MS: '300',
    KEYTURN_RECONCILE_AFTER_MS: '1500',
    KEYTURN_ANCHOR_MS: '300',
    KEYTURN_STICKY_TIMEOUT_MS: '1000',
  };
}

/** Runs a command to its end, with `input` on its standard input. */
export async function runKeyturn(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): Promise<Ended> {
  return await endOf(spawnKeyturn(args, env, input));
}

/** Starts a command; its output is collected until {@link endOf}. */
export function spawnKeyturn(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string,
): ChildProcess {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: [stdin, 'pipe', 'pipe'] });
  child.stdin?.end(input);
  const home = env['KEYTURN_HOME'] ?? '';
  children.set(home, [...(children.get(home) ?? []), child]);
  return child;
}

const children = new Map<string, ChildProcess[]>();

export async function endOf(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

/** A `keyturn start` that is ready. */
export interface RunningKeyturn {
  readonly url: string;
  readonly pid: number;
  /** Settles when the process ended. */
  readonly ended: Promise<Ended>;
  pidOf(server: ServerName): number;
  call(request: ApiCall): Promise<ApiReply>;
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<Ended>;
}

/** Starts the service; thrown, with what it said, when it ends instead. */
export async function startKeyturn(home: Home): Promise<RunningKeyturn> {
  const child = spawnKeyturn(['start'], home.env);
  const ended = endOf(child);
  let over: Ended | null = null;
  void ended.then((end) => (over = end));
  const file = (name: string): unknown => JSON.parse(readFileSync(join(home.directory, name), 'utf8'));
  const service = await until(
    'the service is ready',
    async () => {
      if (over !== null) throw new Error(`it ended: ${JSON.stringify(over)}`);
      try {
        const found = file('service.json') as { url: string };
        return (file('owner.json') as { pid: number }).pid === child.pid &&
          (await fetch(`${found.url}/readyz`)).ok
          ? found
          : null;
      } catch {
        return null; // Not there, or of the run before.
      }
    },
    60_000,
  );
  const tokens = new Map<string, string>();
  return {
    url: service.url,
    pid: child.pid!,
    ended,
    pidOf: (server) =>
      (file('state.json') as { servers: Record<string, { pid: number }> }).servers[server]!.pid,
    async call(request) {
      const { role, tenantId } = request.as ?? { role: 'admin' };
      const args = ['token', '--role', role, ...(tenantId === undefined ? [] : ['--tenant', tenantId])];
      const token =
        tokens.get(args.join(' ')) ??
        (role === 'admin'
          ? readFileSync(join(home.directory, 'admin.token'), 'utf8')
          : (await runKeyturn(args, home.env)).stdout.trim());
      tokens.set(args.join(' '), token);
      return callApi(service.url, token, request);
    },
    async stop() {
      child.kill('SIGTERM');
      return await ended;
    },
  };
}

/** Ends one process that this test started, at once, and waits until it is gone. */
export async function killAtOnce(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(`process ${pid} is gone`, async () => identifyProcess(pid) === null);
}
