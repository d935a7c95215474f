/** A probe that gave up still says something: "unknown, and why". */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { PROBE_INCONCLUSIVE, type Probed } from '../src/contract/probed';

/**
 * The probe's outcome; when every try was inconclusive, the last one's.
 * Thrown when the probe failed for a reason of ours, or was cancelled.
 */
export async function lastWord(probe: Promise<Probed>): Promise<Probed> {
  try {
    return await probe;
  } catch (error) {
    const failure = error instanceof ActivityFailure ? error.cause : undefined;
    if (failure instanceof ApplicationFailure && failure.type === PROBE_INCONCLUSIVE) {
      return failure.details?.[0] as Probed;
    }
    throw error;
  }
}
