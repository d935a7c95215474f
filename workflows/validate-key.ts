/** Asks the provider about a key: one that came with the request, or the stored one. */
import { setCurrentDetails } from '@temporalio/workflow';
import { parseOperationInput, type OperationInput, type WorkflowOutcome } from '../src/contract/workflows';
import { keys, probes } from './activity-proxies';
import { lastWord } from './probe-outcome';
import { parseInput } from './parse-input';
import { runOperation } from './run-operation';

export async function validateKey(raw: OperationInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseOperationInput, raw);
  return runOperation(input, async () => {
    setCurrentDetails(`asking **${input.serviceId}** about the key`);
    const probed = await lastWord(probes.probeCandidate(input));
    return keys.recordVerdict(input, probed);
  });
}
