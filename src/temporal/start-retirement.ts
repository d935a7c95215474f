/** Starts the wait for a grace period's end from outside: when the run that a rotation started is gone. */
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { retireKey } from '../../workflows';
import { workflowIds, type RetireInput } from '../contract/workflows';
import { runAttributes } from './run-attributes';

/** False when a run waits already. */
export async function startRetirement(
  ports: { readonly client: Client; readonly taskQueue: string },
  input: RetireInput,
): Promise<boolean> {
  const { tenantId, serviceId, keyName, keyId, version } = input;
  try {
    await ports.client.workflow.start<typeof retireKey>('retireKey', {
      workflowId: workflowIds.retire(keyId, version),
      taskQueue: ports.taskQueue,
      args: [input],
      typedSearchAttributes: new TypedSearchAttributes(
        runAttributes({ tenantId, serviceId, kind: 'retire' }),
      ),
      staticSummary: `retire ${tenantId}/${serviceId}/${keyName} v${version}`,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
