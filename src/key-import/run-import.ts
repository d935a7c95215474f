/** Sends the keys of a plan, a few at a time. */
import type { PlannedKey } from './plan-import';
import { sendKey, type ImportTarget, type RowVerdict } from './send-key';

/**
 * Hands each verdict to `take` as it comes; when `signal` says so, what was sent is waited for and the rest is left.
 * Thrown: what {@link sendKey} throws; no further row is begun then.
 */
export async function runImport(
  target: ImportTarget,
  keys: readonly PlannedKey[],
  options: { concurrency: number; signal: AbortSignal; take: (verdict: RowVerdict) => void },
): Promise<{ left: number }> {
  const waiting = [...keys].reverse();
  const work = async (): Promise<void> => {
    while (!options.signal.aborted) {
      const key = waiting.pop();
      if (key === undefined) return;
      try {
        options.take(await sendKey(target, key, options.signal));
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: options.concurrency }, work));
  const failed = workers.find((worker) => worker.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { left: waiting.length };
}
