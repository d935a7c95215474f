/** Passes an answer on as it comes: no chunk is held back, joined or cut; a slow reader slows the upstream down. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { AnswerMeter } from './meter-answer';
import { translate, type UpstreamReply } from './upstream';

/** How passing on ended. */
export interface Relayed {
  /** Null when all of it was passed on; else what broke it off. */
  readonly fault: KeyturnError | ClientGone | null;
  /** On the clock of `performance.now`; null when nothing but comments came. */
  readonly firstDataAtMs: number | null;
}

/** The caller hung up. */
export class ClientGone extends Error {
  override name = 'ClientGone' as const;
}

export interface RelayOptions {
  readonly reply: UpstreamReply;
  readonly response: ServerResponse;
  readonly meter: AnswerMeter;
  /** Ends the call; its reason is what the caller is told. */
  readonly abort: AbortController;
  /** Longest until something else than comments comes, in milliseconds. */
  readonly firstDataTimeoutMs: number;
}

/**
 * Never throws. While nothing has been written the fault is the caller's to answer; later on a stream of events is
 * told of it in one last event, and everything else is cut, so that nobody takes it for whole.
 */
export async function relayAnswer(options: RelayOptions): Promise<Relayed> {
  const { reply, response, meter, abort } = options;
  let firstDataAtMs: number | null = null;
  const deadline = setTimeout(
    () => abort.abort(new KeyturnError('upstream_timeout', 'OpenRouter sent no data in time')),
    options.firstDataTimeoutMs,
  );
  try {
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      meter.push(chunk);
      if (firstDataAtMs === null && meter.hasData()) {
        firstDataAtMs = performance.now();
        clearTimeout(deadline);
      }
      if (!response.write(chunk)) await once(response, 'drain', { signal: abort.signal });
    }
    abort.signal.throwIfAborted();
    response.end();
    return { fault: null, firstDataAtMs };
  } catch (error) {
    const fault = faultOf(error, abort.signal);
    if (response.headersSent) breakOff(response, fault);
    return { fault, firstDataAtMs };
  } finally {
    clearTimeout(deadline);
  }
}

/** What a failed or ended call is told as. */
export function faultOf(error: unknown, signal: AbortSignal): KeyturnError | ClientGone {
  const cause: unknown = signal.aborted ? signal.reason : error;
  return cause instanceof ClientGone || isKeyturnError(cause) ? cause : translate(cause);
}

function breakOff(response: ServerResponse, fault: KeyturnError | ClientGone): void {
  const type = String(response.getHeader('content-type') ?? '');
  if (fault instanceof ClientGone || !type.startsWith('text/event-stream')) return void response.destroy();
  response.end(`\n\ndata: ${JSON.stringify(lastEvent(fault))}\n\n`);
}

/** An error in the middle of a stream, as OpenRouter tells its own: https://openrouter.ai/docs/api-reference/errors */
function lastEvent({ code, message, status }: KeyturnError): object {
  return {
    error: { code: status, message, metadata: { error_type: code } },
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  };
}
