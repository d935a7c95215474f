/**
 * Ends the grace period of a version that a rotation put aside: by time, by `finish`, or the other way round by
 * `rollback`, which makes it current again and retires the newer one.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { KeyturnError } from '../src/contract/errors';
import { UUID_PATTERN } from '../src/contract/ids';
import { isAlive, type ProbeOutcome } from '../src/contract/verdict';
import {
  FINISH_UPDATE,
  parseRetireInput,
  RETIRE_NOW_SIGNAL,
  ROLLBACK_UPDATE,
  type OperationInput,
  type RetireInput,
  type WorkflowOutcome,
} from '../src/contract/workflows';
import { keys, ledger, probes } from './activity-proxies';
import { parseInput } from './parse-input';
import { lastWord } from './probe-outcome';
import { settle, showOutcome, toRefusal } from './run-operation';

export const finishUpdate = defineUpdate<void, [string]>(FINISH_UPDATE);
export const rollbackUpdate = defineUpdate<void, [string]>(ROLLBACK_UPDATE);
export const retireNowSignal = defineSignal(RETIRE_NOW_SIGNAL);

/** What someone asked for during the grace period. */
interface Decision {
  readonly kind: 'finish' | 'rollback';
  readonly operation: OperationInput;
}

/** What arrives from outside while the grace period lasts. */
interface Inbox {
  decision: Decision | undefined;
  hurried: boolean;
  over: boolean;
  /** Operation ids that were sent and that the ledger does not know. */
  readonly unknown: Set<string>;
}

export async function retireKey(raw: RetireInput): Promise<WorkflowOutcome> {
  const input = parseInput(parseRetireInput, raw);
  const inbox: Inbox = { decision: undefined, hurried: false, over: false, unknown: new Set() };
  listen(input, inbox);
  try {
    const outcome = await endGrace(input, inbox);
    showOutcome(outcome);
    return { outcome };
  } catch (error) {
    // A revocation cancels this run: whoever waits for a decision is told.
    if (inbox.decision !== undefined) await fail(inbox.decision, error);
    throw error;
  } finally {
    inbox.over = true;
    inbox.decision = undefined;
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/** An update returns once its operation is settled, so that its caller finds the result in the ledger. */
function listen(input: RetireInput, inbox: Inbox): void {
  const decide = async (kind: Decision['kind'], operationId: string): Promise<void> => {
    const decision = { kind, operation: { ...input, operationId } };
    inbox.decision = decision;
    await condition(() => inbox.decision !== decision);
    if (inbox.unknown.has(operationId)) {
      throw ApplicationFailure.nonRetryable(
        'no such operation was accepted for this key',
        'operation_not_found',
      );
    }
  };
  const validator = (operationId: string): void => {
    if (!UUID_PATTERN.test(operationId)) {
      throw ApplicationFailure.nonRetryable('an operation id is a UUID', 'invalid_request');
    }
    if (inbox.decision !== undefined || inbox.over) {
      throw ApplicationFailure.nonRetryable('the grace period is ending already', 'not_in_grace');
    }
  };
  const options = (description: string) => ({ validator, description });
  setHandler(finishUpdate, (id) => decide('finish', id), options('end the grace period now'));
  setHandler(rollbackUpdate, (id) => decide('rollback', id), options('take the previous key back'));
  setHandler(retireNowSignal, () => void (inbox.hurried = true));
}

async function endGrace(input: RetireInput, inbox: Inbox): Promise<string> {
  for (;;) {
    await graceOver(input, inbox);
    if (inbox.decision === undefined) break;
    // Temporal's frontend could be asked for anything: only what the ledger accepted is carried out.
    const { kind, operation } = inbox.decision;
    const worth = await keys.weighDecision(operation, input.version);
    if (worth === 'accepted' && kind === 'finish') break;
    if (worth === 'accepted' && (await takeBack(input, inbox.decision))) return 'rolled_back';
    if (worth !== 'accepted') inbox.unknown.add(operation.operationId);
    inbox.decision = undefined;
    // Another run has ended this grace period already.
    if (worth === 'over') break;
  }
  inbox.over = true;
  await retireVersion(input);
  if (inbox.decision !== undefined) {
    await settle(inbox.decision.operation, {
      state: 'done',
      result: { outcome: 'finished', state: 'active', retired_version: input.version },
      audit: { version: input.version, keyId: input.keyId },
    });
  }
  return 'retired';
}

/** Resolves when the grace period has ended or someone has decided. */
async function graceOver({ version, retireAtMs }: RetireInput, inbox: Inbox): Promise<void> {
  const decided = (): boolean => inbox.hurried || inbox.decision !== undefined;
  if (retireAtMs === null) {
    setCurrentDetails(`version ${version} is kept until someone finishes or rolls back the rotation`);
    return condition(decided);
  }
  const end = new Date(retireAtMs).toISOString();
  setCurrentDetails(`version ${version} is kept until ${end}`);
  const remainingMs = retireAtMs - Date.now();
  if (remainingMs > 0) await condition(decided, remainingMs, { summary: `grace period until ${end}` });
}

/** Stops serving a version, drops its slot and destroys what the vault still keeps of it. */
async function retireVersion(input: RetireInput): Promise<void> {
  setCurrentDetails(`retiring version ${input.version}`);
  const { landed } = await keys.beginRetirement(input);
  await keys.finishRetirement(input);
  await ledger.settleRetirement(input, landed);
}

/** True when the previous version is current again; otherwise the operation is settled with the reason. */
async function takeBack(input: RetireInput, decision: Decision): Promise<boolean> {
  const { operation } = decision;
  try {
    setCurrentDetails(`asking **${input.serviceId}** about version ${input.version}`);
    const { probe } = await lastWord(probes.probeStored({ ...operation, version: input.version }));
    if (!isAlive(probe.verdict) && probe.reason !== 'no_probe') throw notConfirmed(probe);
    const { replacedVersion, outcome: _outcome, ...end } = await keys.rollBackKey(operation, input.version);
    await settle(operation, { ...end, state: 'done' });
    await retireVersion({ ...input, version: replacedVersion });
    return true;
  } catch (error) {
    await fail(decision, error);
    return false;
  }
}

async function fail(decision: Decision, error: unknown): Promise<void> {
  await settle(decision.operation, { state: 'failed', error: toRefusal(error) });
}

/** Unknown is not dead: the code tells which. */
function notConfirmed({ verdict, reason }: ProbeOutcome): KeyturnError {
  const facts = { verdict, reason };
  if (verdict === 'invalid') {
    return new KeyturnError('previous_not_alive', 'the provider no longer accepts the previous key', facts);
  }
  return new KeyturnError('key_unverified', 'the provider could not be asked about the previous key', facts);
}
