/** What a probe activity brings back: the verdict, and the choices the caller made. */
import type { OperationParams } from './operations';
import type { ProbeOutcome } from './verdict';

export interface Probed {
  readonly probe: ProbeOutcome;
  readonly params: OperationParams;
  /** ISO 8601 time of the probe; null when it was skipped or there is none. */
  readonly probedAt: string | null;
  /** Version of the stored key that was probed; null for one that came with the request. */
  readonly version: number | null;
}

/** Failure type of a try worth repeating; its details carry the {@link Probed} of that try. */
export const PROBE_INCONCLUSIVE = 'probe_inconclusive';
