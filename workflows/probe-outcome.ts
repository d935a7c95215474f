/** A probe that gave up still says something: "unknown, and why". */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { KeyturnError } from '../src/contract/errors';
import { PROBE_INCONCLUSIVE, type Probed } from '../src/contract/probed';

/**
 * The probe's outcome; when every try was inconclusive, the last one's.
 * Thrown when the probe failed for a reason of ours, or was cancelled.
 */
export async function lastWord(
  probe: Promise<Probed>,
  unverified: 'key_unverified' | 'candidate_unverified' = 'key_unverified',
): Promise<Probed> {
  try {
    return await probe;
  } catch (error) {
    const failure = error instanceof ActivityFailure ? error.cause : undefined;
    if (failure instanceof ApplicationFailure && failure.type === PROBE_INCONCLUSIVE) {
      return failure.details?.[0] as Probed;
    }
    // The worker died under every try, say: nothing was learned, and nothing may be concluded.
    if (failure instanceof TimeoutFailure) {
      throw new KeyturnError(unverified, 'the provider could not be asked in time');
    }
    throw error;
  }
}
