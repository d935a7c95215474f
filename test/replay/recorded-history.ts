/** Histories as they are kept in test/histories: without names of machines, paths or the worker that ran them. */
import { historyToJson, type History } from './history-json';

/** An event as Temporal's own JSON has it. Only what is looked at here is named. */
export interface HistoryEvent {
  readonly eventType: string;
  readonly workflowExecutionCompletedEventAttributes?: {
    readonly result?: { readonly payloads?: Payload[] };
  };
  readonly workflowExecutionFailedEventAttributes?: {
    readonly failure?: { readonly applicationFailureInfo?: { readonly type?: string } };
  };
}

interface Payload {
  readonly data?: string;
}

export interface RecordedHistory {
  readonly workflowId: string;
  readonly history: { readonly events: readonly HistoryEvent[] };
}

/** Values that tell of the machine or the build, by the name of their field. */
const SCRUBBED: Readonly<Record<string, string>> = {
  identity: 'worker',
  stackTrace: '',
  buildId: 'build',
  binaryChecksum: 'build',
  encodedStackTrace: '',
};

/** What is kept of a fetched history. */
export function scrubHistory(workflowId: string, fetched: History, taskQueue: string): RecordedHistory {
  const scrub = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => scrub(each, name));
    if (value !== null && typeof value === 'object') {
      // The name of a sticky queue begins with the worker's own.
      if ('kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY') {
        return { name: 'sticky', kind: value.kind, normalName: 'keyturn' };
      }
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, scrub(each, key)]));
    }
    if (typeof value !== 'string') return value;
    return SCRUBBED[name] ?? (value === taskQueue ? 'keyturn' : value);
  };
  const history = scrub(historyToJson(fetched), 'history') as RecordedHistory['history'];
  return { workflowId, history };
}

/** One event a line: a diff of two recordings can be read. */
export function printHistory({ workflowId, history }: RecordedHistory): string {
  const events = history.events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"workflowId":${JSON.stringify(workflowId)},"history":{"events":[\n${events}\n]}}\n`;
}

/** How the run ended: the outcome it returned, the code it failed with, `canceled`, or null while it runs. */
export function endOf({ history }: RecordedHistory): string | null {
  const last = history.events.at(-1);
  switch (last?.eventType) {
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED': {
      const [payload] = last.workflowExecutionCompletedEventAttributes?.result?.payloads ?? [];
      return (decode(payload) as { outcome: string }).outcome;
    }
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED':
      return last.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.type ?? 'untyped';
    case 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED':
      return 'canceled';
    default:
      return null;
  }
}

function decode(payload: Payload | undefined): unknown {
  return JSON.parse(Buffer.from(payload?.data ?? '', 'base64').toString());
}

/** Everything a history says, in clear: itself, and each payload decoded. */
export function textOf(recorded: RecordedHistory): string {
  const texts: string[] = [JSON.stringify(recorded)];
  const visit = (value: unknown, name: string): void => {
    if (typeof value === 'string' && name === 'data') texts.push(Buffer.from(value, 'base64').toString());
    else if (value !== null && typeof value === 'object') {
      for (const [key, each] of Object.entries(value)) visit(each, key);
    }
  };
  visit(recorded, '');
  return texts.join('\n');
}
