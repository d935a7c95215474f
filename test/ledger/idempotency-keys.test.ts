import { forgetIdempotencyKeys } from '../../src/ledger/idempotency-keys';
import { settleOperation } from '../../src/ledger/settle-operation';
import { accept, entryOf, newRef, openTestLedger, store, type TestLedger } from './open-test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());

describe('Idempotency-Key', () => {
  const idempotency = (key: string, digest = 'd1') => ({ idempotency: { key, digest } });

  it('replays the same request while open and after its end', async () => {
    const ref = newRef();
    const first = await accept(test.ledger, { kind: 'generate', ref, ...idempotency('same') });
    expect(await accept(test.ledger, { kind: 'generate', ref, ...idempotency('same') })).toEqual({
      outcome: 'replayed',
      operation: first.operation,
    });
    await settleOperation(test.ledger, {
      operationId: first.operation.id,
      state: 'failed',
      error: { code: 'key_rejected', message: 'no', details: { field: 'api_key' } },
    });
    const after = await accept(test.ledger, { kind: 'generate', ref, ...idempotency('same') });
    expect(after).toMatchObject({
      outcome: 'replayed',
      operation: { state: 'failed', errorCode: 'key_rejected', errorDetails: { field: 'api_key' } },
    });
  });

  it('refuses another body under the same key', async () => {
    const ref = newRef();
    await accept(test.ledger, { kind: 'generate', ref, ...idempotency('body') });
    await expect(
      accept(test.ledger, { kind: 'generate', ref, ...idempotency('body', 'd2') }),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('belongs to one principal and one route', async () => {
    const params = { supplied: true };
    const ref = newRef();
    const ids = new Set<string>();
    for (const scope of [{}, { principal: 'user:2' }, { route: 'other' }]) {
      const { outcome, operation } = await accept(test.ledger, {
        kind: 'validate',
        ref,
        params,
        ...idempotency('own'),
        ...scope,
      });
      expect(outcome).toBe('accepted');
      ids.add(operation.id);
    }
    expect(ids.size).toBe(3);
  });

  it.each([
    { kind: 'generate', params: {} },
    { kind: 'validate', params: { supplied: true } },
  ] as const)(
    'accepts one of 40 concurrent $kind requests and replays it to the others',
    async ({ kind, params }) => {
      const ref = newRef();
      const results = await Promise.all(
        Array.from({ length: 40 }, () =>
          accept(test.ledger, { kind, ref, params, ...idempotency(`race-${kind}`) }),
        ),
      );
      expect(results.filter((result) => result.outcome === 'accepted')).toHaveLength(1);
      expect(new Set(results.map((result) => result.operation.id)).size).toBe(1);
    },
  );

  it('is not used up by a refusal', async () => {
    const ref = newRef();
    await expect(accept(test.ledger, { kind: 'rotate', ref, ...idempotency('later') })).rejects.toMatchObject(
      {
        code: 'key_not_found',
      },
    );
    await store(test.ledger, ref);
    expect((await accept(test.ledger, { kind: 'rotate', ref, ...idempotency('later') })).outcome).toBe(
      'accepted',
    );
  });

  it('stays with the revocation it was answered with', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const first = await accept(test.ledger, { kind: 'revoke', ref });
    await accept(test.ledger, { kind: 'revoke', ref, ...idempotency('again') });
    await accept(test.ledger, { kind: 'generate', ref });
    const replay = await accept(test.ledger, { kind: 'revoke', ref, ...idempotency('again') });
    expect(replay).toMatchObject({ outcome: 'replayed', operation: { id: first.operation.id } });
    expect((await entryOf(test.ledger, ref)).state).toBe('pending');
  });

  it('is forgotten after seven days, and cleared away', async () => {
    const ref = newRef();
    const params = { supplied: true };
    const first = await accept(test.ledger, { kind: 'validate', ref, params, ...idempotency('old') });
    const age = (interval: string) =>
      test.query(`update idempotency_keys set created_at = now() - $1::interval where key = 'old'`, [
        interval,
      ]);
    await age('6 days 23 hours');
    expect(
      (await accept(test.ledger, { kind: 'validate', ref, params, ...idempotency('old') })).outcome,
    ).toBe('replayed');
    await age('7 days 1 second');
    const later = await accept(test.ledger, { kind: 'validate', ref, params, ...idempotency('old', 'd2') });
    expect(later.outcome).toBe('accepted');
    expect(later.operation.id).not.toBe(first.operation.id);
    await age('8 days');
    expect(await forgetIdempotencyKeys(test.ledger, 100)).toBe(1);
    expect(await test.query(`select 1 from idempotency_keys where key = 'old'`)).toEqual([]);
  });
});
