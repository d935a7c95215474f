/**
 * A worker that dies before and after every activity of every workflow that uses it (SIGKILL of its own process).
 * Another worker takes over, and every operation ends as if nothing had been: once, with no key lost.
 */
import { createActivities } from '../../activities';
import type { Operation } from '../../src/contract/operations';
import { tenantChain } from '../../src/contract/audit';
import { listAudit } from '../../src/ledger/audit-trail';
import { readIndexEntry } from '../../src/ledger/key-index';
import { readOperation } from '../../src/ledger/operations';
import type { RunningWorker } from '../../src/temporal/run-worker';
import { listInbox } from '../../src/vault/inbox';
import { createWorkerActivities, startWorker } from '../../src/worker';
import { gatherKeyVersions } from '../canary/gather-pieces';
import type { KillPoint } from '../crash/kill-points';
import { runChild, type Child } from '../crash/run-child';
import { childSettings, doorOnQueue } from '../crash/stage';
import { STORIES, startAgain, type Story } from '../crash/worker-stories';
import { startService, until, type TestService } from '../support/service';
import { countProbes } from '../support/count-probes';

/** A doomed worker: what it dies at, and what is played on its queue. */
interface Group {
  readonly name: string;
  readonly when: KillPoint['when'];
  readonly scenes: readonly Scene[];
}

interface Scene {
  readonly story: Story;
  readonly point: KillPoint;
  operation?: Operation;
}

/** Stories on one doomed worker: few enough that all reach their points before a step is taken for lost. */
const SCENES_A_WORKER = 11;

let service: TestService;
let groups: readonly Group[];
const children: Child[] = [];
const successors: RunningWorker[] = [];

beforeAll(async () => {
  // Its reconciler stays out of it: here the workflows themselves must get through.
  service = await startService({ KEYTURN_RECONCILE_MS: '86400000' });
  groups = (['before', 'after'] as const).flatMap((when) => plan(when));
});
afterAll(async () => {
  children.forEach((child) => child.end());
  await Promise.all(successors.map((worker) => worker.stop()));
  await service.stop();
});

function plan(when: KillPoint['when']): Group[] {
  const scenes = STORIES.flatMap((story, number) =>
    story.steps.map((step, at): Scene => {
      const tenantId = service.tenant(`${when}-${number}-${at}`);
      return { story, point: { tenantId, story: story.workflow, step, when } };
    }),
  );
  const many = Math.ceil(scenes.length / SCENES_A_WORKER);
  return Array.from({ length: many }, (_, part) => ({
    name: `crash-${when}-${part}-${service.config.KEYTURN_TASK_QUEUE}`,
    when,
    scenes: scenes.filter((_scene, i) => i % many === part),
  }));
}

const scenes = (): Scene[] => groups.flatMap((group) => [...group.scenes]);
const titleOf = ({ point }: Scene): string =>
  `${point.when} ${point.step} of ${point.story} (${point.tenantId})`;

test('every activity has a story that it cuts off', () => {
  const activities = Object.keys(createActivities({} as never, () => undefined));
  const covered = new Set(STORIES.flatMap(({ steps }) => steps));
  expect(activities.filter((name) => !covered.has(name))).toEqual([]);
});

test('workers die at every point, and others take over', async () => {
  const played = await Promise.allSettled(groups.map(playGroup));
  expect(played.filter(({ status }) => status === 'rejected')).toEqual([]);
  for (const { operation } of scenes()) await untilClosed(operation as Operation);
  await untilRetired();
}, 150_000);

async function playGroup({ name, scenes: played }: Group): Promise<void> {
  const settings = await childSettings(service, 'worker', name);
  const child = await runChild('worker-process.ts', { ...settings, plan: played.map(({ point }) => point) });
  children.push(child);
  const { good, second } = service.simulator.find('openrouter').credentials;
  const stage = {
    ...(await doorOnQueue(service, name)),
    taskQueue: name,
    first: good,
    second: second ?? good,
  };
  const playing = played.map(async (scene) => {
    scene.operation = await scene.story.play({ ...stage, tenantId: scene.point.tenantId });
  });
  await child.killed;
  successors.push(await takeOver(name));
  await Promise.all(playing);
  for (const { operation } of played) await startAgain(stage, operation as Operation);
}

async function takeOver(taskQueue: string): Promise<RunningWorker> {
  const { config, ledger, temporal, vault, options } = service;
  const { log, bundlePath } = options;
  const deps = {
    config: { ...config, KEYTURN_TASK_QUEUE: taskQueue },
    log,
    ledger,
    temporal,
    vault: vault.worker,
  };
  const all = { ...deps, ...(bundlePath === undefined ? {} : { bundlePath }) };
  return startWorker(all, createWorkerActivities(all));
}

async function untilClosed({ id, kind, tenantId }: Operation): Promise<void> {
  await until(
    `the ${kind} of ${tenantId} is closed`,
    async () => (await readOperation(service.ledger, id))?.closedAt,
    90_000,
  );
}

async function untilRetired(): Promise<void> {
  for (const { story, point } of scenes()) {
    if (story.ending.previous !== null || story.ending.current === null) continue;
    await until(
      `the older version of ${point.tenantId} is gone`,
      async () => {
        const entry = await readIndexEntry(service.ledger, refOf(point.tenantId));
        return entry?.state === 'active' && entry.retiringCount === 0;
      },
      60_000,
    );
  }
}

const refOf = (tenantId: string) => ({ tenantId, serviceId: 'openrouter', keyName: 'default' });

test('no activity ran in a workflow that has no story for it', () => {
  const ran = children.flatMap(({ lines }) =>
    lines.flatMap((line) => (line.event === 'ran' ? [`${line.story} ${line.step}`] : [])),
  );
  const covered = new Set(
    STORIES.flatMap(({ workflow, steps }) => steps.map((step) => `${workflow} ${step}`)),
  );
  expect(new Set(ran)).toEqual(covered);
});

test('each operation was done once', async () => {
  for (const scene of scenes()) {
    const operation = await readOperation(service.ledger, scene.operation?.id ?? '');
    expect([titleOf(scene), operation?.state]).toEqual([titleOf(scene), scene.story.ending.state]);
  }
});

test('the audit trail has one intent and one outcome of every operation, one end of every version', async () => {
  for (const scene of scenes()) {
    const chain = tenantChain(scene.point.tenantId);
    const { items } = await listAudit(service.ledger, { chain, limit: 200 });
    const told = items.map(
      ({ event }) => `${event.operationId} ${event.action} ${event.outcome} ${event.version}`,
    );
    expect([titleOf(scene), told.length]).toEqual([titleOf(scene), new Set(told).size]);
    const intents = items.filter(({ event }) => event.outcome === 'intent').length;
    const outcomes = items.filter(
      ({ event }) => event.outcome !== 'intent' && event.action !== 'key.retire',
    ).length;
    expect([titleOf(scene), outcomes]).toEqual([titleOf(scene), intents]);
    const retired = items.filter(({ event }) => event.action === 'key.retire').length;
    expect([titleOf(scene), retired]).toEqual([titleOf(scene), scene.story.ending.keptFrom === 4 ? 1 : 0]);
  }
});

test('the vault holds as many versions as the story writes, and destroyed what it should', async () => {
  for (const scene of scenes()) {
    const { kvVersions, keptFrom } = scene.story.ending;
    const versions = await gatherKeyVersions(service.vault.worker, [scene.point.tenantId]);
    const kept = versions.map(({ destroyed }) => !destroyed);
    const expected = Array.from({ length: kvVersions }, (_, i) => i + 1 >= keptFrom);
    expect([titleOf(scene), kept]).toEqual([titleOf(scene), expected]);
  }
});

test('the inbox is empty', async () => {
  for (const { point } of scenes()) {
    for await (const entry of listInbox(service.vault.worker, point.tenantId)) {
      throw new Error(`${entry} of ${point.tenantId} is still there`);
    }
  }
});

test('no key is lost: what should be served is', async () => {
  const { good, second } = service.simulator.find('openrouter').credentials;
  const keys = { first: good, second, none: undefined };
  for (const scene of scenes()) {
    const { tenantId } = scene.point;
    for (const stage of ['current', 'previous'] as const) {
      const path = `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter&stage=${stage}`;
      const { body } = await service.call({ path, as: { role: 'service', tenantId } });
      const expected = keys[scene.story.ending[stage] ?? 'none'];
      expect([titleOf(scene), stage, body.api_keys]).toEqual([titleOf(scene), stage, expected]);
    }
  }
});

test('the provider was asked once for every probe, and once more where an answer was lost', () => {
  const expected = scenes().reduce((sum, { story, point }) => {
    const lost = point.when === 'after' && point.step.startsWith('probe') ? 1 : 0;
    return sum + story.ending.probes + lost;
  }, 0);
  expect(countProbes(service.simulator)).toBe(expected);
});
