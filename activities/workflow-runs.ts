/** Stopping runs of a life that a revocation ended. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { workflowIds, type OperationInput } from '../src/contract/workflows';
import { listOpenRuns } from '../src/ledger/operations';
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
      if (keyId === null) return;
      for (const version of versions) await cancel(ports, workflowIds.retire(keyId, version));
    },
  };
}

async function cancel(ports: ActivityPorts, workflowId: string, runId?: string): Promise<void> {
  try {
    await ports.temporal.workflow.getHandle(workflowId, runId).cancel();
  } catch (error) {
    // It ended by itself meanwhile.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
