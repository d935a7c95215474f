/**
 * The activities as workflows call them, one set of options per kind of call.
 *
 * A probe is slow, outside and retried in the operator's sight: a regular activity. Steps on our own vault and
 * ledger are local: a few milliseconds each, idempotent by operation, and far cheaper for the Temporal server.
 */
import { proxyActivities, proxyLocalActivities, type LocalActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { ERRORS, isFinal, type ErrorCode } from '../src/contract/errors';
import { awaitOwnSystems } from './await-own-systems';

/** Codes that trying the same step again cannot cure: whatever the caller, not one of our systems, must change. */
const FINAL_CODES = Object.keys(ERRORS).filter((code) => isFinal(code as ErrorCode));

/** A few tries while someone may wait for the answer, then the verdict is "unknown". */
const probesOnce = proxyActivities<Pick<Activities, 'probeCandidate' | 'probeStored'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  heartbeatTimeout: '15 seconds',
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '15 seconds',
    maximumAttempts: 4,
    nonRetryableErrorTypes: FINAL_CODES,
  },
});

/** Asks a provider. */
export const probes: Pick<Activities, 'probeCandidate' | 'probeStored'> = {
  probeCandidate: (input) => awaitOwnSystems(() => probesOnce.probeCandidate(input)),
  probeStored: (input) => awaitOwnSystems(() => probesOnce.probeStored(input)),
};

/** Our own systems are waited for, for a day: an accepted operation completes once they are back. */
const OWN_SYSTEMS: LocalActivityOptions = {
  startToCloseTimeout: '8 seconds',
  scheduleToCloseTimeout: '24 hours',
  localRetryThreshold: '3 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '15 seconds',
    nonRetryableErrorTypes: FINAL_CODES,
  },
};

export const keys =
  proxyLocalActivities<
    Pick<
      Activities,
      | 'storeKey'
      | 'promoteKey'
      | 'beginRetirement'
      | 'finishRetirement'
      | 'rollBackKey'
      | 'buryKey'
      | 'recordVerdict'
      | 'findLanded'
      | 'weighDecision'
    >
  >(OWN_SYSTEMS);

export const ledger =
  proxyLocalActivities<Pick<Activities, 'settleOperation' | 'settleRetirement'>>(OWN_SYSTEMS);

export const runs = proxyLocalActivities<Pick<Activities, 'cancelOlderRuns'>>(OWN_SYSTEMS);
