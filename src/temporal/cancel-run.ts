/** Tells the run of an operation to stop. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { KeyturnError } from '../contract/errors';
import type { Operation } from '../contract/operations';

/**
 * Asks the operation's run to end, also one the ledger has not heard of yet. A run that has ended needs nothing.
 * Thrown: `operation_in_progress` when there is no run yet, since one may start at any moment;
 * `temporal_unavailable` when Temporal cannot be asked.
 */
export async function cancelRun(client: Client, operation: Operation): Promise<void> {
  try {
    const runId = operation.runId ?? (await findRun(client, operation));
    if (runId === null) {
      throw new KeyturnError('operation_in_progress', 'the operation has not started yet; try again', {
        operation_id: operation.id,
      });
    }
    await client.workflow.getHandle(operation.workflowId, runId).cancel();
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    if (error instanceof WorkflowNotFoundError) return;
    throw new KeyturnError('temporal_unavailable', 'Temporal could not be asked to cancel the operation');
  }
}

/** The run under the operation's workflow id, when it is this operation's. */
async function findRun(client: Client, operation: Operation): Promise<string | null> {
  try {
    const run = await client.workflow.getHandle(operation.workflowId).describe();
    return run.memo?.['operationId'] === operation.id ? run.runId : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
