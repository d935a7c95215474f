/** Stopping runs of a life that a revocation ended. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { workflowIds, type OperationInput } from '../src/contract/workflows';
import { listOpenRuns, readLastRotation } from '../src/ledger/operations';
import type { ActivityPorts } from './ports';

export function runActivities(ports: ActivityPorts) {
  return {
    /** Cancels by run id, so that a later life's run under the same workflow id is left alone. */
    async cancelOlderRuns(
      input: OperationInput,
      retiring: { keyId: string | null; versions: readonly number[] },
    ): Promise<void> {
      const open = await listOpenRuns(ports.ledger, input, input.epoch);
      for (const { workflowId, runId } of open) {
        if (runId !== null) await cancel(ports, workflowId, runId);
      }
      const { keyId, versions } = retiring;
      if (keyId !== null) for (const version of versions) await cancelRetirement(ports, keyId, version);
      // A new life that was stored before the tombstone left none to tell what still waits of the old one.
      const last = await readLastRotation(ports.ledger, input, input.epoch - 1);
      if (last !== null) await cancelRetirement(ports, last.keyId, last.previousVersion);
    },
  };
}

/** Ends the wait for a grace period's end; nothing happens when nothing waits. */
export async function cancelRetirement(ports: ActivityPorts, keyId: string, version: number): Promise<void> {
  await cancel(ports, workflowIds.retire(keyId, version));
}

async function cancel(ports: ActivityPorts, workflowId: string, runId?: string): Promise<void> {
  try {
    await ports.temporal.workflow.getHandle(workflowId, runId).cancel();
  } catch (error) {
    // It ended by itself meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
