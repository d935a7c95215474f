/** A bound on calls to Temporal that holds. */
import type { Client } from '@temporalio/client';

/**
 * Runs `calls` and gives up on them after `boundMs` milliseconds. The native connection repeats a call that finds
 * nobody, each time with a fresh deadline, for ten seconds and more: only a signal ends it.
 */
export async function within<T>(client: Client, boundMs: number, calls: () => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), boundMs);
  try {
    return await client.withAbortSignal(controller.signal, () =>
      client.withDeadline(Date.now() + boundMs, calls),
    );
  } finally {
    clearTimeout(timer);
  }
}
