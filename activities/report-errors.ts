/** What Temporal may keep of an error: a code, our own message, identifiers. Never a cause, never foreign text. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ERRORS, isFinal, isKeyturnError } from '../src/contract/errors';
import { withCorrelationId } from '../src/vault/correlation';

/** Told of errors nobody expected, with the name of the step. */
export type LogFailure = (step: string, error: unknown) => void;

type Step = (...args: never[]) => Promise<unknown>;

/** The same activities with their errors turned into ApplicationFailures. */
export function reportErrors<T extends Record<string, Step>>(activities: T, logFailure: LogFailure): T {
  const wrapped = Object.entries(activities).map(([name, step]) => [
    name,
    async (...args: never[]) => {
      try {
        return await withCorrelationId(operationIdOf(args), () => step(...args));
      } catch (error) {
        throw toFailure(name, error, logFailure);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

/** The operation a step works for: the vault's audit log names it, which ties the two records together. */
function operationIdOf(args: readonly unknown[]): string {
  const first = args[0] as { operationId?: unknown; input?: { operationId?: unknown } } | undefined;
  const id = first?.operationId ?? first?.input?.operationId;
  return typeof id === 'string' ? id : 'none';
}

function toFailure(step: string, error: unknown, logFailure: LogFailure): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (isKeyturnError(error)) {
    const { status } = ERRORS[error.code];
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      // `internal` as an error of our own is a fault that stays: a refused statement, an unreadable record.
      nonRetryable: isFinal(error.code) || error.code === 'internal',
      details: [error.details],
      ...(status < 500 ? { category: 'BENIGN' as const } : {}),
    });
  }
  logFailure(step, error);
  return ApplicationFailure.create({
    type: 'internal',
    message: `${step} failed unexpectedly; see the worker's log`,
  });
}
