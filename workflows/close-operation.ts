/**
 * Closes an operation whose run ended without settling it (terminated in the Web UI, say): with the result it
 * had, when its write reached the vault, else as abandoned. Started by the reconciler only.
 */
import { parseOperationInput, type OperationInput, type WorkflowOutcome } from '../src/contract/workflows';
import { keys } from './activity-proxies';
import { parseInput } from './parse-input';
import { settle, showOutcome } from './run-operation';
import { startRetirement } from './start-retirement';

export async function closeOperation(raw: OperationInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseOperationInput, raw);
  const landed = await keys.findLanded(input);
  if (landed === null) {
    await settle(input, {
      state: 'abandoned',
      error: { code: 'abandoned', message: 'its run was stopped before it took effect', details: {} },
    });
    showOutcome('abandoned');
    return { outcome: 'abandoned' };
  }
  const { retire, outcome, ...settlement } = landed;
  for (const version of retire) await startRetirement(version);
  const refusal = await settle(input, { ...settlement, state: 'done' });
  const ended = refusal?.code ?? outcome;
  showOutcome(ended);
  return { outcome: ended };
}
