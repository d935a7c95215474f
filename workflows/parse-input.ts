/** Inputs are parsed: who starts a workflow by hand with something else is told so, once. */
import { ApplicationFailure } from '@temporalio/workflow';
import { isKeyturnError } from '../src/contract/errors';

/** Thrown when `parse` refuses: an ApplicationFailure, since any other error would be retried for ever. */
export function parseInput<I>(parse: (raw: I) => I, raw: I): I {
  try {
    return parse(raw);
  } catch (error) {
    const [code, message] = isKeyturnError(error)
      ? [error.code, error.message]
      : ['invalid_request', 'no input'];
    throw ApplicationFailure.create({ type: code, message, nonRetryable: true, category: 'BENIGN' });
  }
}
