/**
 * Finds what fell between two steps: operations whose run never started or ended without settling them, and
 * grace periods nobody waits for any more. Bounded, repeatable, and harmless beside a second reconciler.
 */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { closeOperation } from '../../workflows';
import { KeyturnError } from '../contract/errors';
import type { Operation } from '../contract/operations';
import { workflowIds, type RetireInput } from '../contract/workflows';
import { attributesOf, inputOf, startOperation, type StartOptions } from './start-operation';
import { startRetirement } from './start-retirement';

export interface ReconcilePorts {
  readonly client: Client;
  readonly taskQueue: string;
  /** Open operations accepted longer ago than the door needs for its own steps. */
  readonly listOpen: () => AsyncIterable<Operation>;
  /** Retirements that should have ended by now. */
  readonly listOverdue: () => Promise<readonly RetireInput[]>;
  readonly findGrace: StartOptions['findGrace'];
  /** True when the sealed key of the operation reached the inbox. */
  readonly inInbox: (operation: Operation) => Promise<boolean>;
  readonly recordRun: (operationId: string, runId: string) => Promise<void>;
  /** Closes an operation that has no run and can have none. */
  readonly abandon: (operation: Operation, error: KeyturnError) => Promise<void>;
  readonly log: (event: string, facts: Record<string, unknown>) => void;
}

/** What one pass did. */
export interface ReconcileReport {
  readonly started: number;
  readonly abandoned: number;
  readonly closing: number;
  readonly retirements: number;
}

/** One pass. One operation's trouble does not keep it from the others. */
export async function reconcile(ports: ReconcilePorts): Promise<ReconcileReport> {
  const report = { started: 0, abandoned: 0, closing: 0, retirements: 0 };
  for await (const operation of ports.listOpen()) {
    try {
      const done =
        operation.runId === null ? await startMissing(ports, operation) : await closeEnded(ports, operation);
      if (done !== null) report[done] += 1;
    } catch (error) {
      ports.log('reconcile.failed', { operation_id: operation.id, error: describe(error) });
    }
  }
  for (const overdue of await ports.listOverdue()) {
    try {
      if (await startRetirement(ports, overdue)) report.retirements += 1;
    } catch (error) {
      ports.log('reconcile.failed', { key_id: overdue.keyId, error: describe(error) });
    }
  }
  return report;
}

async function startMissing(
  ports: ReconcilePorts,
  operation: Operation,
): Promise<'started' | 'abandoned' | null> {
  if (operation.hasInbox && !(await ports.inInbox(operation))) {
    const error = new KeyturnError(
      'abandoned',
      'the request ended before its key reached the vault; send it again',
    );
    await ports.abandon(operation, error);
    return 'abandoned';
  }
  try {
    const started = await startOperation(ports.client, operation, {
      eager: false,
      taskQueue: ports.taskQueue,
      findGrace: ports.findGrace,
    });
    if (started.kind === 'busy') return null;
    await ports.recordRun(operation.id, started.runId);
    return 'started';
  } catch (error) {
    if (!(error instanceof KeyturnError) || error.code !== 'not_in_grace') throw error;
    await ports.abandon(operation, error);
    return 'abandoned';
  }
}

async function closeEnded(ports: ReconcilePorts, operation: Operation): Promise<'closing' | null> {
  if (await isRunning(ports.client, operation)) return null;
  if (operation.kind === 'revoke') {
    // A revocation is never given up: it runs again and finds what it has done already.
    const started = await startOperation(ports.client, operation, {
      eager: false,
      taskQueue: ports.taskQueue,
      findGrace: ports.findGrace,
    });
    if (started.kind === 'started') await ports.recordRun(operation.id, started.runId);
    return 'closing';
  }
  const args = [inputOf(operation)] as const;
  try {
    await ports.client.workflow.start<typeof closeOperation>('closeOperation', {
      workflowId: workflowIds.close(operation.id),
      taskQueue: ports.taskQueue,
      args: [...args],
      memo: { operationId: operation.id },
      typedSearchAttributes: attributesOf(operation),
      staticSummary: `close ${operation.kind} ${operation.tenantId}/${operation.serviceId}/${operation.keyName}`,
    });
    return 'closing';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

async function isRunning(client: Client, operation: Operation): Promise<boolean> {
  try {
    const run = await client.workflow
      .getHandle(operation.workflowId, operation.runId ?? undefined)
      .describe();
    return run.status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function describe(error: unknown): string {
  return error instanceof KeyturnError ? error.code : error instanceof Error ? error.name : 'unknown';
}
