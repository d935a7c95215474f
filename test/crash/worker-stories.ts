/** The stories that a worker's death cuts off, and what must be true of each once another worker has taken over. */
import type { Operation, OperationKind, OperationParams } from '../../src/contract/operations';
import { isKeyturnError } from '../../src/contract/errors';
import { workflowIds } from '../../src/contract/workflows';
import { attributesOf, inputOf } from '../../src/temporal/start-operation';
import type { HttpPorts } from '../../src/http/ports';
import type { Client } from '@temporalio/client';

type Fields = Readonly<Record<string, string>>;

/** What a story may do. Operations go through the steps of the door, to the doomed worker's own queue. */
export interface Stage {
  readonly tenantId: string;
  readonly door: HttpPorts['door'];
  readonly client: Client;
  readonly taskQueue: string;
  readonly first: Fields;
  readonly second: Fields;
}

/** What is left when the story is over. */
export interface Ending {
  readonly state: 'done' | 'abandoned';
  /** KV versions written, and from which on they are still there. */
  readonly kvVersions: number;
  readonly keptFrom: number;
  /** The credential that is served, and the one still kept beside it. */
  readonly current: 'first' | 'second' | null;
  readonly previous: 'first' | null;
  /** Requests the provider has seen when nothing broke off. */
  readonly probes: number;
}

export interface Story {
  readonly workflow: string;
  readonly steps: readonly string[];
  /** Resolves with the operation that is cut off, as soon as it is under way. */
  readonly play: (stage: Stage) => Promise<Operation>;
  readonly ending: Ending;
}

/** Accepts an operation, delivers its key and starts it: what the door does for a request. */
export async function submit(
  stage: Pick<Stage, 'door' | 'tenantId'>,
  kind: OperationKind,
  more: { fields?: Fields; params?: OperationParams; stop?: 'accepted' | 'delivered' } = {},
): Promise<Operation> {
  const { door, tenantId } = stage;
  const { operation } = await door.accept({
    kind,
    ref: { tenantId, serviceId: 'openrouter', keyName: 'default' },
    principal: 'crash-test',
    route: `crash ${kind}`,
    params: more.params ?? {},
    hasInbox: more.fields !== undefined,
  });
  if (more.fields !== undefined) await door.deliver(operation, more.fields, null);
  if (more.stop !== 'delivered') await startOrLeave(stage, operation);
  return operation;
}

/** A decision is taken by a worker: while there is none the door gives up waiting, and the reconciler sends it again. */
async function startOrLeave({ door }: Pick<Stage, 'door'>, operation: Operation): Promise<void> {
  try {
    await door.start(operation);
  } catch (error) {
    if (!isKeyturnError(error) || error.code !== 'temporal_unavailable') throw error;
  }
}

/** What the reconciler does for an operation without a run. */
export async function startAgain(stage: Pick<Stage, 'door'>, operation: Operation): Promise<void> {
  const latest = await stage.door.read(operation.id);
  if (latest?.state === 'accepted' && latest.workflowId.startsWith('retire/')) {
    await startOrLeave(stage, latest);
  }
}

async function finished(stage: Stage, operation: Operation): Promise<Operation> {
  const latest = await stage.door.wait(operation, 60_000);
  if (latest.state !== 'done') throw new Error(`the ${operation.kind} before the blow is ${latest.state}`);
  return latest;
}

async function stored(stage: Stage): Promise<void> {
  await finished(stage, await submit(stage, 'generate', { fields: stage.first }));
}

async function rotated(stage: Stage, graceSeconds: number): Promise<Operation> {
  await stored(stage);
  const params = { graceSeconds };
  return finished(stage, await submit(stage, 'rotate', { fields: stage.second, params }));
}

const decided = (kind: 'finish' | 'rollback') => async (stage: Stage) => {
  const rotation = await rotated(stage, 3600);
  return submit(stage, kind, { params: { targetOperationId: rotation.id } });
};

const GONE = { kvVersions: 4, keptFrom: 4, previous: null } as const;
const RETIRED = { state: 'done', ...GONE, current: 'second', probes: 2 } as const;
const RETIRING_STEPS = ['beginRetirement', 'finishRetirement', 'settleRetirement'] as const;

export const STORIES: readonly Story[] = [
  {
    workflow: 'generateKeys',
    steps: ['probeCandidate', 'storeKey', 'settleOperation'],
    play: (stage) => submit(stage, 'generate', { fields: stage.first }),
    ending: { state: 'done', kvVersions: 1, keptFrom: 1, current: 'first', previous: null, probes: 1 },
  },
  {
    workflow: 'validateKey',
    steps: ['probeCandidate', 'recordVerdict', 'settleOperation'],
    play: async (stage) => {
      await stored(stage);
      return submit(stage, 'validate', { params: { supplied: false } });
    },
    ending: { state: 'done', kvVersions: 2, keptFrom: 1, current: 'first', previous: null, probes: 2 },
  },
  {
    workflow: 'rotateKey',
    steps: ['probeCandidate', 'promoteKey', 'settleOperation'],
    play: async (stage) => {
      await stored(stage);
      return submit(stage, 'rotate', { fields: stage.second, params: { graceSeconds: 3600 } });
    },
    ending: { state: 'done', kvVersions: 2, keptFrom: 1, current: 'second', previous: 'first', probes: 2 },
  },
  {
    workflow: 'retireKey',
    steps: RETIRING_STEPS,
    play: (stage) => rotated(stage, 1),
    ending: RETIRED,
  },
  {
    workflow: 'retireKey',
    steps: ['weighDecision', ...RETIRING_STEPS, 'settleOperation'],
    play: decided('finish'),
    ending: RETIRED,
  },
  {
    workflow: 'retireKey',
    steps: ['weighDecision', 'probeStored', 'rollBackKey', 'settleOperation', ...RETIRING_STEPS],
    play: decided('rollback'),
    ending: { state: 'done', ...GONE, current: 'first', probes: 3 },
  },
  {
    workflow: 'revokeKey',
    steps: ['buryKey', 'cancelOlderRuns', 'settleOperation'],
    play: async (stage) => {
      await stored(stage);
      return submit(stage, 'revoke');
    },
    ending: { state: 'done', kvVersions: 2, keptFrom: 2, current: null, previous: null, probes: 1 },
  },
  {
    workflow: 'closeOperation',
    steps: ['findLanded', 'settleOperation'],
    // As the reconciler does for an operation whose run was stopped before it took effect.
    play: async (stage) => {
      const operation = await submit(stage, 'generate', { fields: stage.first, stop: 'delivered' });
      await stage.client.workflow.start('closeOperation', {
        workflowId: workflowIds.close(operation.id),
        taskQueue: stage.taskQueue,
        args: [inputOf(operation)],
        typedSearchAttributes: attributesOf(operation),
      });
      return operation;
    },
    ending: { state: 'abandoned', kvVersions: 0, keptFrom: 1, current: null, previous: null, probes: 0 },
  },
];
