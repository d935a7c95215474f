/** Many requests at once on one key, and the same request more than once. */
import { readKeyRecord } from '../../src/vault/key-store';
import { Gates } from '../support/gates';
import { ASYNC, KeyActions } from '../support/key-actions';
import { startService, type ApiReply, type TestService } from '../support/service';

const CONCURRENT = 200;
const gates = new Gates();
let service: TestService;
beforeAll(async () => {
  service = await startService({}, { wrapActivities: gates.wrap });
});
afterAll(() => service.stop());

const tenant = (name: string): KeyActions => new KeyActions(service, service.tenant(name));
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The one reply that was carried out; all others are refused as the table says. */
function winnerOf(replies: readonly ApiReply[], refusals: readonly string[]): number {
  const won = replies.flatMap(({ status }, i) => (status < 300 ? [i] : []));
  expect(won).toHaveLength(1);
  const lost = replies.filter(({ status }) => status >= 300);
  expect(new Set(lost.map(({ status }) => status))).toEqual(new Set([409]));
  expect(refusals).toEqual(expect.arrayContaining([...new Set(lost.map(({ body }) => body.code))]));
  return won[0] as number;
}

test('of 200 first keys one is stored', async () => {
  const key = tenant('first');
  const fields = times(CONCURRENT, () => key.mint());
  const replies = await Promise.all(fields.map((one) => key.store(one)));
  const winner = winnerOf(replies, ['operation_in_progress', 'key_exists']);
  expect(await key.served()).toEqual(fields[winner]);
  expect(await key.index()).toMatchObject({ state: 'active', version: 1, seq: 1, epoch: 1 });
  expect(await key.versionsLeft()).toEqual([true]);
  await key.atRest();
});

test('of 200 rotations of a stored key one is made', async () => {
  const key = tenant('change');
  const original = key.mint();
  await key.store(original);
  const fields = times(CONCURRENT, () => key.mint());
  const replies = await Promise.all(fields.map((one) => key.rotate(one)));
  const winner = winnerOf(replies, ['operation_in_progress', 'in_grace']);
  await expectRotated(key, original, fields[winner]);
});

test('of 200 changes of both kinds none but a rotation is made, and one at most', async () => {
  const key = tenant('mixed');
  const original = key.mint();
  await key.store(original);
  const fields = times(CONCURRENT, () => key.mint());
  const replies = await Promise.all(fields.map((one, i) => (i % 2 === 0 ? key.rotate(one) : key.store(one))));
  // A store holds the key's lock until it is refused, so all rotations may have come while one was under way.
  const won = replies.flatMap(({ status }, i) => (status < 300 ? [i] : []));
  const codes = new Set(replies.filter(({ status }) => status >= 300).map(({ body }) => body.code));
  expect(['operation_in_progress', 'key_exists', 'in_grace']).toEqual(expect.arrayContaining([...codes]));
  expect(won.length).toBeLessThanOrEqual(1);
  expect(won.map((i) => i % 2)).toEqual(won.map(() => 0));
  if (won.length === 0) {
    expect(await key.served()).toEqual(original);
    expect((await key.rotate(fields[0]!)).status).toBe(200);
  }
  await expectRotated(key, original, fields[won[0] ?? 0]);
});

async function expectRotated(key: KeyActions, original: object, changed: object | undefined): Promise<void> {
  expect([await key.served(), await key.served('previous')]).toEqual([changed, original]);
  expect(await key.index()).toMatchObject({
    state: 'grace',
    version: 2,
    previousVersion: 1,
    retiringCount: 0,
  });
  const { kvVersion } = await readKeyRecord(service.vault.worker, key.ref);
  expect(kvVersion).toBe(2);
}

test('among 100 changes a revocation wins, and all of its repeats get its receipt', async () => {
  const key = tenant('revoked');
  await key.store(key.mint());
  const changes = times(100, () => key.rotate(key.mint()));
  const revocations = await Promise.all(times(20, () => key.revoke()));
  const answers = revocations.map(({ status, body }) => [status, body.operation_id, body.epoch]);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toEqual([200, revocations[0]?.body.operation_id, 2]);
  const changed = await Promise.all(changes);
  expect(changed.filter(({ status }) => status < 300).length).toBeLessThanOrEqual(1);
  expect(await key.served()).toBe('key_revoked');
  await key.atRest();
  expect(await key.record()).toMatchObject({ current: null, previous: null });
});

test('decisions on one grace period: one is carried out', async () => {
  const key = tenant('decisions');
  const [first, second] = [key.mint(), key.mint()];
  await key.store(first);
  const { operation_id: rotation } = (await key.rotate(second)).body;
  const replies = await Promise.all(
    times(40, (i) => key.decide(i % 2 === 0 ? 'finish' : 'rollback', rotation)),
  );
  const winner = winnerOf(replies, ['operation_in_progress', 'not_in_grace']);
  expect(await key.served()).toEqual(winner % 2 === 0 ? second : first);
  expect(await key.served('previous')).toBe('not_in_grace');
  await key.atRest();
});

describe('an Idempotency-Key', () => {
  test('sent 50 times at once stands for one operation', async () => {
    const key = tenant('idempotent');
    const fields = key.mint();
    const replies = await Promise.all(times(50, () => key.store(fields, { 'idempotency-key': 'once' })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => body.operation_id)).size).toBe(1);
    const replayed = replies.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(49);
    expect(await key.versionsLeft()).toEqual([true]);
  });

  test('attaches while its operation runs, and gives the same answer after it, and after later ones', async () => {
    const key = tenant('replayed');
    const fields = key.mint();
    const headers = { 'idempotency-key': 'store-it' };
    const held = gates.close({ tenantId: key.tenantId, activity: 'storeKey', when: 'before' });
    const storing = key.store(fields, headers);
    await held.reached;
    const during = await key.store(fields, { ...headers, ...ASYNC });
    expect(during.status).toBe(202);
    held.open();
    const stored = await storing;
    expect([stored.status, stored.body.operation_id]).toEqual([201, during.body.operation_id]);

    const after = await key.store(fields, headers);
    expect([after.status, after.body]).toEqual([201, stored.body]);

    await key.rotate(key.mint(), { grace_seconds: 0 });
    const later = await key.store(fields, headers);
    expect([later.status, later.body]).toEqual([201, stored.body]);

    await key.revoke();
    const muchLater = await key.store(fields, headers);
    expect([muchLater.status, muchLater.body.operation_id]).toEqual([201, stored.body.operation_id]);
    expect(await key.served()).toBe('key_revoked');
  });

  test('repeats a refusal that was carried out, and not one at the door', async () => {
    const key = tenant('refused');
    const { dead } = service.simulator.find('openrouter').credentials;
    const headers = { 'idempotency-key': 'refused' };
    const first = await key.store(dead, headers);
    const again = await key.store(dead, headers);
    expect([first.body.code, again.body.code]).toEqual(['key_rejected', 'key_rejected']);
    expect(again.body.operation_id).toBe(first.body.operation_id);

    const rotate = { 'idempotency-key': 'too-early' };
    const fields = key.mint();
    expect((await key.rotate(fields, {}, rotate)).body.code).toBe('key_not_found');
    await key.store(key.mint());
    expect((await key.rotate(fields, {}, rotate)).status).toBe(200);
  });

  test('is refused with another body, key or parameter, and is free for another route', async () => {
    const key = tenant('reused');
    const [first, second] = [key.mint(), key.mint()];
    const headers = { 'idempotency-key': 'one-body' };
    await key.store(first, headers);
    expect((await key.store(second, headers)).body.code).toBe('idempotency_key_reused');
    expect((await new KeyActions(service, service.tenant('other')).store(first, headers)).body.code).toBe(
      'idempotency_key_reused',
    );
    expect((await key.rotate(second, { grace_seconds: 60 }, headers)).status).toBe(200);
    expect((await key.rotate(second, { grace_seconds: 61 }, headers)).body.code).toBe(
      'idempotency_key_reused',
    );
  });
});
