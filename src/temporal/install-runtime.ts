/** The SDK's one runtime of this process: its log lines go to our logger, without stacks of expected refusals. */
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import type { Logger } from '../log';

/** Call once, before the first connection; later calls change nothing. */
export function installRuntime(log: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('INFO', (entry) => write(log, entry)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
    // Signals are the composition root's to handle: it drains in the right order.
    shutdownSignals: [],
  });
}

let installed = false;

function write(log: Logger, entry: LogEntry): void {
  const { error, workflowId, runId, workflowType, activityType, attempt } = (entry.meta ?? {}) as Record<
    string,
    unknown
  >;
  const facts = { workflowId, runId, workflowType, activityType, attempt, ...failureOf(error) };
  const defined = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  if (entry.level === 'ERROR') log.error(defined, entry.message);
  else if (entry.level === 'WARN') log.warn(defined, entry.message);
  else log.debug(defined, entry.message);
}

/** A failure's code and our own message; a foreign error's text may hold anything and stays out. */
function failureOf(error: unknown): { failure?: string; detail?: string } {
  if (!(error instanceof Error)) return {};
  const { type } = error as { type?: unknown };
  // A workflow's failure arrives from another thread: without its class, but with its stack.
  const ours = typeof type === 'string' || error.stack?.startsWith('ApplicationFailure:') === true;
  return {
    failure: typeof type === 'string' ? type : error.name,
    ...(ours ? { detail: error.message } : {}),
  };
}
