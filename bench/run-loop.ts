/** A closed loop: `concurrency` callers, each starting its next call when the last one ended. */
import { summarise, type Summary } from './statistics';

/**
 * Calls `act` until `durationMs` are over (calls under way are waited for), or `supply` is used up. Thrown: what
 * `act` throws: a benchmark of failures would be a number about nothing.
 */
export async function runLoop<T>(options: {
  concurrency: number;
  durationMs: number;
  /** What each call takes; made before the clock starts. */
  supply?: readonly T[];
  act: (item: T) => Promise<unknown>;
}): Promise<Summary> {
  const { concurrency, durationMs, supply, act } = options;
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - startedMs < durationMs && (supply === undefined || next < supply.length)) {
      const item = supply?.[next++] as T;
      const fromMs = performance.now();
      await act(item);
      latenciesMs.push(performance.now() - fromMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return summarise(latenciesMs, performance.now() - startedMs);
}

/** All of `items`, `concurrency` at a time, in order of their results. */
export async function forAll<T, R>(
  items: readonly T[],
  concurrency: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await act(items[at] as T);
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return results;
}
