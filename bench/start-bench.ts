/** A whole Keyturn of our own: servers on a throw-away home, every role, simulator beside it, a worker for the floor. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { startAllRoles, type AllRoles } from '../src/all-roles';
import { readConfig, type Config } from '../src/config';
import type { Addresses } from '../src/connections';
import type { AppRoleCredentials } from '../src/vault/vault-client';
import { startEmbeddedServers } from '../src/embedded/stack';
import { withLifecycle } from '../src/lifecycle';
import { createLogger } from '../src/log';
import { installRuntime } from '../src/temporal/install-runtime';
import { startCounting, type CallCounts } from './count-calls';
import type { SimulatorMessage } from './simulator-process';
import { timeActivities, type StepTimes } from './step-times';

export interface Bench {
  readonly roles: AllRoles;
  readonly config: Config;
  readonly addresses: Addresses;
  readonly home: string;
  readonly simulator: SimulatorMessage;
  /** For the gateway in a process of its own. */
  readonly gatewayAppRole: AppRoleCredentials;
  /** Process id of PostgreSQL. */
  readonly ledgerPid: number;
  /** Bearer token of an admin. */
  readonly token: string;
  readonly activityTimes: StepTimes;
  readonly counts: () => CallCounts;
  stop(): Promise<void>;
}

export const FLOOR_QUEUE = 'bench-floor';
const DAY_MS = String(86_400_000);

/** Starts it on `home`. Thrown when a part does not start: what ran is stopped again. */
export function startBench(home: string): Promise<Bench> {
  return withLifecycle(async (life) => {
    const floorBundle = join(home, 'floor-bundle.js');
    const bundled = once(fork(join(__dirname, 'bundle-floor.js'), [floorBundle]), 'exit');
    const child = fork(join(__dirname, 'simulator-process.js'), { stdio: 'inherit' });
    life.onStop(async () => void (child.connected && child.disconnect()));
    const told = once(child, 'message') as Promise<[SimulatorMessage]>;
    const servers = await startEmbeddedServers({
      home,
      ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
      binaries: { temporalBin: process.env['KEYTURN_TEMPORAL_BIN'], baoBin: process.env['KEYTURN_BAO_BIN'] },
      log: () => undefined,
    });
    life.onStop(() => servers.stop());
    const [simulator] = await told;
    const config = readConfig(settings(home, simulator.origin));
    const log = createLogger(config.LOG_LEVEL);
    installRuntime(log);
    const addresses: Addresses = {
      databaseUrl: servers.databaseUrl,
      vaultAddress: servers.vault.address,
      temporalAddress: servers.temporal.address,
      temporalNamespace: servers.temporal.namespace,
      temporalUiUrl: servers.temporal.uiUrl,
    };
    const { wrapActivities, times } = timeActivities();
    const { credentials } = servers.vault;
    const roles = await startAllRoles({ config, log, addresses, credentials, wrapActivities });
    life.onStop(() => roles.stop());
    await bundled;
    const worker = await Worker.create({
      connection: roles.temporal.connection,
      namespace: addresses.temporalNamespace,
      taskQueue: FLOOR_QUEUE,
      workflowBundle: { codePath: floorBundle },
      activities: { nothing: async () => undefined },
    });
    const finished = worker.run();
    life.onStop(async () => {
      worker.shutdown();
      await finished;
    });
    const token = await roles.mintToken({ role: 'admin' });
    const counts = startCounting(addresses.vaultAddress);
    return {
      roles,
      config,
      addresses,
      home,
      simulator,
      gatewayAppRole: credentials.gateway,
      ledgerPid: servers.pids.postgres ?? NaN,
      token,
      activityTimes: times,
      counts,
    };
  });
}

/** A home for one run, and how to remove it. */
export async function makeHome(): Promise<{ home: string; remove: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  return { home, remove: () => rm(home, { recursive: true, force: true }) };
}

function settings(home: string, origin: string): Record<string, string> {
  return {
    KEYTURN_HOME: home,
    PORT: '0',
    LOG_LEVEL: 'error',
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify({ openrouter: origin }),
    KEYTURN_WAIT_MS: '60000',
    KEYTURN_VALIDATE_PER_MINUTE: '1000000',
    // What runs by the clock would be counted with the operation that happens to be under way.
    KEYTURN_RECONCILE_MS: DAY_MS,
    KEYTURN_ANCHOR_MS: DAY_MS,
  };
}
