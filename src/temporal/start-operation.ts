/** Starts the workflow of an accepted operation. Safe to repeat: the run remembers its operation. */
import {
  ApplicationFailure,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { generateKeys, revokeKey, rotateKey, validateKey } from '../../workflows';
import { isErrorCode, KeyturnError } from '../contract/errors';
import type { Operation, OperationKind } from '../contract/operations';
import { FINISH_UPDATE, ROLLBACK_UPDATE, type OperationInput, type RetireInput } from '../contract/workflows';
import { runAttributes } from './run-attributes';
import { startRetirement } from './start-retirement';

type Workflow = typeof generateKeys | typeof validateKey | typeof rotateKey | typeof revokeKey;

/** Workflow type per kind; finish and rollback are updates of a running retirement. */
const WORKFLOW_TYPES: Partial<Record<OperationKind, string>> = {
  generate: 'generateKeys',
  validate: 'validateKey',
  rotate: 'rotateKey',
  revoke: 'revokeKey',
};
const UPDATES: Partial<Record<OperationKind, string>> = { finish: FINISH_UPDATE, rollback: ROLLBACK_UPDATE };

/** How often and how long (milliseconds) a start waits for the key's last run to close. */
const START_ATTEMPTS = 3;
/** Milliseconds in which a refusal that has arrived is decoded. */
const REJECTION_MS = 30;
const CLOSING_MS = 2_000;

/** `eager`: a worker on that queue shares this process and its connection. */
export interface StartOptions {
  readonly eager: boolean;
  readonly taskQueue: string;
  /** The grace period that a decision is about, while the ledger shows one. */
  readonly findGrace: (operation: Operation) => Promise<RetireInput | null>;
}

/** `busy`: another run still holds the workflow id; the reconciler will start this one. */
export type Started = { readonly kind: 'started'; readonly runId: string } | { readonly kind: 'busy' };

/**
 * Starts the run of an operation, or finds the one it has.
 * Thrown when Temporal cannot be reached (`temporal_unavailable`), or when a decision comes after the grace
 * period (`not_in_grace`).
 */
export async function startOperation(
  client: Client,
  operation: Operation,
  options: StartOptions,
): Promise<Started> {
  try {
    const update = UPDATES[operation.kind];
    return update === undefined
      ? await startRun(client, operation, options)
      : await decide(client, operation, update, options);
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    throw new KeyturnError(
      'temporal_unavailable',
      'Temporal could not be asked to start the operation',
      {},
      { cause: error },
    );
  }
}

/** What a workflow gets to know of an operation: ids and the epoch. */
export function inputOf(operation: Operation): OperationInput {
  const { tenantId, serviceId, keyName, id, epoch } = operation;
  return { tenantId, serviceId, keyName, operationId: id, epoch };
}

/** Search attributes of a run. */
export function attributesOf(operation: Operation): TypedSearchAttributes {
  return new TypedSearchAttributes(runAttributes(operation));
}

async function startRun(client: Client, operation: Operation, options: StartOptions): Promise<Started> {
  const { workflowId, tenantId, serviceId, keyName } = operation;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const handle = await client.workflow.start<Workflow>(WORKFLOW_TYPES[operation.kind] as never, {
        workflowId,
        taskQueue: options.taskQueue,
        args: [inputOf(operation)],
        memo: { operationId: operation.id },
        typedSearchAttributes: attributesOf(operation),
        staticSummary: `${operation.kind} ${tenantId}/${serviceId}/${keyName}`,
        requestEagerStart: options.eager,
      });
      return { kind: 'started', runId: handle.firstExecutionRunId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const running = await client.workflow.getHandle(workflowId).describe();
    if (running.memo?.['operationId'] === operation.id) return { kind: 'started', runId: running.runId };
    if (attempt === START_ATTEMPTS) return { kind: 'busy' };
    // Its operation is settled, or the ledger would not have let us in: it closes in a moment.
    await untilClosed(client, workflowId, running.runId);
  }
}

/** Resolves when the run has closed, however it ended, or after a while. */
async function untilClosed(client: Client, workflowId: string, runId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId, runId);
  await client.withDeadline(Date.now() + CLOSING_MS, () => handle.result()).catch(() => undefined);
}

/** Sends a decision; a grace period whose run was terminated is waited for again, and decided then. */
async function decide(
  client: Client,
  operation: Operation,
  update: string,
  options: StartOptions,
): Promise<Started> {
  try {
    return await sendDecision(client, operation, update);
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'not_in_grace') throw error;
    const grace = await options.findGrace(operation);
    if (grace === null || !(await startRetirement({ client, taskQueue: options.taskQueue }, grace)))
      throw error;
    return await sendDecision(client, operation, update);
  }
}

/**
 * A refusal of the workflow's validator is no error of the start: it comes at once as the update's result. An
 * accepted update's result comes when the decision is carried out, which is not waited for here; nor is a run that
 * is terminated with the decision in hand a refusal.
 */
async function throwIfRejected(result: Promise<void>): Promise<void> {
  const refused = result.catch((error: unknown) => {
    if (isRefusal(error)) throw error;
  });
  refused.catch(() => undefined);
  await Promise.race([refused, new Promise((resolve) => setTimeout(resolve, REJECTION_MS))]);
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && isErrorCode(error.cause.type);
}

async function sendDecision(client: Client, operation: Operation, update: string): Promise<Started> {
  const handle = client.workflow.getHandle(operation.workflowId);
  try {
    const sent = await handle.startUpdate<void, [string]>(update, {
      args: [operation.id],
      updateId: operation.id,
      waitForStage: 'ACCEPTED',
    });
    await throwIfRejected(sent.result());
    const { runId } = await handle.describe();
    return { kind: 'started', runId };
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof WorkflowNotFoundError)) throw error;
    throw new KeyturnError('not_in_grace', 'the grace period is ending or has ended');
  }
}
