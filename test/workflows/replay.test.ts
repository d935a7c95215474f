/**
 * Every branch of every workflow, replayed from the history of a real run: a change that would strand runs which
 * are under way turns this red. `npm run record-histories` makes the histories anew.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { startSimulator } from '../../src/simulator/simulator';
import { bundleMutant, type Mutation } from '../replay/bundle-mutant';
import { loadHistories, toReplay } from '../replay/load-histories';
import { endOf, textOf } from '../replay/recorded-history';
import { REQUIRED_BRANCHES, type Branch } from '../replay/required-branches';

const ROOT = join(__dirname, '../..');
const BUNDLE = { codePath: join(ROOT, 'dist/workflow-bundle.js') };
const histories = loadHistories();
const required = Object.keys(REQUIRED_BRANCHES) as Branch[];

// The planted violations are logged at length otherwise.
beforeAll(() =>
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  }),
);

/** Branches that the workflows of this bundle can no longer replay, with the name of what was thrown. */
async function strandedBy(workflowBundle: WorkflowBundleOption): Promise<Map<string, string>> {
  const stranded = new Map<string, string>();
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle },
    toReplay(histories),
  )) {
    replayed += 1;
    if (error !== undefined) stranded.set(workflowId, error.name);
  }
  expect(replayed).toBe(histories.size);
  return stranded;
}

async function strandedByMutant(...mutations: Mutation[]): Promise<Map<string, string>> {
  return strandedBy({ code: await bundleMutant(mutations) });
}

test('every branch has its history, and every history its branch', () => {
  expect([...histories.keys()].sort()).toEqual([...required].sort());
  const index = readFileSync(join(ROOT, 'workflows/index.ts'), 'utf8');
  const workflows = [...index.matchAll(/export \{ (\w+) \}/g)].map(([, name]) => name);
  expect(workflows.length).toBeGreaterThan(0);
  expect(new Set(required.map((branch) => branch.split('.')[0]))).toEqual(new Set(workflows));
});

test.each(required)('%s is a run of that branch', (branch) => {
  const recorded = histories.get(branch);
  if (recorded === undefined) throw new Error(`${branch} has no history`);
  expect(endOf(recorded)).toBe(REQUIRED_BRANCHES[branch]);
  expect(recorded.history.events[0]).toMatchObject({
    workflowExecutionStartedEventAttributes: { workflowType: { name: branch.split('.')[0] } },
  });
});

test('the workflows of this build replay all of them', async () => {
  expect(await strandedBy(BUNDLE)).toEqual(new Map());
});

test('a step slipped into the beginning of every workflow strands every run', async () => {
  const stranded = await strandedByMutant(
    {
      file: 'run-operation.ts',
      from: 'await story();',
      to: "await (await import('@temporalio/workflow')).sleep(1).then(story);",
    },
    { file: 'retire-key.ts', from: 'for (;;) {', to: 'await probes.probeStored({} as never);\n  for (;;) {' },
    {
      file: 'close-operation.ts',
      from: 'const landed',
      to: "await (await import('@temporalio/workflow')).sleep(1); const landed",
    },
  );
  expect([...stranded.keys()].sort()).toEqual([...required].sort());
  expect(new Set(stranded.values())).toEqual(new Set(['DeterminismViolationError']));
});

test('an activity slipped into one branch strands the runs of that branch', async () => {
  const stranded = await strandedByMutant({
    file: 'retire-key.ts',
    from: 'await retireVersion({ ...input, version: replacedVersion });',
    to: 'await retireVersion(input); await retireVersion({ ...input, version: replacedVersion });',
  });
  expect([...stranded.keys()].sort()).toEqual(['retireKey.rollback', 'retireKey.rollback-no-probe']);
});

test('a first key costs at most 14 history events and two workflow tasks', () => {
  const types = histories.get('generateKeys.stored')?.history.events.map((event) => event.eventType) ?? [];
  const tasks = types.filter((type) => type === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED');
  expect({ events: types.length, tasks: tasks.length }).toEqual({ events: 14, tasks: 2 });
});

describe('what is kept of the runs', () => {
  let secrets: string[];
  beforeAll(async () => {
    const simulator = await startSimulator();
    await simulator.close();
    const values = simulator.services.flatMap(({ credentials }) =>
      Object.values(credentials).flatMap((fields) => Object.values(fields ?? {})),
    );
    // Shorter ones are names of regions and the like.
    secrets = values.filter((value) => value.length >= 16);
  });

  /** Credentials, transit ciphertexts (longer than a fingerprint, which is an HMAC), paths, the machine's name. */
  function tellTales(text: string): string[] {
    const patterns = [/sk-or-v1-\w*/g, /vault:v\d+:[\w+/]{44,}/g, /\/(?:[\w.-]+\/)+[\w-]+\.[jt]s\b/g];
    return [
      ...secrets.filter((secret) => text.includes(secret)),
      // A short name is in everything.
      ...[hostname()].filter((name) => name.length > 5 && text.includes(name)),
      ...patterns.flatMap((pattern) => text.match(pattern) ?? []),
    ];
  }

  test.each(required)('%s tells no key, no ciphertext, no machine', (branch) => {
    const recorded = histories.get(branch);
    expect(recorded === undefined ? [] : tellTales(textOf(recorded))).toEqual([]);
  });

  test('the search reads what payloads say, and would find a planted key', () => {
    const recorded = histories.get('generateKeys.stored');
    if (recorded === undefined) throw new Error('no history');
    expect(textOf(recorded)).toContain('"operationId":"');
    const leaks = [secrets[0], 'sk-or-v1-planted', `vault:v1:${'A'.repeat(80)}`, '/opt/keyturn/worker.ts'];
    const planted = leaks.map((k) => ({ data: Buffer.from(JSON.stringify({ k })).toString('base64') }));
    const events = [...recorded.history.events, { eventType: 'PLANTED', payloads: planted }];
    const found = tellTales(textOf({ ...recorded, history: { events } }));
    expect(found).toEqual(expect.arrayContaining(leaks));
  });
});
