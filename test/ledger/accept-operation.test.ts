import { acceptOperation } from '../../src/ledger/accept-operation';
import { listAudit } from '../../src/ledger/audit-trail';
import { recordRun } from '../../src/ledger/operations';
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

async function outcomesOf(keyName: string): Promise<string[]> {
  const { items } = await listAudit(test.ledger, { chain: 'tenant:acme', limit: 1000 });
  return items
    .filter((item) => item.event.keyName === keyName)
    .map(({ event }) =>
      [event.action, event.outcome, event.errorCode].filter((part) => part !== undefined).join(' '),
    );
}

describe('the state of the key decides', () => {
  it('admits a first generate as pending, with the operation as the life’s key id', async () => {
    const ref = newRef();
    const { outcome, operation } = await accept(test.ledger, { kind: 'generate', ref, hasInbox: true });
    expect(outcome).toBe('accepted');
    expect(operation).toMatchObject({ ...ref, state: 'accepted', epoch: 1, hasInbox: true, runId: null });
    expect(operation.workflowId).toBe(`key/acme/openrouter/${ref.keyName}`);
    expect(await entryOf(test.ledger, ref)).toMatchObject({
      state: 'pending',
      keyId: operation.id,
      epoch: 1,
    });
    expect(await outcomesOf(ref.keyName)).toEqual(['key.generate intent']);
  });

  it('leaves an active key as it is for another generate', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const before = await entryOf(test.ledger, ref);
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    expect(operation.epoch).toBe(1);
    expect(await entryOf(test.ledger, ref)).toEqual(before);
    await settleOperation(test.ledger, { operationId: operation.id, state: 'failed' });
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'active', keyId });
  });

  it.each(['rotate', 'validate', 'revoke'] as const)('refuses %s of a key never stored', async (kind) => {
    const ref = newRef();
    await expect(accept(test.ledger, { kind, ref })).rejects.toMatchObject({ code: 'key_not_found' });
    expect(await outcomesOf(ref.keyName)).toEqual([`key.${kind} refused key_not_found`]);
    expect(await test.query('select 1 from key_index where key_name = $1', [ref.keyName])).toEqual([]);
  });

  it.each(['rotate', 'validate'] as const)('refuses %s of a revoked key', async (kind) => {
    const ref = newRef();
    await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    await expect(accept(test.ledger, { kind, ref })).rejects.toMatchObject({ code: 'key_revoked' });
  });

  it.each(['finish', 'rollback'] as const)('refuses %s outside a grace period', async (kind) => {
    const ref = newRef();
    await expect(accept(test.ledger, { kind, ref })).rejects.toMatchObject({ code: 'not_in_grace' });
    await store(test.ledger, ref);
    await expect(accept(test.ledger, { kind, ref })).rejects.toMatchObject({ code: 'not_in_grace' });
  });

  it.each(['finish', 'rollback'] as const)(
    'sends %s to the retirement of the previous version',
    async (kind) => {
      const ref = newRef();
      const keyId = await store(test.ledger, ref);
      await rotateIntoGrace(test.ledger, ref, keyId);
      const { operation } = await accept(test.ledger, { kind, ref });
      expect(operation.workflowId).toBe(`retire/${keyId}/1`);
    },
  );

  it('refuses a rotation in the grace period unless it supersedes or needs no grace', async () => {
    const ref = newRef();
    await rotateIntoGrace(test.ledger, ref, await store(test.ledger, ref));
    await expect(accept(test.ledger, { kind: 'rotate', ref })).rejects.toMatchObject({
      code: 'in_grace',
      details: { retire_at: '2027-01-01T00:00:00.000Z' },
    });
    for (const params of [{ supersede: true }, { graceSeconds: 0 }]) {
      const { operation } = await accept(test.ledger, { kind: 'rotate', ref, params });
      expect(operation.params).toEqual(params);
      await settleOperation(test.ledger, { operationId: operation.id, state: 'abandoned' });
    }
  });

  it('validates a supplied key without making a row', async () => {
    const ref = newRef();
    const { operation } = await accept(test.ledger, { kind: 'validate', ref, params: { supplied: true } });
    expect(operation).toMatchObject({ epoch: 0, workflowId: `validate/${operation.id}` });
    expect(await test.query('select 1 from key_index where key_name = $1', [ref.keyName])).toEqual([]);
  });

  it('refuses ids that could leave their path', async () => {
    const ref = { ...newRef(), keyName: '../x' };
    await expect(accept(test.ledger, { kind: 'revoke', ref })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('the lock', () => {
  it('lets one of 200 concurrent rotations in and names it to the others', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => accept(test.ledger, { kind: 'rotate', ref })),
    );
    const winners = results.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    const losers = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const winner = winners[0]?.value.operation.id;
    for (const reason of losers) {
      expect(reason).toMatchObject({
        code: 'operation_in_progress',
        details: { operation_id: winner, operation: 'rotate' },
      });
    }
    const outcomes = await outcomesOf(ref.keyName);
    expect(outcomes.filter((outcome) => outcome === 'key.rotate intent')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.includes('refused'))).toHaveLength(199);
  });

  it('lets one of 50 concurrent first generates in', async () => {
    const ref = newRef();
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => accept(test.ledger, { kind: 'generate', ref })),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  it('is free again once the operation is closed', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const first = await accept(test.ledger, { kind: 'rotate', ref });
    await recordRun(test.ledger, first.operation.id, 'run-1');
    await expect(accept(test.ledger, { kind: 'generate', ref })).rejects.toMatchObject({
      code: 'operation_in_progress',
    });
    await settleOperation(test.ledger, { operationId: first.operation.id, state: 'failed' });
    expect((await accept(test.ledger, { kind: 'rotate', ref })).outcome).toBe('accepted');
  });

  it('holds neither validate nor revoke back', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'rotate', ref });
    expect((await accept(test.ledger, { kind: 'validate', ref })).outcome).toBe('accepted');
    expect((await accept(test.ledger, { kind: 'revoke', ref })).outcome).toBe('accepted');
  });

  it('holds in the database too, whatever the code does', async () => {
    const ref = newRef();
    await accept(test.ledger, { kind: 'generate', ref });
    await expect(
      test.query(
        `insert into operations (id, tenant_id, service_id, key_name, kind, state, epoch, principal, route, params, has_inbox, workflow_id)
         values ($1, 'acme', 'openrouter', $2, 'rotate', 'accepted', 1, 'x', 'x', '{}', false, 'x')`,
        [MISSING, ref.keyName],
      ),
    ).rejects.toThrow('operations_one_open_per_key');
  });
});

describe('revocation at the door', () => {
  it('raises the epoch and shows the key revoked at once', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    await rotateIntoGrace(test.ledger, ref, keyId);
    const { operation } = await accept(test.ledger, { kind: 'revoke', ref });
    expect(operation).toMatchObject({ epoch: 2, workflowId: `revoke/${keyId}/2` });
    const entry = await entryOf(test.ledger, ref);
    expect(entry).toMatchObject({ state: 'revoked', epoch: 2, keyId, retireAt: null, previousVersion: null });
    expect(entry.fencedAt).not.toBeNull();
  });

  it('answers a repeat with the same operation, open or done', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const first = await accept(test.ledger, { kind: 'revoke', ref });
    expect(await accept(test.ledger, { kind: 'revoke', ref })).toEqual({
      outcome: 'replayed',
      operation: first.operation,
    });
    await settleOperation(test.ledger, {
      operationId: first.operation.id,
      state: 'done',
      result: { receipt: 1 },
    });
    const again = await accept(test.ledger, { kind: 'revoke', ref, principal: 'user:2' });
    expect(again).toMatchObject({
      outcome: 'replayed',
      operation: { id: first.operation.id, result: { receipt: 1 } },
    });
    expect((await entryOf(test.ledger, ref)).epoch).toBe(2);
  });

  it('carries a failed revocation out again under a further epoch', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const first = await accept(test.ledger, { kind: 'revoke', ref });
    await settleOperation(test.ledger, { operationId: first.operation.id, state: 'abandoned' });
    const second = await accept(test.ledger, { kind: 'revoke', ref });
    expect(second).toMatchObject({ outcome: 'accepted', operation: { epoch: 3 } });
  });

  it('reaches a key whose first store is still under way', async () => {
    const ref = newRef();
    const generate = await accept(test.ledger, { kind: 'generate', ref });
    const revoke = await accept(test.ledger, { kind: 'revoke', ref });
    expect(revoke.operation.workflowId).toBe(`revoke/${generate.operation.id}/2`);
    const late = await settleOperation(test.ledger, {
      operationId: generate.operation.id,
      state: 'done',
      index: indexUpdate({ keyId: generate.operation.id, epoch: 1, seq: 9 }),
    });
    expect(late).toMatchObject({ settled: true, indexApplied: false });
    expect(await entryOf(test.ledger, ref)).toMatchObject({ state: 'revoked', epoch: 2 });
  });

  it('lets one of many concurrent revocations raise the epoch', async () => {
    const ref = newRef();
    await store(test.ledger, ref);
    const results = await Promise.all(
      Array.from({ length: 30 }, () => accept(test.ledger, { kind: 'revoke', ref })),
    );
    expect(results.filter((result) => result.outcome === 'accepted')).toHaveLength(1);
    expect(new Set(results.map((result) => result.operation.id)).size).toBe(1);
    expect((await entryOf(test.ledger, ref)).epoch).toBe(2);
  });

  it('begins a new life for a generate afterwards', async () => {
    const ref = newRef();
    const oldKeyId = await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    const { operation } = await accept(test.ledger, { kind: 'generate', ref });
    expect(operation.epoch).toBe(2);
    expect(await entryOf(test.ledger, ref)).toMatchObject({
      state: 'pending',
      keyId: operation.id,
      hint: null,
      version: null,
    });
    await settleOperation(test.ledger, {
      operationId: operation.id,
      state: 'done',
      index: indexUpdate({ keyId: operation.id, epoch: 2, seq: 1 }),
    });
    const entry = await entryOf(test.ledger, ref);
    expect(entry).toMatchObject({ state: 'active', epoch: 2, keyId: operation.id });
    expect(entry.keyId).not.toBe(oldKeyId);
    expect((await accept(test.ledger, { kind: 'revoke', ref })).operation.epoch).toBe(3);
  });
});

it('does not accept what the trail could not record', async () => {
  const ref = newRef();
  await test.query('alter table audit_entries rename to audit_entries_away');
  try {
    await expect(accept(test.ledger, { kind: 'generate', ref })).rejects.toMatchObject({
      code: 'ledger_unavailable',
    });
  } finally {
    await test.query('alter table audit_entries_away rename to audit_entries');
  }
  expect(await test.query('select 1 from operations where key_name = $1', [ref.keyName])).toEqual([]);
  expect(
    (
      await acceptOperation(test.ledger, {
        kind: 'generate',
        ref,
        principal: 'p',
        route: 'r',
        params: {},
        hasInbox: false,
      })
    ).outcome,
  ).toBe('accepted');
});
