/** Which answers of the vault are worth another try, and when. Pure. */

/** What is known of a try that gave no result. */
export interface FailedTry {
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  readonly errors: readonly string[];
  readonly retryAfterSeconds: number | null;
  /** Tries made so far, from 1. */
  readonly attempt: number;
  /** True when doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
}

const MAX_ATTEMPTS = 4;
const BASE_DELAY_MS = 50;
const MAX_DELAY_MS = 2_000;

/**
 * Milliseconds to wait before the next try, or null to give up.
 * 412 (Vault Enterprise) and 429 (OpenBao standbys, quotas) were not carried out, so any request may follow;
 * no answer, 500, 502 and 504 may have been, so only idempotent ones. 503 is sealed: that lasts, callers decide.
 */
export function retryDelayMs(failed: FailedTry, random: () => number = Math.random): number | null {
  if (failed.attempt >= MAX_ATTEMPTS) return null;
  if (failed.status === 412 || failed.status === 429) {
    const asked = (failed.retryAfterSeconds ?? 0) * 1_000;
    return asked > MAX_DELAY_MS ? null : Math.max(asked, backoffMs(failed.attempt, random));
  }
  const unknownOutcome = failed.status === null || [500, 502, 504].includes(failed.status);
  return unknownOutcome && failed.idempotent ? backoffMs(failed.attempt, random) : null;
}

function backoffMs(attempt: number, random: () => number): number {
  return Math.round(BASE_DELAY_MS * 2 ** (attempt - 1) * (0.5 + random()));
}
