/** Stores a tenant's first key: probe → promote into the first slot → audit. */
import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import { assertStorable } from '../src/contract/probe-policy';
import { parseOperationInput, type OperationInput, type WorkflowOutcome } from '../src/contract/workflows';
import { keys, probes } from './activity-proxies';
import { lastWord } from './probe-outcome';
import { parseInput } from './parse-input';
import { runOperation } from './run-operation';

export async function generateKeys(raw: OperationInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseOperationInput, raw);
  return runOperation(input, async () => {
    setCurrentDetails(`asking **${input.serviceId}** about the key`);
    const probed = await lastWord(probes.probeCandidate(input));
    assertStorable(probed.probe, probed.params);
    // A write that has begun is waited for: given up half-way, the vault would hold a key the ledger denies.
    return CancellationScope.nonCancellable(() => keys.storeKey(input, probed));
  });
}
