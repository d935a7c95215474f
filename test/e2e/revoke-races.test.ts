/** A revocation holds from the moment its request is answered, whatever else runs on the key at that moment. */
import { Gates, type GateSpec } from '../support/gates';
import { ASYNC, KeyActions } from '../support/key-actions';
import { startService, until, type TestService } from '../support/service';
import { countProbes } from '../support/count-probes';

const gates = new Gates();
let service: TestService;
beforeAll(async () => {
  service = await startService({}, { wrapActivities: gates.wrap });
});
afterAll(() => service.stop());

const tenant = (name: string): KeyActions => new KeyActions(service, service.tenant(name));
const gate = (key: KeyActions, spec: Omit<GateSpec, 'tenantId'>) =>
  gates.close({ tenantId: key.tenantId, ...spec });

/** Runs `during` while the provider takes its time over the next request. */
async function whileProbing<T>(during: () => Promise<T>): Promise<T> {
  const before = countProbes(service.simulator);
  service.simulator.setFault('openrouter', { kind: 'slow', delayMs: 1_500, times: 1 });
  await until('the provider is asked', async () => countProbes(service.simulator) > before);
  return during();
}

async function expectEnded(key: KeyActions): Promise<void> {
  expect(await key.served()).toBe('key_revoked');
  expect(await key.served('previous')).toBe('key_revoked');
  await key.atRest();
  expect(await key.record()).toMatchObject({ current: null, previous: null, retiring: [] });
  expect((await key.index())?.state).toBe('revoked');
  const versions = await key.versionsLeft();
  expect(versions).toEqual(versions.map((_left, i) => i === versions.length - 1));
  // A new life works, and the old one stays dead.
  const fresh = key.mint();
  expect((await key.store(fresh)).status).toBe(201);
  expect(await key.served()).toEqual(fresh);
}

test('before the first store, while the provider is asked', async () => {
  const key = tenant('probing');
  const [stored] = await Promise.all([
    key.store(key.mint()),
    whileProbing(async () => {
      const revoked = await key.revoke();
      expect(revoked.status).toBe(200);
      expect(await key.served()).toBe('key_revoked');
    }),
  ]);
  expect([stored.status, stored.body.code]).toEqual([409, 'key_revoked']);
  await expectEnded(key);
});

test.each(['before', 'after'] as const)('%s the first store', async (when) => {
  const key = tenant(`store-${when}`);
  const held = gate(key, { activity: 'storeKey', when });
  const storing = key.store(key.mint());
  await held.reached;
  expect((await key.revoke()).status).toBe(200);
  expect(await key.served()).toBe('key_revoked');
  held.open();
  const stored = await storing;
  if (when === 'before') expect(stored.body.code).toBe('key_revoked');
  await expectEnded(key);
});

test('while a rotation asks the provider', async () => {
  const key = tenant('rotate-probing');
  await key.store(key.mint());
  const [rotated] = await Promise.all([
    key.rotate(key.mint()),
    whileProbing(async () => {
      expect((await key.revoke()).status).toBe(200);
      expect(await key.served()).toBe('key_revoked');
    }),
  ]);
  expect([rotated.status, rotated.body.code]).toEqual([409, 'key_revoked']);
  await expectEnded(key);
});

test.each([
  ['promoteKey', 'before'],
  ['promoteKey', 'after'],
  ['settleOperation', 'before'],
] as const)('while a rotation is at %s (%s)', async (activity, when) => {
  const key = tenant(`${activity.toLowerCase()}-${when}`);
  await key.store(key.mint());
  const held = gate(key, { activity, when, workflow: 'rotateKey' });
  const rotating = key.rotate(key.mint());
  await held.reached;
  expect((await key.revoke()).status).toBe(200);
  expect(await key.served()).toBe('key_revoked');
  held.open();
  await rotating;
  await expectEnded(key);
});

test('in a grace period: both versions are refused, and its decisions too', async () => {
  const key = tenant('grace');
  await key.store(key.mint());
  const rotated = await key.rotate(key.mint());
  expect((await key.revoke()).status).toBe(200);
  for (const what of ['finish', 'rollback'] as const) {
    expect((await key.decide(what, rotated.body.operation_id)).body.code).toBe('not_in_grace');
  }
  await expectEnded(key);
});

test.each(['beginRetirement', 'finishRetirement', 'settleRetirement'])(
  'while a version is retired, at %s',
  async (activity) => {
    const key = tenant(`retire-${activity.toLowerCase()}`);
    await key.store(key.mint());
    const rotated = await key.rotate(key.mint());
    const held = gate(key, { activity, when: 'before' });
    const finishing = key.decide('finish', rotated.body.operation_id);
    await held.reached;
    expect((await key.revoke()).status).toBe(200);
    held.open();
    await finishing;
    await expectEnded(key);
  },
);

test('while a rollback asks the provider', async () => {
  const key = tenant('rollback');
  await key.store(key.mint());
  const rotated = await key.rotate(key.mint());
  const held = gate(key, { activity: 'rollBackKey', when: 'before' });
  const back = key.decide('rollback', rotated.body.operation_id);
  await held.reached;
  expect((await key.revoke()).status).toBe(200);
  held.open();
  expect((await back).body.code).toBe('key_revoked');
  await expectEnded(key);
});

test.each([
  ['buryKey', 'before'],
  ['buryKey', 'after'],
  ['cancelOlderRuns', 'before'],
  ['settleOperation', 'before'],
] as const)('a new life begins while the old revocation is at %s (%s)', async (activity, when) => {
  const key = tenant(`unwinding-${activity.toLowerCase()}-${when}`);
  await key.store(key.mint());
  await key.rotate(key.mint());
  const held = gate(key, { activity, when, workflow: 'revokeKey' });
  const revoked = await key.revoke(ASYNC);
  expect(revoked.status).toBe(202);
  await held.reached;
  expect(await key.served()).toBe('key_revoked');
  const fresh = key.mint();
  const stored = await key.store(fresh);
  expect(stored.status).toBe(201);
  expect(await key.served()).toEqual(fresh);
  held.open();
  expect((await key.closed(revoked.body.operation_id)).state).toBe('done');
  await key.atRest();
  expect(await key.served()).toEqual(fresh);
  expect(await key.index()).toMatchObject({ state: 'active', epoch: 2, keyId: stored.body.key_id });
  expect((await key.versionsLeft()).slice(0, 2)).toEqual([false, false]);
});

test('a life that begins and ends while the revocation before it still unwinds', async () => {
  const key = tenant('twice');
  await key.store(key.mint());
  const held = gate(key, { activity: 'buryKey', when: 'before' });
  const first = await key.revoke(ASYNC);
  await held.reached;
  expect((await key.store(key.mint())).status).toBe(201);
  const second = await key.revoke(ASYNC);
  expect(second.body.operation_id).not.toBe(first.body.operation_id);
  held.open();
  for (const { body } of [first, second]) expect((await key.closed(body.operation_id)).state).toBe('done');
  await expectEnded(key);
});

test('every read that begins after the answer is refused, under load', async () => {
  const key = tenant('readers');
  const fields = key.mint();
  await key.store(fields);
  let answeredAtMs = Infinity;
  let refused = 0;
  const reader = async (): Promise<string[]> => {
    const wrong: string[] = [];
    while (refused < 40) {
      const startedAtMs = performance.now();
      const { status } = await key.resolve();
      if (startedAtMs > answeredAtMs) refused += 1;
      if (startedAtMs > answeredAtMs && status === 200) wrong.push('served after the answer');
    }
    return wrong;
  };
  const readers = Array.from({ length: 8 }, reader);
  await until('the readers are served', async () => (await key.served()) !== 'key_revoked');
  await key.revoke();
  answeredAtMs = performance.now();
  expect((await Promise.all(readers)).flat()).toEqual([]);
});
