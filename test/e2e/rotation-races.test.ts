/** Rotations that meet one another, the end of a grace period, or a change of mind. */
import { Gates, type GateSpec } from '../support/gates';
import { ASYNC, KeyActions } from '../support/key-actions';
import { startService, until, type TestService } from '../support/service';

const gates = new Gates();
let service: TestService;
beforeAll(async () => {
  service = await startService({}, { wrapActivities: gates.wrap });
});
afterAll(() => service.stop());

const tenant = (name: string): KeyActions => new KeyActions(service, service.tenant(name));
const gate = (key: KeyActions, spec: Omit<GateSpec, 'tenantId'>) =>
  gates.close({ tenantId: key.tenantId, ...spec });

async function onlyCurrentIsLeft(key: KeyActions, version: number): Promise<void> {
  await until('all older versions are gone', async () => {
    const record = await key.record();
    return record?.previous === null && record.retiring.length === 0;
  });
  await key.atRest();
  expect(await key.index()).toMatchObject({
    state: 'active',
    version,
    previousVersion: null,
    retiringCount: 0,
  });
  const versions = await key.versionsLeft();
  expect(versions).toEqual(versions.map((_left, i) => i === versions.length - 1));
}

test('superseding retires the version before at once, and keeps the last one', async () => {
  const key = tenant('supersede');
  const fields = [key.mint(), key.mint(), key.mint(), key.mint()] as const;
  await key.store(fields[0]);
  await key.rotate(fields[1]);
  expect((await key.rotate(fields[2])).body.code).toBe('in_grace');
  for (const next of fields.slice(2)) {
    const before = await key.served();
    expect((await key.rotate(next, { supersede: true })).status).toBe(200);
    expect([await key.served(), await key.served('previous')]).toEqual([next, before]);
  }
  await until('superseded versions are gone', async () => (await key.record())?.retiring.length === 0);
  expect(await key.index()).toMatchObject({ state: 'grace', version: 4, previousVersion: 3 });
  expect(await key.running()).toEqual(['retireKey']);
});

test('a grace of 0 leaves nothing to wait for, also within another grace period', async () => {
  const key = tenant('no-grace');
  await key.store(key.mint());
  await key.rotate(key.mint());
  const last = key.mint();
  expect((await key.rotate(last, { grace_seconds: 0 })).status).toBe(200);
  expect(await key.served()).toEqual(last);
  await onlyCurrentIsLeft(key, 3);
});

test('finish and the timer at the same moment: the version is retired once', async () => {
  const keys = Array.from({ length: 8 }, (_, i) => tenant(`race-${i}`));
  await Promise.all(
    keys.map(async (key, i) => {
      await key.store(key.mint());
      const rotated = await key.rotate(key.mint(), { grace_seconds: 1 });
      const endsAtMs = Date.parse(rotated.body.retire_at);
      // Around the end of the grace period, each a little later.
      await until('the end is near', async () => Date.now() > endsAtMs - 120 + i * 30);
      const finished = await key.decide('finish', rotated.body.operation_id);
      expect([200, 409]).toContain(finished.status);
      if (finished.status === 409) expect(finished.body.code).toBe('not_in_grace');
      await onlyCurrentIsLeft(key, 2);
      const { body } = await service.call({ path: `/audit?tenant_id=${key.tenantId}&limit=200` });
      const retired = body.entries.filter(({ action }: { action: string }) => action === 'key.retire');
      expect(retired).toHaveLength(1);
    }),
  );
});

test('a rollback that the provider does not confirm leaves everything as it is', async () => {
  const key = tenant('dead-previous');
  const [first, second] = [key.mint(), key.mint()];
  await key.store(first);
  const rotated = await key.rotate(second);
  service.simulator.setCredential('openrouter', first, 'dead');
  const back = await key.decide('rollback', rotated.body.operation_id);
  expect([back.status, back.body.code]).toEqual([422, 'previous_not_alive']);
  expect([await key.served(), await key.served('previous')]).toEqual([second, first]);
  expect((await key.decide('finish', rotated.body.operation_id)).status).toBe(200);
  await onlyCurrentIsLeft(key, 2);
});

test('a version number is never given out twice', async () => {
  const key = tenant('numbers');
  const first = key.mint();
  await key.store(first);
  const rotated = await key.rotate(key.mint());
  await key.decide('rollback', rotated.body.operation_id);
  expect((await key.rotate(key.mint())).body).toMatchObject({ version: 3, previous_version: 1 });
});

describe('cancel', () => {
  test('before promotion: the old key stays', async () => {
    const key = tenant('cancel-before');
    const first = key.mint();
    await key.store(first);
    service.simulator.setFault('openrouter', { kind: 'slow', delayMs: 1_900, times: 1 });
    const rotating = await key.rotate(key.mint(), {}, ASYNC);
    const cancelled = await key.decide('cancel', rotating.body.operation_id);
    service.simulator.setFault('openrouter', null);
    expect([cancelled.status, cancelled.body.state]).toEqual([200, 'failed']);
    expect(cancelled.body.error.code).toBe('cancelled');
    expect(await key.served()).toEqual(first);
    await key.atRest();
    expect((await key.rotate(key.mint())).status).toBe(200);
  });

  test.each([
    ['promoteKey', 'before'],
    ['promoteKey', 'after'],
    ['settleOperation', 'before'],
  ] as const)('a rotation at %s (%s): too late', async (activity, when) => {
    const key = tenant(`cancel-${activity.toLowerCase()}-${when}`);
    const second = key.mint();
    await key.store(key.mint());
    const held = gate(key, { activity, when, workflow: 'rotateKey' });
    const rotating = await key.rotate(second, {}, ASYNC);
    await held.reached;
    const cancelling = key.decide('cancel', rotating.body.operation_id);
    await until('the cancellation is written', async () => {
      const { body } = await service.call({ path: `/audit?tenant_id=${key.tenantId}&limit=200` });
      return body.entries.some(({ action }: { action: string }) => action === 'key.cancel');
    });
    held.open();
    expect((await cancelling).body.code).toBe('already_promoted');
    expect(await key.served()).toEqual(second);
    expect((await key.decide('finish', rotating.body.operation_id)).status).toBe(200);
    await onlyCurrentIsLeft(key, 2);
  });

  test('a first store while it is written: stored or not, never between', async () => {
    // Both at once: Temporal tells a run of its cancellation only when a step takes long.
    const moments = ['before', 'after'] as const;
    await Promise.all(
      moments.map(async (when) => {
        const key = tenant(`cancel-store-${when}`);
        const fields = key.mint();
        const held = gate(key, { activity: 'storeKey', when });
        const storing = await key.store(fields, ASYNC);
        await held.reached;
        const cancelling = key.decide('cancel', storing.body.operation_id);
        await until('the run was told', async () => {
          const run = service.temporal.client.workflow.getHandle(`key/${key.tenantId}/openrouter/default`);
          const { events = [] } = await run.fetchHistory();
          return events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes);
        });
        held.open();
        await cancelling;
        const operation = await key.closed(storing.body.operation_id);
        await key.atRest();
        const done = operation.state === 'done';
        expect(await key.served()).toEqual(done ? fields : 'key_not_found');
        const next = key.mint();
        expect((await (done ? key.rotate(next) : key.store(next))).status).toBe(done ? 200 : 201);
        expect(await key.served()).toEqual(next);
      }),
    );
  });

  test.each(['finish', 'rollback'] as const)(
    'a %s is not taken back, and does not end the wait',
    async (what) => {
      const key = tenant(`cancel-${what}`);
      const [first, second] = [key.mint(), key.mint()];
      await key.store(first);
      const rotated = await key.rotate(second, { grace_seconds: 3600 });
      const activity = what === 'finish' ? 'beginRetirement' : 'rollBackKey';
      const held = gate(key, { activity, when: 'before' });
      const deciding = await key.decide(what, rotated.body.operation_id, ASYNC);
      await held.reached;
      const cancelled = await key.decide('cancel', deciding.body.operation_id);
      held.open();
      expect([cancelled.status, cancelled.body.code]).toEqual([409, 'already_promoted']);
      expect((await key.closed(deciding.body.operation_id)).state).toBe('done');
      expect(await key.served()).toEqual(what === 'finish' ? second : first);
      await onlyCurrentIsLeft(key, what === 'finish' ? 2 : 1);
    },
  );
});
