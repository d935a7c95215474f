/** An operator terminates a run in Temporal's Web UI. The reconciler ends its operation: done if it had taken effect. */
import { workflowIds } from '../../src/contract/workflows';
import { Gates, type GateSpec } from '../support/gates';
import { ASYNC, KeyActions } from '../support/key-actions';
import { startService, until, type ApiReply, type TestService } from '../support/service';

const gates = new Gates();
let service: TestService;
beforeAll(async () => {
  service = await startService({ KEYTURN_RECONCILE_AFTER_MS: '300' }, { wrapActivities: gates.wrap });
});
afterAll(() => service.stop());

const tenant = (name: string): KeyActions => new KeyActions(service, service.tenant(name));
type Moment = Omit<GateSpec, 'tenantId'>;

/** Starts an operation, terminates its run at that moment, and gives the operation once it is closed. */
async function stopAt(
  key: KeyActions,
  moment: Moment & { readonly outlast?: boolean },
  start: () => Promise<ApiReply>,
  workflowId: string,
) {
  const held = gates.close({ tenantId: key.tenantId, ...moment });
  const answering = start();
  await held.reached;
  await service.temporal.client.workflow.getHandle(workflowId).terminate('an operator said so');
  const closing = until('the operation is closed', async () => {
    const { body } = await service.call({ path: `/byok/operations?tenant_id=${key.tenantId}&limit=1` });
    return body.operations[0].closed_at === null ? null : body.operations[0].id;
  });
  // The step that was under way ends after its run did; with `outlast` after its operation did, too.
  if (moment.outlast === true) await closing;
  held.open();
  await answering;
  return key.closed(await closing);
}

const atWork = (key: KeyActions) => workflowIds.key(key.ref);

test.each([
  ['probeCandidate', 'before', 'abandoned'],
  ['probeCandidate', 'after', 'abandoned'],
  ['storeKey', 'before', 'abandoned'],
  ['storeKey', 'after', 'done'],
  ['settleOperation', 'before', 'done'],
] as const)('a first store at %s (%s) ends %s', async (activity, when, state) => {
  const key = tenant(`store-${activity.toLowerCase()}-${when}`);
  const fields = key.mint();
  const moment = { activity, when, workflow: 'generateKeys', outlast: true };
  const operation = await stopAt(key, moment, () => key.store(fields, ASYNC), atWork(key));
  expect(operation.state).toBe(state);
  await key.atRest();
  expect(await key.served()).toEqual(state === 'done' ? fields : 'key_not_found');
  // Whatever happened, the key can be used on.
  const next = key.mint();
  const reply = state === 'done' ? await key.rotate(next) : await key.store(next);
  expect(reply.status).toBe(state === 'done' ? 200 : 201);
  expect(await key.served()).toEqual(next);
});

test.each([
  ['probeCandidate', 'before', 'abandoned'],
  ['promoteKey', 'before', 'abandoned'],
  ['promoteKey', 'after', 'done'],
  ['settleOperation', 'before', 'done'],
] as const)('a rotation at %s (%s) ends %s', async (activity, when, state) => {
  const key = tenant(`rotate-${activity.toLowerCase()}-${when}`);
  const [first, second] = [key.mint(), key.mint()];
  await key.store(first);
  const moment = { activity, when, workflow: 'rotateKey', outlast: true };
  const operation = await stopAt(key, moment, () => key.rotate(second, {}, ASYNC), atWork(key));
  expect(operation.state).toBe(state);
  expect(await key.served()).toEqual(state === 'done' ? second : first);
  if (state === 'abandoned') {
    await key.atRest();
    expect((await key.rotate(second)).status).toBe(200);
    return;
  }
  expect(operation.result).toMatchObject({ state: 'grace', version: 2, previous_version: 1 });
  // Its grace period is waited for: it can be finished.
  expect((await key.decide('finish', operation.id)).status).toBe(200);
  expect(await key.served('previous')).toBe('not_in_grace');
  await key.atRest();
});

test.each([
  ['buryKey', 'before'],
  ['buryKey', 'after'],
  ['cancelOlderRuns', 'before'],
  ['settleOperation', 'before'],
] as const)('a revocation at %s (%s) is carried out all the same', async (activity, when) => {
  const key = tenant(`revoke-${activity.toLowerCase()}-${when}`);
  const stored = await key.store(key.mint());
  await key.rotate(key.mint());
  const workflowId = workflowIds.revoke(stored.body.key_id, 2);
  const moment = { activity, when, workflow: 'revokeKey' };
  const operation = await stopAt(key, moment, () => key.revoke(ASYNC), workflowId);
  expect(operation.state).toBe('done');
  await key.atRest();
  expect(await key.served()).toBe('key_revoked');
  expect(await key.record()).toMatchObject({ current: null, previous: null });
  expect((await key.versionsLeft()).filter(Boolean)).toHaveLength(1);
});

test.each([
  ['beginRetirement', 'before'],
  ['beginRetirement', 'after'],
  ['finishRetirement', 'after'],
  ['settleRetirement', 'after'],
  ['settleOperation', 'before'],
] as const)('a finish at %s (%s) is carried out', async (activity, when) => {
  const key = tenant(`finish-${activity.toLowerCase()}-${when}`);
  const second = key.mint();
  await key.store(key.mint());
  const rotated = await key.rotate(second, { grace_seconds: 3600 });
  const moment = { activity, when, workflow: 'retireKey' };
  const start = () => key.decide('finish', rotated.body.operation_id, ASYNC);
  await stopAt(key, moment, start, workflowIds.retire(rotated.body.key_id, 1));
  expect(await key.served()).toEqual(second);
  expect(await key.served('previous')).toBe('not_in_grace');
  await until('the older version is gone', async () => (await key.record())?.retiring.length === 0);
  await until('the listing says so', async () => {
    const entry = await key.index();
    return entry?.state === 'active' && entry.retiringCount === 0;
  });
  await key.atRest();
});

test.each([
  ['probeStored', 'before', 'abandoned'],
  ['rollBackKey', 'after', 'done'],
  ['settleOperation', 'before', 'done'],
] as const)('a rollback at %s (%s) ends %s', async (activity, when, state) => {
  const key = tenant(`rollback-${activity.toLowerCase()}-${when}`);
  const [first, second] = [key.mint(), key.mint()];
  await key.store(first);
  const rotated = await key.rotate(second, { grace_seconds: 3600 });
  const moment = { activity, when, workflow: 'retireKey' };
  const start = () => key.decide('rollback', rotated.body.operation_id, ASYNC);
  const operation = await stopAt(key, moment, start, workflowIds.retire(rotated.body.key_id, 1));
  expect(operation.state).toBe(state);
  expect(await key.served()).toEqual(state === 'done' ? first : second);
  if (state === 'abandoned') {
    expect((await key.decide('rollback', rotated.body.operation_id)).status).toBe(200);
    expect(await key.served()).toEqual(first);
  }
  await until('the newer version is gone', async () => (await key.record())?.retiring.length === 0);
  await key.atRest();
});

test('a grace period whose run was terminated can still be decided', async () => {
  const key = tenant('grace');
  const first = key.mint();
  await key.store(first);
  const rotated = await key.rotate(key.mint(), { grace_seconds: 3600 });
  const waiting = workflowIds.retire(rotated.body.key_id, 1);
  await service.temporal.client.workflow.getHandle(waiting).terminate('an operator said so');
  const back = await key.decide('rollback', rotated.body.operation_id);
  expect([back.status, await key.served()]).toEqual([200, first]);
  await key.atRest();
});
