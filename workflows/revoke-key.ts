/**
 * Ends a key's life. Readers were fenced off when the request was accepted; here the material goes:
 * tombstone → destroy every older version → stop runs of the ended life → receipt.
 */
import { setCurrentDetails } from '@temporalio/workflow';
import { parseOperationInput, type OperationInput, type WorkflowOutcome } from '../src/contract/workflows';
import { keys, runs } from './activity-proxies';
import { parseInput } from './parse-input';
import { runOperation } from './run-operation';

export async function revokeKey(raw: OperationInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseOperationInput, raw);
  return runOperation(input, async () => {
    setCurrentDetails('destroying the key material');
    const end = await keys.buryKey(input);
    await runs.cancelOlderRuns(input, end.retiring);
    const { retiring: _done, ...settlement } = end;
    return settlement;
  });
}
