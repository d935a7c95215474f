/** The Temporal worker: workflows from the prebuilt bundle, activities with their clients. */
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Activities } from '../../activities';

export interface WorkerSettings {
  readonly namespace: string;
  readonly taskQueue: string;
  /** Path of the bundle that `npm run build` writes. */
  readonly bundlePath: string;
  readonly identity: string;
  /** Milliseconds a shutdown waits for activities under way: longer than the slowest probe. */
  readonly shutdownGraceMs: number;
  /** Milliseconds after which a dead worker's cached workflows go to another. */
  readonly stickyTimeoutMs: number;
}

export interface RunningWorker {
  readonly worker: Worker;
  /** Settles when the worker has drained; rejects when it dies. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/** Thrown when the worker cannot register with the namespace. */
export async function runWorker(
  connection: NativeConnection,
  activities: Activities,
  settings: WorkerSettings,
): Promise<RunningWorker> {
  const worker = await Worker.create({
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    workflowBundle: { codePath: settings.bundlePath },
    activities,
    identity: settings.identity,
    shutdownGraceTime: settings.shutdownGraceMs,
    stickyQueueScheduleToStartTimeout: settings.stickyTimeoutMs,
  });
  const finished = worker.run();
  return {
    worker,
    finished,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await finished;
    },
  };
}
