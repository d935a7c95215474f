/** Starts the retirement of a version, or hurries the one that waits. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { RETIRE_NOW_SIGNAL, workflowIds, type RetireInput } from '../src/contract/workflows';
import { retireKey } from './retire-key';

/** One run per version, outliving the rotation that starts it. */
export async function startRetirement(input: RetireInput): Promise<void> {
  const workflowId = workflowIds.retire(input.keyId, input.version);
  try {
    await startChild(retireKey, {
      args: [input],
      workflowId,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `retire ${input.tenantId}/${input.serviceId}/${input.keyName} v${input.version}`,
      searchAttributes: { TenantId: [input.tenantId], ServiceId: [input.serviceId], Operation: ['retire'] },
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // It waits in an earlier rotation's grace period, which the new rotation has just ended; or, for a run that
    // closes another's operation, in the one that has just begun.
    if (input.retireAtMs <= Date.now()) await hurry(workflowId);
  }
}

async function hurry(workflowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(RETIRE_NOW_SIGNAL);
  } catch (error) {
    // It ended in this very moment: a retirement only ends when its version is gone.
    if (isCancellation(error)) throw error;
  }
}
