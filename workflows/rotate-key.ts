/** Replaces a key without an outage: probe → promote (the old key becomes previous) → start its retirement. */
import { CancellationScope, setCurrentDetails } from '@temporalio/workflow';
import { assertPromotable } from '../src/contract/probe-policy';
import { parseOperationInput, type OperationInput, type WorkflowOutcome } from '../src/contract/workflows';
import { keys, probes } from './activity-proxies';
import { lastWord } from './probe-outcome';
import { parseInput } from './parse-input';
import { runOperation } from './run-operation';
import { startRetirement } from './start-retirement';

export async function rotateKey(raw: OperationInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseOperationInput, raw);
  return runOperation(input, async () => {
    setCurrentDetails(`asking **${input.serviceId}** about the new key`);
    const probed = await lastWord(probes.probeCandidate(input), 'candidate_unverified');
    assertPromotable(probed.probe, probed.params);
    // From here on there is a new current key: a cancellation comes too late and must not strand the old one.
    return CancellationScope.nonCancellable(async () => {
      setCurrentDetails('promoting the new key');
      const { retire, ...end } = await keys.promoteKey(input, probed);
      for (const version of retire) await startRetirement(version);
      return end;
    });
  });
}
