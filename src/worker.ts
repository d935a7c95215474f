/** Composition root of the `worker` role: workflows, activities with the clients they need. */
import { join } from 'node:path';
import { createActivities, type Activities } from '../activities';
import type { ActivityPorts } from '../activities/ports';
import type { Config } from './config';
import { KeyturnError } from './contract/errors';
import type { Ledger } from './ledger/ledger';
import type { Logger } from './log';
import { findService } from './providers/catalog';
import { probeKey } from './providers/probe';
import { createProbeLimiter } from './providers/probe-limiter';
import { runPeriodically, type Stop } from './run-periodically';
import { sweepRetiring } from './sweep-retiring';
import type { Temporal } from './temporal/connect-temporal';
import { runWorker, type RunningWorker } from './temporal/run-worker';
import type { VaultClient } from './vault/vault-client';

export interface WorkerDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly ledger: Ledger;
  /** Logged in with the worker role. */
  readonly vault: VaultClient;
  readonly temporal: Temporal;
  /** Path of the workflow bundle; the one of the build by default. */
  readonly bundlePath?: string;
}

/** Waits longer than the slowest probe before a shutdown cancels it. */
const SHUTDOWN_GRACE_MS = 15_000;

/** The activities of this worker. */
export function createWorkerActivities(deps: WorkerDeps): Activities {
  const { log } = deps;
  return createActivities(activityPorts(deps), (step, error) => {
    const known = error instanceof Error ? error : new Error('unknown');
    log.error({ step, error: known.name, detail: known.message, stack: known.stack }, 'step failed');
  });
}

/** Registers with Temporal and begins to work. Thrown when it cannot. */
export function startWorker(
  deps: WorkerDeps,
  activities = createWorkerActivities(deps),
): Promise<RunningWorker> {
  const { config, temporal } = deps;
  return runWorker(temporal.connection, activities, {
    namespace: temporal.settings.namespace,
    taskQueue: config.KEYTURN_TASK_QUEUE,
    bundlePath: deps.bundlePath ?? join(__dirname, '../workflow-bundle.js'),
    identity: `keyturn-worker/${process.pid}`,
    shutdownGraceMs: SHUTDOWN_GRACE_MS,
    stickyTimeoutMs: config.KEYTURN_STICKY_TIMEOUT_MS,
  });
}

/** Starts the sweep for versions whose retirement was stopped. */
export function startRetiringSweep({ config, log, ledger, vault, temporal }: WorkerDeps): Stop {
  const { KEYTURN_SWEEP_MS: olderThanMs, KEYTURN_TASK_QUEUE: taskQueue } = config;
  const pass = async (): Promise<void> => {
    const started = await sweepRetiring({ ledger, vault, temporal, taskQueue, olderThanMs });
    if (started > 0) log.info({ started }, 'retiring versions that were left waiting');
  };
  return runPeriodically(olderThanMs, pass, () => log.warn('left versions could not be looked for'));
}

function activityPorts({ config, ledger, vault, temporal }: WorkerDeps): ActivityPorts {
  const limiter = createProbeLimiter(config.KEYTURN_PROBES_PER_SECOND);
  return {
    ledger,
    vault,
    temporal: temporal.client,
    probe({ serviceId, fields, signal }) {
      const entry = findService(serviceId);
      if (entry === undefined) throw new KeyturnError('unknown_service', `${serviceId} left the catalogue`);
      const { providerOrigins: origins, KEYTURN_PROBE_TIMEOUT_MS: timeoutMs } = config;
      return limiter(serviceId, () => probeKey({ entry, fields, origins, timeoutMs, signal }));
    },
    propagationSeconds: (serviceId) => findService(serviceId)?.propagationSeconds ?? 0,
  };
}
