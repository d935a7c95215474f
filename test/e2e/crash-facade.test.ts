/**
 * A facade that dies between the steps of its door: after the ledger has accepted, after the key reached the inbox,
 * after Temporal has started the run, after the ledger has heard of it. Another facade's reconciler ends each
 * operation: carried out when its key had arrived, closed when it had not; and the inbox is empty afterwards.
 */
import { tenantChain } from '../../src/contract/audit';
import type { OperationKind } from '../../src/contract/operations';
import { listAudit } from '../../src/ledger/audit-trail';
import { listOperations } from '../../src/ledger/operations';
import { listInbox } from '../../src/vault/inbox';
import { childSettings } from '../crash/stage';
import { runChild, type Child } from '../crash/run-child';
import { callApi, startService, until, type ApiCall, type TestService } from '../support/service';

const STEPS = ['accept', 'deliver', 'ask', 'start'] as const;
type Step = (typeof STEPS)[number];
type Served = 'first' | 'second' | 'none';

interface Case {
  readonly title: string;
  readonly kind: OperationKind;
  /** True when the request brings a key. */
  readonly brings: boolean;
  /** What happens before. */
  readonly before: 'nothing' | 'stored' | 'rotated';
  readonly request: (about: Record<string, unknown>, rotationId: string) => ApiCall;
  /** What is served when the operation took effect, and when it did not. */
  readonly served: readonly [Served, Served];
}

let service: TestService;
let child: Child;
let first: Readonly<Record<string, string>>;
let second: Readonly<Record<string, string>>;

const ASYNC = { headers: { prefer: 'respond-async' } };
const decide = (kind: 'finish' | 'rollback'): Case => ({
  title: kind,
  kind,
  brings: false,
  before: 'rotated',
  request: (_about, id) => ({ ...ASYNC, path: `/byok/operations/${id}/${kind}`, body: {} }),
  served: [kind === 'finish' ? 'second' : 'first', 'second'],
});

const CASES: readonly Case[] = [
  {
    title: 'generate',
    kind: 'generate',
    brings: true,
    before: 'nothing',
    request: (about) => ({ ...ASYNC, path: '/byok/generate-keys', body: { ...about, api_keys: first } }),
    served: ['first', 'none'],
  },
  {
    title: 'rotate',
    kind: 'rotate',
    brings: true,
    before: 'stored',
    request: (about) => ({ ...ASYNC, path: '/byok/rotate-key', body: { ...about, api_keys: second } }),
    served: ['second', 'first'],
  },
  {
    title: 'validate-supplied',
    kind: 'validate',
    brings: true,
    before: 'stored',
    request: (about) => ({ ...ASYNC, path: '/byok/validate-key', body: { ...about, api_keys: second } }),
    served: ['first', 'first'],
  },
  {
    title: 'validate-stored',
    kind: 'validate',
    brings: false,
    before: 'stored',
    request: (about) => ({ ...ASYNC, path: '/byok/validate-key', body: about }),
    served: ['first', 'first'],
  },
  {
    title: 'revoke',
    kind: 'revoke',
    brings: false,
    before: 'stored',
    request: (about) => ({ ...ASYNC, method: 'DELETE', path: '/byok/revoke-key', body: about }),
    served: ['none', 'none'],
  },
  decide('finish'),
  decide('rollback'),
];

const scenes = CASES.flatMap((one) =>
  STEPS.filter((step) => one.brings || step !== 'deliver').map((step) => ({
    ...one,
    step,
    tenant: `${one.title}-${step}`,
  })),
);
type Scene = (typeof scenes)[number];

beforeAll(async () => {
  service = await startService();
  const { good, second: other } = service.simulator.find('openrouter').credentials;
  first = good;
  second = other ?? good;
});
afterAll(async () => {
  child?.end();
  await service.stop();
});

const tenantOf = ({ tenant }: { tenant: string }): string => service.tenant(tenant);
const about = (scene: Scene) => ({ tenant_id: tenantOf(scene), service_id: 'openrouter' });
/** Nothing took effect when the key had not reached the inbox. */
const isLost = ({ brings, step }: { brings: boolean; step: Step }): boolean => brings && step === 'accept';

test('the facade dies with every request at its own step', async () => {
  const rotations = await Promise.all(scenes.map(prepare));
  const plan = scenes.map((scene) => ({
    tenantId: tenantOf(scene),
    story: 'door',
    step: scene.step,
    when: 'after' as const,
  }));
  const settings = await childSettings(service, 'api', service.config.KEYTURN_TASK_QUEUE);
  child = await runChild('api-process.ts', { ...settings, plan });
  const token = await service.mintToken({ role: 'admin' });
  const asked = scenes.map((scene, i) =>
    callApi(child.url ?? '', token, scene.request(about(scene), rotations[i] ?? '')),
  );
  const answered = Promise.allSettled(asked);
  await child.killed;
  expect((await answered).filter(({ status }) => status === 'fulfilled')).toEqual([]);
  // The fence went up with the acceptance: nobody is served meanwhile.
  for (const scene of scenes.filter(({ kind }) => kind === 'revoke')) {
    expect((await resolve(scene)).body.code).toBe('key_revoked');
  }
}, 90_000);

async function prepare(scene: Scene): Promise<string> {
  if (scene.before === 'nothing') return '';
  const stored = { ...about(scene), api_keys: first };
  expect((await service.call({ path: '/byok/generate-keys', body: stored })).status).toBe(201);
  if (scene.before === 'stored') return '';
  const rotated = { ...about(scene), api_keys: second };
  return (await service.call({ path: '/byok/rotate-key', body: rotated })).body.operation_id;
}

function resolve(scene: Scene) {
  const tenantId = tenantOf(scene);
  const path = `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter`;
  return service.call({ path, as: { role: 'service', tenantId } });
}

async function lastOf(scene: Scene) {
  const { items } = await listOperations(service.ledger, { tenantId: tenantOf(scene), limit: 10 });
  return items.find(({ kind }) => kind === scene.kind);
}

test.each(scenes)('$title after $step', async (scene) => {
  const closed = await until('the operation is closed', async () => {
    const operation = await lastOf(scene);
    return operation?.closedAt === null ? null : operation;
  });
  expect(closed.state).toBe(isLost(scene) ? 'abandoned' : 'done');
  if (isLost(scene)) expect(closed.errorCode).toBe('abandoned');

  await until('the inbox is empty', async () => {
    for await (const _entry of listInbox(service.vault.worker, tenantOf(scene))) return false;
    return true;
  });
  const served = { first, second, none: undefined }[scene.served[isLost(scene) ? 1 : 0]];
  expect((await resolve(scene)).body.api_keys).toEqual(served);

  const chain = tenantChain(tenantOf(scene));
  const { items } = await listAudit(service.ledger, { chain, limit: 100 });
  const ours = items.filter(
    ({ event }) => event.operationId === closed.id && event.action === `key.${scene.kind}`,
  );
  expect(ours.map(({ event }) => event.outcome)).toEqual(['intent', isLost(scene) ? 'abandoned' : 'done']);
});

test('the key can be used on as if nothing had been', async () => {
  const lost = scenes.filter(isLost).filter(({ kind }) => kind !== 'validate');
  expect(lost.length).toBe(2);
  for (const scene of lost) {
    const { status } = await service.call({ ...scene.request(about(scene), ''), headers: {} });
    expect([scene.title, status]).toEqual([scene.title, scene.kind === 'generate' ? 201 : 200]);
  }
});
