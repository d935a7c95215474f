/** The frame around every operation's story: whatever happens, the operation is settled exactly once. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ERRORS, isErrorCode, isKeyturnError, type ErrorDetails } from '../src/contract/errors';
import type { Refusal, Settlement } from '../src/contract/settlement';
import type { OperationInput, WorkflowOutcome } from '../src/contract/workflows';
import { ledger } from './activity-proxies';

/** How a story ends well: what to write into the ledger, and a word for the Web UI. */
export type StoryEnd = Omit<Settlement, 'state' | 'error'> & { readonly outcome: string };

/**
 * Runs a story and settles its operation: done with its result, or failed with its error. Settling cannot be
 * cancelled; it also clears the inbox.
 * Thrown when the story failed: an ApplicationFailure whose type is a code of the error table.
 */
export async function runOperation(
  input: OperationInput,
  story: () => Promise<StoryEnd>,
): Promise<WorkflowOutcome> {
  const end = await tell(input, story);
  if ('outcome' in end) {
    showOutcome(end.outcome);
    return { outcome: end.outcome };
  }
  showOutcome(end.code);
  throw toFailure(end);
}

/** Plays the story and settles it; what the ledger says of its end is the end. */
async function tell(
  input: OperationInput,
  story: () => Promise<StoryEnd>,
): Promise<Pick<StoryEnd, 'outcome'> | Refusal> {
  try {
    const { outcome, ...settlement } = await story();
    return (await settle(input, { ...settlement, state: 'done' })) ?? { outcome };
  } catch (error) {
    const refusal = toRefusal(error);
    return (await settle(input, { state: 'failed', error: refusal })) ?? refusal;
  }
}

/**
 * Writes the end of an operation into the ledger, also when the run is being cancelled. The answer is the error
 * the operation ended with there, which may be another: a revocation can overtake a success.
 */
export async function settle(input: OperationInput, settlement: Settlement): Promise<Refusal | null> {
  const { runId } = workflowInfo();
  return CancellationScope.nonCancellable(() => ledger.settleOperation({ input, settlement, runId }));
}

/** What an error means to the caller; anything unknown becomes `internal` and keeps its text to itself. */
export function toRefusal(error: unknown): Refusal {
  if (isKeyturnError(error)) {
    return { code: error.code, message: error.message, details: error.details };
  }
  if (isCancellation(error)) {
    return { code: 'cancelled', message: 'the operation was cancelled', details: {} };
  }
  const failure = error instanceof ActivityFailure ? error.cause : error;
  if (failure instanceof ApplicationFailure && isErrorCode(failure.type)) {
    const details = (failure.details?.[0] ?? {}) as ErrorDetails;
    return { code: failure.type, message: failure.message, details };
  }
  return { code: 'internal', message: 'the operation failed for a reason of ours', details: {} };
}

/** Names the outcome where operators look: search attribute and current details. */
export function showOutcome(outcome: string): void {
  upsertSearchAttributes({ Outcome: [outcome] });
  setCurrentDetails(`**${outcome}**`);
}

function toFailure(refusal: Refusal): ApplicationFailure {
  return ApplicationFailure.create({
    type: refusal.code,
    message: refusal.message,
    nonRetryable: true,
    // What the caller must cure is no fault of the worker's: it is logged quietly and counts as no failure.
    ...(ERRORS[refusal.code].status < 500 ? { category: 'BENIGN' as const } : {}),
  });
}
