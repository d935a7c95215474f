/** Starts the retirement of a version, or hurries the one that waits. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { RETIRE_NOW_SIGNAL, workflowIds, type RetireInput } from '../src/contract/workflows';
import { retireKey } from './retire-key';

/** How often, and how far apart in milliseconds, a start waits for an older run of that version to close. */
const ATTEMPTS = 5;
const CLOSING_MS = 1_000;

/** One run per version, outliving the rotation that starts it. */
export async function startRetirement(input: RetireInput): Promise<void> {
  const workflowId = workflowIds.retire(input.keyId, input.version);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startChild(retireKey, {
        args: [input],
        workflowId,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `retire ${input.tenantId}/${input.serviceId}/${input.keyName} v${input.version}`,
        searchAttributes: { TenantId: [input.tenantId], ServiceId: [input.serviceId], Operation: ['retire'] },
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    // It waits in an earlier rotation's grace period, which the new rotation has just ended.
    if (input.retireAtMs !== null && input.retireAtMs <= Date.now()) return hurry(workflowId);
    // It took a rollback and is about to close, or it waits for the very end that is meant here.
    if (attempt === ATTEMPTS) return;
    await sleep(CLOSING_MS, { summary: 'an older run of this version is closing' });
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
