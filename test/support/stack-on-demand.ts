/**
 * One stack of real servers for a whole run of the tests, in a throw-away home. It starts when the first suite asks
 * for it, so that a run of pure unit tests starts nothing. Lives in jest's main process; suites ask over loopback,
 * at the address in KEYTURN_TEST_STACK.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeOwner, killRecordedServers, stopOrphans } from '../../src/embedded/home';
import { startEmbeddedServers, type EmbeddedServers } from '../../src/embedded/stack';
import { binarySettings } from './binary-settings';

const HOME_PREFIX = 'keyturn-test-';
/** globalSetup and globalTeardown are loaded apart from each other: what they share is kept here. */
const shared = globalThis as { keyturnTestStack?: RunningStack };

interface RunningStack {
  readonly control: Server;
  readonly home: string;
  servers: Promise<EmbeddedServers> | null;
  readonly killAll: () => void;
}

export async function startStackOnDemand(): Promise<void> {
  await removeAbandonedHomes();
  const home = join(tmpdir(), `${HOME_PREFIX}${process.pid}-${randomUUID().slice(0, 8)}`);
  const path = `/${randomUUID()}`;
  const stack: RunningStack = { control: createServer(), home, servers: null, killAll };
  /** For ends that leave no time to wait: Ctrl-C, a crash of jest. */
  function killAll(): void {
    killRecordedServers(home);
    rmSync(home, { recursive: true, force: true });
  }
  stack.control.on('request', (request, response) => {
    if (request.url !== path) return void response.writeHead(404).end();
    stack.servers ??= startServers(home);
    stack.servers.then(
      (servers) => response.end(JSON.stringify(servers)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve) => stack.control.listen(0, '127.0.0.1', resolve));
  stack.control.unref();
  process.env['KEYTURN_TEST_STACK'] =
    `http://127.0.0.1:${(stack.control.address() as AddressInfo).port}${path}`;
  process.once('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll();
      process.exit(1);
    });
  }
  shared.keyturnTestStack = stack;
}

export async function stopStackOnDemand(): Promise<void> {
  const stack = shared.keyturnTestStack;
  if (stack === undefined) return;
  stack.control.close();
  // A start that failed has been told to the suites that asked.
  const servers = await stack.servers?.catch(() => null);
  await servers?.stop();
  process.off('exit', stack.killAll);
  rmSync(stack.home, { recursive: true, force: true });
}

/** The servers as suites get them: started, nothing provisioned. */
function startServers(home: string): Promise<EmbeddedServers> {
  return startEmbeddedServers({
    home,
    ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
    binaries: binarySettings(),
    log: () => undefined,
    onExit: (name, how) => process.stderr.write(`\nThe ${name} server of the tests ended: ${how}\n`),
  });
}

/** A run that was killed left its home, perhaps with servers. */
async function removeAbandonedHomes(): Promise<void> {
  for (const entry of readdirSync(tmpdir()).filter((name) => name.startsWith(HOME_PREFIX))) {
    const home = join(tmpdir(), entry);
    const pid = Number(entry.slice(HOME_PREFIX.length).split('-')[0]);
    if (statSync(home, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue; // Another user's run.
    if (isRunning(pid) || homeOwner(home) !== null) continue;
    await stopOrphans(home, () => undefined);
    rmSync(home, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
