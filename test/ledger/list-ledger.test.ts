import { listKeys, listOverdueGrace, readIndexEntry } from '../../src/ledger/key-index';
import { openLedger } from '../../src/ledger/ledger';
import {
  listOpenOperations,
  listOpenRuns,
  listOperations,
  readOperation,
  recordRun,
} from '../../src/ledger/operations';
import { settleOperation } from '../../src/ledger/settle-operation';
import {
  accept,
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
type Page<Item> = { items: Item[]; nextCursor: string | null };

async function readPages<Item>(read: (cursor?: string) => Promise<Page<Item>>): Promise<Item[][]> {
  const pages: Item[][] = [];
  let page = await read();
  for (pages.push(page.items); page.nextCursor !== null; pages.push(page.items))
    page = await read(page.nextCursor);
  return pages;
}

describe('operations', () => {
  it('records the first run, and another only for the reconciler', async () => {
    const { operation } = await accept(test.ledger, { kind: 'generate', ref: newRef() });
    const read = async () => await readOperation(test.ledger, operation.id);
    await recordRun(test.ledger, operation.id, 'run-1');
    expect(await read()).toMatchObject({ state: 'running', runId: 'run-1' });
    await recordRun(test.ledger, operation.id, 'run-2');
    expect(await read()).toMatchObject({ runId: 'run-1' });
    await recordRun(test.ledger, operation.id, 'run-2', { replace: true });
    expect(await read()).toMatchObject({ state: 'running', runId: 'run-2' });
    await settleOperation(test.ledger, { operationId: operation.id, state: 'done' });
    await recordRun(test.ledger, operation.id, 'run-3', { replace: true });
    expect(await read()).toMatchObject({ state: 'done', runId: 'run-2' });
  });

  it('gives a closed operation the run it lacked', async () => {
    const { operation } = await accept(test.ledger, { kind: 'generate', ref: newRef() });
    await settleOperation(test.ledger, { operationId: operation.id, state: 'done' });
    await recordRun(test.ledger, operation.id, 'run-1');
    expect(await readOperation(test.ledger, operation.id)).toMatchObject({ state: 'done', runId: 'run-1' });
  });

  it('knows what does not exist', async () => {
    expect(await readOperation(test.ledger, MISSING)).toBeNull();
    await expect(recordRun(test.ledger, MISSING, 'run')).rejects.toMatchObject({
      code: 'operation_not_found',
    });
    await expect(readOperation(test.ledger, "' or 1=1")).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('pages newest first, without gaps or repeats, within a tenant and service', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      ids.push((await accept(test.ledger, { kind: 'generate', ref: newRef('pages') })).operation.id);
    }
    const filter = { tenantId: 'pages', serviceId: 'openrouter', limit: 3 };
    const pages = await readPages((cursor) =>
      listOperations(test.ledger, cursor === undefined ? filter : { ...filter, cursor }),
    );
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().map((operation) => operation.id)).toEqual(ids.toReversed());
    expect((await listOperations(test.ledger, { ...filter, serviceId: 'stripe' })).items).toEqual([]);
  });

  it.each(['', 'x', Buffer.from('["a"]').toString('base64url'), Buffer.from('{}').toString('base64url')])(
    'refuses the cursor %j',
    async (cursor) => {
      const refused = { code: 'invalid_request', details: { field: 'cursor' } };
      await expect(listOperations(test.ledger, { limit: 1, cursor })).rejects.toMatchObject(refused);
      await expect(listKeys(test.ledger, { limit: 1, cursor })).rejects.toMatchObject(refused);
    },
  );

  it.each([0, 1001, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
    await expect(listOperations(test.ledger, { limit })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('gives the reconciler open operations of some age, oldest first, batch by batch', async () => {
    const own: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      own.push((await accept(test.ledger, { kind: 'generate', ref: newRef('stale') })).operation.id);
    }
    const [first = '', second = '', third = '', fourth = ''] = own;
    await test.query(`update operations set accepted_at = now() - interval '1 hour' where id = any($1)`, [
      [first, second, fourth],
    ]);
    await settleOperation(test.ledger, { operationId: second, state: 'done' });
    const filter = { olderThanMs: 3_000_000, limit: 1 };
    const batch = await listOpenOperations(test.ledger, filter);
    expect(batch.map((operation) => operation.id)).toEqual([first]);
    const next = await listOpenOperations(test.ledger, { ...filter, limit: 10, afterId: first });
    expect(next.map((operation) => operation.id)).toEqual([fourth]);
    const all = await listOpenOperations(test.ledger, { olderThanMs: 0, limit: 1000 });
    expect(all.map((operation) => operation.id)).toContain(third);
  });

  it('names the runs a revocation cancels, and no others', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const stored = await accept(test.ledger, { kind: 'validate', ref });
    await accept(test.ledger, { kind: 'validate', ref, params: { supplied: true } });
    const rotate = await accept(test.ledger, { kind: 'rotate', ref });
    const revoke = await accept(test.ledger, { kind: 'revoke', ref });
    const runs = await listOpenRuns(test.ledger, ref, revoke.operation.epoch);
    expect(runs.map((operation) => operation.id)).toEqual([stored.operation.id, rotate.operation.id]);
    await settleOperation(test.ledger, { operationId: rotate.operation.id, state: 'failed' });
    const next = await accept(test.ledger, { kind: 'generate', ref });
    const older = await listOpenRuns(test.ledger, ref, next.operation.epoch);
    expect(older.map((operation) => operation.id)).toEqual([stored.operation.id]);
    await accept(test.ledger, { kind: 'revoke', ref });
    const later = await listOpenRuns(test.ledger, ref, 3);
    expect(later.map((operation) => operation.id)).toEqual([stored.operation.id, next.operation.id]);
    expect(keyId).not.toBe(next.operation.id);
  });
});

describe('keys', () => {
  it('lists a page in one query, by service and name, without what was never stored', async () => {
    const tenantId = 'lister';
    const names: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const ref = newRef(tenantId);
      await store(test.ledger, ref);
      names.push(ref.keyName);
    }
    const failed = await accept(test.ledger, { kind: 'generate', ref: newRef(tenantId) });
    await settleOperation(test.ledger, { operationId: failed.operation.id, state: 'failed' });
    const revoked = { tenantId, serviceId: 'openrouter', keyName: names[0] as string };
    await accept(test.ledger, { kind: 'revoke', ref: revoked });

    let queries = 0;
    const counted = openLedger({ databaseUrl: test.databaseUrl });
    const db = counted.db.withPlugin({
      transformQuery: ({ node }) => ((queries += 1), node),
      transformResult: async ({ result }) => result,
    });
    const filter = { tenantId, limit: 2 };
    const pages = await readPages((cursor) =>
      listKeys({ ...counted, db }, cursor === undefined ? filter : { ...filter, cursor }),
    );
    await counted.close();
    expect(queries).toBe(pages.length);
    expect(pages.flat().map((entry) => entry.keyName)).toEqual(names.toSorted());
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    const gone = await listKeys(test.ledger, { tenantId, state: 'revoked', limit: 10 });
    expect(gone.items.map((entry) => entry.keyName)).toEqual([names[0]]);
  });

  it('reads one key, or null', async () => {
    const ref = newRef();
    expect(await readIndexEntry(test.ledger, ref)).toBeNull();
    const keyId = await store(test.ledger, ref);
    expect(await readIndexEntry(test.ledger, ref)).toMatchObject({
      ...ref,
      state: 'active',
      keyId,
      epoch: 1,
      seq: 1,
      hint: 'abcd',
      storedAt: '2026-01-01T00:00:00.000Z',
      fencedAt: null,
    });
  });

  it('finds grace periods that are over', async () => {
    const ref = newRef('graced');
    await rotateIntoGrace(test.ledger, ref, await store(test.ledger, ref));
    const retireAtMs = Date.parse('2027-01-01T00:00:00.000Z');
    const names = async (nowMs: number) =>
      (await listOverdueGrace(test.ledger, { nowMs, limit: 100 })).map((entry) => entry.keyName);
    expect(await names(retireAtMs - 1)).not.toContain(ref.keyName);
    expect(await names(retireAtMs)).toContain(ref.keyName);
  });

  it('cannot show a grace period without the version that is kept', async () => {
    const ref = newRef();
    const keyId = await store(test.ledger, ref);
    const { operation } = await accept(test.ledger, { kind: 'rotate', ref });
    await expect(
      settleOperation(test.ledger, {
        operationId: operation.id,
        state: 'done',
        index: indexUpdate({ keyId, seq: 2, state: 'grace' }),
      }),
    ).rejects.toMatchObject({ code: 'internal', details: { constraint: 'key_index_grace_is_whole' } });
    expect(await readOperation(test.ledger, operation.id)).toMatchObject({ state: 'accepted' });
  });
});
