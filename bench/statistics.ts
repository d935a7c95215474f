/** Percentiles of one cell, and medians over rounds. */
import { createHistogram } from 'node:perf_hooks';

/** What one cell of one round measured. */
export interface Summary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly perSecond: number;
}

const NANOSECONDS = 1e6;

/** `elapsedMs` is the wall-clock time in which all of them ended. */
export function summarise(latenciesMs: readonly number[], elapsedMs: number): Summary {
  const histogram = createHistogram();
  for (const latencyMs of latenciesMs) histogram.record(Math.max(1, Math.round(latencyMs * NANOSECONDS)));
  return {
    count: latenciesMs.length,
    p50Ms: latenciesMs.length === 0 ? NaN : histogram.percentile(50) / NANOSECONDS,
    p95Ms: latenciesMs.length === 0 ? NaN : histogram.percentile(95) / NANOSECONDS,
    perSecond: (latenciesMs.length / elapsedMs) * 1000,
  };
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Each field's median over rounds. */
export function medianOf(rounds: readonly Summary[]): Summary {
  const over = (field: keyof Summary): number => median(rounds.map((round) => round[field]));
  return { count: over('count'), p50Ms: over('p50Ms'), p95Ms: over('p95Ms'), perSecond: over('perSecond') };
}

/** The value below which `share` (0 to 1) of them lie; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}
