/** A bound on calls to Temporal that holds. */
import type { Client } from '@temporalio/client';
import { KeyturnError } from '../contract/errors';

/**
 * Runs `calls` and stops waiting for them after `boundMs` milliseconds. While nobody listens the native connection
 * repeats a call for about ten seconds, whatever deadline or signal it is given (seen with SDK 1.24), so the calls
 * may go on behind our back: only what can be done twice belongs in here.
 * Thrown when the time is up: `temporal_unavailable`.
 */
export async function within<T>(client: Client, boundMs: number, calls: () => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new KeyturnError('temporal_unavailable', `Temporal did not answer within ${boundMs} ms`));
      controller.abort();
    }, boundMs);
  });
  const running = client.withAbortSignal(controller.signal, () =>
    client.withDeadline(Date.now() + boundMs, calls),
  );
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    // Whoever waited has gone; how the calls end is nobody's any more.
    running.catch(() => undefined);
  }
}
