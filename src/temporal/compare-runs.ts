/** Does the ledger tell of operations what Temporal kept of their runs? For auditors; within Temporal's retention. */
import { WorkflowNotFoundError, type Client, type WorkflowExecutionStatusName } from '@temporalio/client';
import { OPEN_STATES, type Operation } from '../contract/operations';
import { workflowIds } from '../contract/workflows';

/** What was found. `beyondRetention`: Temporal has forgotten the run, so nothing can be said. */
export interface RunComparison {
  readonly agrees: number;
  readonly differs: readonly {
    readonly operationId: string;
    readonly ledger: string;
    readonly temporal: string;
  }[];
  readonly beyondRetention: number;
}

type RunStatus = WorkflowExecutionStatusName | 'ABSENT';

/** Ends of a run that fit the state of its operation. */
const FITTING: Readonly<Record<'done' | 'failed' | 'abandoned', readonly RunStatus[]>> = {
  done: ['COMPLETED'],
  failed: ['FAILED', 'CANCELLED'],
  abandoned: ['TERMINATED', 'TIMED_OUT', 'CANCELLED', 'FAILED'],
};

/** Thrown when Temporal cannot be asked. Open operations are left out: they have not ended. */
export async function compareRuns(
  client: Client,
  operations: AsyncIterable<Operation>,
): Promise<RunComparison> {
  let agrees = 0;
  let beyondRetention = 0;
  const differs: { operationId: string; ledger: string; temporal: string }[] = [];
  for await (const operation of operations) {
    if (OPEN_STATES.includes(operation.state)) continue;
    const found = await look(client, operation);
    if (found === 'ABSENT' && operation.runId !== null) beyondRetention += 1;
    else if (await fits(client, operation, found)) agrees += 1;
    else differs.push({ operationId: operation.id, ledger: operation.state, temporal: found });
  }
  return { agrees, differs, beyondRetention };
}

async function fits(client: Client, operation: Operation, found: RunStatus): Promise<boolean> {
  // Given up at the door: there never was a run.
  if (operation.runId === null) return found === 'ABSENT' && operation.state !== 'done';
  // A decision is taken by a retirement, which may go on after it or refuse it and wait.
  if (operation.kind === 'finish' || operation.kind === 'rollback') return true;
  if (FITTING[operation.state as keyof typeof FITTING].includes(found)) return true;
  // Its own run was stopped, and another one closed the operation.
  return (await statusOf(client, workflowIds.close(operation.id))) === 'COMPLETED';
}

function look(client: Client, operation: Operation): Promise<RunStatus> {
  if (operation.runId === null) return Promise.resolve('ABSENT');
  return statusOf(client, operation.workflowId, operation.runId);
}

async function statusOf(client: Client, workflowId: string, runId?: string): Promise<RunStatus> {
  try {
    return (await client.workflow.getHandle(workflowId, runId).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ABSENT';
    throw error;
  }
}
