/** Temporal with its Web UI on loopback, keeping everything in one SQLite file. */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { SEARCH_ATTRIBUTES } from '../contract/workflows';
import { LOOPBACK } from './choose-port';
import type { ProcessIdentity } from './process-identity';
import { startServerProcess, waitUntilReady, type ServerProcess } from './server-process';

export const TEMPORAL_NAMESPACE = 'keyturn';
/** 30 days: how long closed runs can be looked at. start-dev's own default is one. */
const RETENTION_SECONDS = 30 * 86_400;
const READY_BOUND_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2000;

/**
 * start-dev polls each internal queue at most 20 times a second, which makes a task wait up to 50 ms once a burst
 * is over; 200 removes the wait (2000 is no better). A list of runs is limited to 100 calls a second without the last.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=200',
  'history.timerProcessorMaxPollRPS=200',
  'history.visibilityProcessorMaxPollRPS=200',
  'frontend.namespaceRPS.visibility=1000',
] as const;

export interface TemporalPorts {
  readonly frontend: number;
  readonly ui: number;
  readonly http: number;
  readonly metrics: number;
}

export interface TemporalServerOptions {
  readonly executable: string;
  readonly databaseFile: string;
  readonly logFile: string;
  readonly ports: TemporalPorts;
  readonly record: (identity: ProcessIdentity) => void;
  readonly log: (line: string) => void;
  /** Told of the process before it is ready, so that it can be stopped meanwhile. */
  readonly onStart: (server: ServerProcess) => void;
}

/** Resolves when the namespace takes requests, with its search attributes and retention set. */
export async function startTemporalServer(options: TemporalServerOptions): Promise<ServerProcess> {
  const { ports } = options;
  const server = await startServerProcess({
    name: 'temporal',
    executable: options.executable,
    args: [
      'server',
      'start-dev',
      '--ui-disable-news-fetch',
      `--namespace=${TEMPORAL_NAMESPACE}`,
      `--ip=${LOOPBACK}`,
      `--ui-ip=${LOOPBACK}`,
      `--port=${ports.frontend}`,
      `--ui-port=${ports.ui}`,
      `--http-port=${ports.http}`,
      `--metrics-port=${ports.metrics}`,
      `--db-filename=${options.databaseFile}`,
      // Without these pragmas each workflow costs the server half as much again.
      '--sqlite-pragma=journal_mode=wal',
      '--sqlite-pragma=synchronous=normal',
      '--log-level=error',
      '--log-format=json',
      ...DYNAMIC_CONFIG.map((setting) => `--dynamic-config-value=${setting}`),
      ...SEARCH_ATTRIBUTES.map((name) => `--search-attribute=${name}=Keyword`),
    ],
    logFile: options.logFile,
    record: options.record,
    log: options.log,
  });
  options.onStart(server);
  const connection = await waitUntilReady(server, {
    boundMs: READY_BOUND_MS,
    check: () =>
      Connection.connect({ address: `${LOOPBACK}:${ports.frontend}`, connectTimeout: CONNECT_TIMEOUT_MS }),
  });
  try {
    await waitUntilReady(server, { boundMs: READY_BOUND_MS, check: () => prepareNamespace(connection) });
  } finally {
    await connection.close();
  }
  return server;
}

async function prepareNamespace(connection: Connection): Promise<true | null> {
  const namespace = TEMPORAL_NAMESPACE;
  const described = await connection.workflowService.describeNamespace({ namespace });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  if (SEARCH_ATTRIBUTES.some((name) => customAttributes?.[name] === undefined)) return null;
  if (Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) !== RETENTION_SECONDS) {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_SECONDS * 1000) },
    });
  }
  return true;
}
