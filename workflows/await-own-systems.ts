/** An outage of our own vault or ledger is waited for: what was accepted completes once they are back. */
import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import type { ErrorCode } from '../src/contract/errors';

const OURS: readonly ErrorCode[] = ['vault_unavailable', 'vault_denied', 'ledger_unavailable'];
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** As long as the local steps wait: a day. */
const PATIENCE_MS = 24 * 3_600_000;

/** Repeats `step` while it fails for want of our own systems. Thrown: any other failure, and the last one. */
export async function awaitOwnSystems<T>(step: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await step();
    } catch (error) {
      if (!isOurs(error) || Date.now() > untilMs) throw error;
      await sleep(waitMs, { summary: 'vault or ledger is away' });
    }
  }
}

function isOurs(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && OURS.some((code) => code === cause.type);
}
