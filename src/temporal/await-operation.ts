/** Waits for an operation to be settled, as long as its caller is willing to. */
import type { Client } from '@temporalio/client';
import { OPEN_STATES, type Operation } from '../contract/operations';

/** How often the ledger is asked while no run is known or a run has just closed. */
const POLL_MS = 150;

export interface AwaitPorts {
  readonly client: Client;
  readonly read: (operationId: string) => Promise<Operation | null>;
}

/**
 * The operation as it stands once it is closed or `waitMs` are over, whichever comes first.
 * The ledger is the truth; Temporal's long poll only tells when to look.
 */
export async function awaitOperation(
  ports: AwaitPorts,
  operation: Operation,
  waitMs: number,
): Promise<Operation> {
  const deadlineMs = Date.now() + waitMs;
  let latest = operation;
  while (OPEN_STATES.includes(latest.state) && Date.now() < deadlineMs) {
    await waitForRun(ports.client, latest, deadlineMs - Date.now());
    latest = (await ports.read(operation.id)) ?? latest;
    if (OPEN_STATES.includes(latest.state))
      await pause(Math.min(POLL_MS, Math.max(deadlineMs - Date.now(), 0)));
  }
  return latest;
}

async function waitForRun(client: Client, operation: Operation, waitMs: number): Promise<void> {
  // A decision is settled long before the retirement that takes it ends: nothing to wait for but the ledger.
  if (operation.runId === null || operation.kind === 'finish' || operation.kind === 'rollback') return;
  try {
    const handle = client.workflow.getHandle(operation.workflowId, operation.runId);
    // A deadline, since a native connection takes an abort signal and does not heed it.
    await client.withDeadline(Date.now() + Math.max(waitMs, 0), () => handle.result());
  } catch {
    // How the run ended is the ledger's to tell; a lost connection ends in the poll.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
