import { listAudit } from '../../src/ledger/audit-trail';
import { updateIndex } from '../../src/ledger/key-index';
import { settleOperation } from '../../src/ledger/settle-operation';
import {
  accept,
  entryOf,
  indexUpdate,
  newRef,
  openTestLedger,
  rotateIntoGrace,
  store,
  type TestLedger,
} from './open-test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());

const MISSING = 'a0000000-0000-7000-8000-000000000000';

async function eventsOf(operationId: string) {
  const { items } = await listAudit(test.ledger, { chain: 'tenant:acme', limit: 1000, operationId });
  return items.map((item) => item.event);
}

describe('settling', () => {
  it('closes once: state, result, index and outcome together', async () => {
    const ref = newRef();
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    const settle = (result: string) =>
      settleOperation(test.ledger, {
        operationId: operation.id,
        state: 'done',
        result: { said: result },
        runId: 'run-7',
        index: indexUpdate({ keyId: operation.id, hint: result }),
        audit: { verdict: 'valid', version: 1, fingerprint: 'f'.repeat(16) },
      });
    const first = await settle('one');
    expect(first).toMatchObject({
      settled: true,
      indexApplied: true,
      operation: { state: 'done', runId: 'run-7', result: { said: 'one' } },
    });
    expect(first.operation.closedAt).not.toBeNull();
    const second = await settle('two');
    expect(second).toEqual({ settled: false, indexApplied: false, operation: first.operation });
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'active', hint: 'one' });
    expect(await eventsOf(operation.id)).toMatchObject([
      { outcome: 'intent', keyId: operation.id, epoch: 1, workflowId: operation.workflowId },
      { outcome: 'done', keyId: operation.id, runId: 'run-7', verdict: 'valid', fingerprint: 'f'.repeat(16) },
    ]);
  });

  it('closes nothing that was accepted for another key or epoch', async () => {
    const ref = newRef();
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    const close = (acceptedFor: typeof ref & { epoch: number }) =>
      settleOperation(test.ledger, { operationId: operation.id, acceptedFor, state: 'done', result: {} });
    const foreign = [
      { ...ref, tenantId: 'somebody-else', epoch: 1 },
      { ...ref, serviceId: 'stripe', epoch: 1 },
      { ...ref, keyName: 'another', epoch: 1 },
      { ...ref, epoch: 2 },
    ];
    for (const wrong of foreign) {
      await expect(close(wrong)).rejects.toMatchObject({ code: 'operation_not_found' });
    }
    expect(await eventsOf(operation.id)).toHaveLength(1);
    expect(await close({ ...ref, epoch: 1 })).toMatchObject({ settled: true });
  });

  it('closes once when many try at the same time', async () => {
    const { operation } = await accept(test.ledger, { kind: 'generate', ref: newRef() });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        settleOperation(test.ledger, { operationId: operation.id, state: i % 2 === 0 ? 'done' : 'failed' }),
      ),
    );
    expect(results.filter((result) => result.settled)).toHaveLength(1);
    expect(new Set(results.map((result) => result.operation.state)).size).toBe(1);
    expect(await eventsOf(operation.id)).toHaveLength(2);
  });

  it('keeps the error of a failure, with its code in the trail', async () => {
    const { operation } = await accept(test.ledger, { kind: 'generate', ref: newRef() });
    const { operation: closed } = await settleOperation(test.ledger, {
      operationId: operation.id,
      state: 'failed',
      error: { code: 'key_rejected', message: 'the provider said no', details: { reason: 'rejected' } },
    });
    expect(closed).toMatchObject({
      errorCode: 'key_rejected',
      errorMessage: 'the provider said no',
      errorDetails: { reason: 'rejected' },
    });
    expect((await eventsOf(operation.id)).at(-1)).toMatchObject({
      outcome: 'failed',
      errorCode: 'key_rejected',
    });
  });

  it.each([
    ['none', false],
    ['revoked', true],
  ] as const)('takes a first store that failed back to %s', async (state, afterRevocation) => {
    const ref = newRef();
    if (afterRevocation) {
      await store(test.ledger, ref);
      await accept(test.ledger, { kind: 'revoke', ref });
    }
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    await settleOperation(test.ledger, { operationId: operation.id, state: 'abandoned' });
    expect((await entryOf(test.ledger, ref)).state).toBe(state);
    expect((await accept(test.ledger, { kind: 'generate', ref })).outcome).toBe('accepted');
  });

  it('leaves a key pending that an earlier operation may have stored', async () => {
    const ref = newRef();
    const first = await accept(test.ledger, { kind: 'generate', ref });
    await settleOperation(test.ledger, { operationId: first.operation.id, state: 'done' });
    const second = await accept(test.ledger, { kind: 'generate', ref });
    await settleOperation(test.ledger, { operationId: second.operation.id, state: 'failed' });
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'pending', keyId: first.operation.id });
    expect((await accept(test.ledger, { kind: 'revoke', ref })).outcome).toBe('accepted');
  });

  it('refuses an operation that does not exist', async () => {
    await expect(settleOperation(test.ledger, { operationId: MISSING, state: 'done' })).rejects.toMatchObject(
      { code: 'operation_not_found' },
    );
  });
});

describe('the fence for index updates', () => {
  it('refuses an update of an older epoch, and keeps its audit entry', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    const before = await entryOf(test.ledger, ref);
    const applied = await updateIndex(test.ledger, ref, indexUpdate({ keyId, epoch: 1, seq: 99 }), {
      chain: 'tenant:acme',
      action: 'key.retire',
      outcome: 'done',
      principal: 'system:worker',
      operationId: keyId,
      version: 1,
    });
    expect(applied).toBe(false);
    expect(await entryOf(test.ledger, ref)).toEqual(before);
    expect((await eventsOf(keyId)).at(-1)).toMatchObject({ action: 'key.retire', outcome: 'done' });
  });

  it('refuses an update of an older life on the key stored after it', async () => {
    const ref = newRef();
    const oldKeyId = await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    const late = indexUpdate({ keyId: oldKeyId, epoch: 1, seq: 99, hint: 'late' });
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    expect(await updateIndex(test.ledger, ref, late)).toBe(false);
    await settleOperation(test.ledger, {
      operationId: operation.id,
      state: 'done',
      index: indexUpdate({ keyId: operation.id, epoch: 2, seq: 1 }),
    });
    expect(await updateIndex(test.ledger, ref, late)).toBe(false);
    expect(await entryOf(test.ledger, ref)).toMatchObject({
      state: 'active',
      epoch: 2,
      seq: 1,
      hint: 'abcd',
    });
  });

  it('takes the first update of a new life, however far the former one had come', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    await updateIndex(test.ledger, ref, indexUpdate({ keyId, seq: 40 }));
    await accept(test.ledger, { kind: 'revoke', ref });
    await store(test.ledger, ref);
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'active', epoch: 2, seq: 1 });
  });

  it('does not let a rotation accepted before a revocation show afterwards', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const { operation } = await accept(test.ledger, { kind: 'rotate', ref });
    await accept(test.ledger, { kind: 'revoke', ref });
    const result = await settleOperation(test.ledger, {
      operationId: operation.id,
      state: 'done',
      index: indexUpdate({ keyId, epoch: operation.epoch, seq: 2, version: 2 }),
    });
    expect(result).toMatchObject({ settled: true, indexApplied: false });
    expect((await entryOf(test.ledger, ref)).state).toBe('revoked');
  });

  it('does not raise a revoked key even at its own epoch', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    expect(await updateIndex(test.ledger, ref, indexUpdate({ keyId, epoch: 2, seq: 9 }))).toBe(false);
    expect((await entryOf(test.ledger, ref)).state).toBe('revoked');
  });

  it('does not let a revocation’s late word close the life that began after it', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const revoke = await accept(test.ledger, { kind: 'revoke', ref });
    const generate = await accept(test.ledger, { kind: 'generate', ref });
    const late = await settleOperation(test.ledger, {
      operationId: revoke.operation.id,
      state: 'done',
      index: indexUpdate({ keyId, epoch: 2, seq: 5, state: 'revoked' }),
    });
    expect(late.indexApplied).toBe(false);
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'pending', keyId: generate.operation.id });
  });

  it('refuses an older seq, takes an equal or later one', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const update = (seq: number, hint: string) =>
      updateIndex(test.ledger, ref, indexUpdate({ keyId, seq, hint }));
    expect(await update(5, 'five')).toBe(true);
    expect(await update(4, 'four')).toBe(false);
    expect(await update(5, 'again')).toBe(true);
    expect((await entryOf(test.ledger, ref)).hint).toBe('again');
  });

  it('writes one audit entry for a retried update', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const rotation = await rotateIntoGrace(test.ledger, ref, keyId);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await updateIndex(test.ledger, ref, indexUpdate({ keyId, seq: 3, version: 2 }), {
        chain: 'tenant:acme',
        action: 'key.retire',
        outcome: 'done',
        principal: 'system:worker',
        operationId: rotation,
        version: 1,
      });
    }
    const retired = (await eventsOf(rotation)).filter((event) => event.action === 'key.retire');
    expect(retired).toHaveLength(1);
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'active', version: 2, retireAt: null });
  });
});

it('never deadlocks the door against the worker', async () => {
  const refs = [newRef(), newRef()];
  for (const ref of refs) await store(test.ledger, ref);
  const work = Array.from({ length: 120 }, async (_, i) => {
    const ref = refs[i % 2] as (typeof refs)[number];
    const accepted = await accept(test.ledger, { kind: 'rotate', ref }).catch((error: unknown) => error);
    if (accepted instanceof Error) return accepted;
    const { operation } = accepted as Awaited<ReturnType<typeof accept>>;
    return await settleOperation(test.ledger, { operationId: operation.id, state: 'failed' });
  });
  const refusals = (await Promise.all(work)).filter((result) => result instanceof Error);
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'operation_in_progress' });
});
