import type { AuditEvent } from '../../src/contract/audit';
import { appendAudit, listAudit, streamAudit } from '../../src/ledger/audit-trail';
import { entryHash, genesisHash } from '../../src/ledger/verify-chain';
import { verifyTrail } from '../../src/ledger/verify-trail';
import { keepAnchors } from './keep-anchors';
import { openTestLedger, type TestLedger } from './open-test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());

const OPERATION = '01900000-0000-7000-8000-000000000001';

function event(chain: string, fields: Partial<AuditEvent> = {}): AuditEvent {
  return { chain, action: 'key.rotate', outcome: 'intent', principal: 'user:1', ...fields };
}

async function problemsOf(chain: string): Promise<readonly string[]> {
  const { list, publicKeys } = keepAnchors();
  const report = await verifyTrail({
    entries: streamAudit(test.ledger, { chain }),
    anchors: list(),
    publicKeys,
  });
  return report.chains.flatMap((found) => found.problems);
}

describe('appending', () => {
  it('chains entries from the genesis hash, and stores what was hashed', async () => {
    const first = await appendAudit(test.ledger, event('tenant:a', { details: { n: 1, ok: true } }));
    const second = await appendAudit(test.ledger, event('tenant:a', { reason: 'why — “so” ☂' }));
    const { items } = await listAudit(test.ledger, { chain: 'tenant:a', limit: 10 });
    const [a, b] = items;
    expect(a).toMatchObject({ seq: 1, prevHash: genesisHash('tenant:a'), hash: first.hash });
    expect(b).toMatchObject({ seq: 2, prevHash: first.hash, hash: second.hash });
    expect(entryHash(second.hash, 'x')).not.toBe(entryHash(first.hash, 'x'));
    expect(JSON.parse(a?.entry ?? '')).toEqual({
      v: 1,
      chain: 'tenant:a',
      seq: 1,
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      action: 'key.rotate',
      outcome: 'intent',
      principal: 'user:1',
      details: { n: 1, ok: true },
    });
    expect(b?.event).toEqual(event('tenant:a', { reason: 'why — “so” ☂' }));
    expect(await problemsOf('tenant:a')).toEqual([]);
  });

  it('does not let an event name its own place', async () => {
    const forged = { ...event('tenant:b'), seq: 99, at: '1970', v: 7 };
    expect((await appendAudit(test.ledger, forged)).seq).toBe(1);
    expect(await problemsOf('tenant:b')).toEqual([]);
    const { items } = await listAudit(test.ledger, { chain: 'tenant:b', limit: 1 });
    expect(items[0]?.at).not.toBe('1970');
  });

  it('keeps a chain whole under concurrent writers', async () => {
    await Promise.all(
      Array.from({ length: 150 }, (_, i) => appendAudit(test.ledger, event('tenant:c', { version: i }))),
    );
    const { items } = await listAudit(test.ledger, { chain: 'tenant:c', limit: 1000 });
    expect(items.map((item) => item.seq)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    expect(new Set(items.map((item) => item.event.version)).size).toBe(150);
    expect(await problemsOf('tenant:c')).toEqual([]);
  });

  it('writes one entry for a dedupe key, also when many try at once; each chain has its own', async () => {
    const places = await Promise.all(
      Array.from({ length: 20 }, () => appendAudit(test.ledger, event('tenant:d'), 'op/done')),
    );
    expect(new Set(places.map((place) => `${place.seq} ${place.hash}`)).size).toBe(1);
    await appendAudit(test.ledger, event('tenant:d'), 'op/other');
    expect((await appendAudit(test.ledger, event('tenant:e'), 'op/done')).seq).toBe(1);
    expect((await listAudit(test.ledger, { chain: 'tenant:d', limit: 10 })).items).toHaveLength(2);
    expect(await problemsOf('tenant:d')).toEqual([]);
  });

  it('leaves no gap when a transaction rolls back', async () => {
    const failing = test.ledger.db.transaction().execute(async (trx) => {
      await appendAudit(trx, event('tenant:f'));
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect((await appendAudit(test.ledger, event('tenant:f'))).seq).toBe(1);
  });
});

describe('reading', () => {
  it('pages by seq and finds an operation’s entries', async () => {
    for (let i = 0; i < 5; i += 1) {
      await appendAudit(test.ledger, event('tenant:g', i % 2 === 0 ? { operationId: OPERATION } : {}));
    }
    const page = await listAudit(test.ledger, { chain: 'tenant:g', limit: 3 });
    expect(page.items.map((item) => item.seq)).toEqual([1, 2, 3]);
    expect(page.nextAfterSeq).toBe(3);
    const rest = await listAudit(test.ledger, { chain: 'tenant:g', afterSeq: 3, limit: 3 });
    expect(rest.items.map((item) => item.seq)).toEqual([4, 5]);
    expect(rest.nextAfterSeq).toBeNull();
    const own = await listAudit(test.ledger, { chain: 'tenant:g', limit: 10, operationId: OPERATION });
    expect(own.items.map((item) => item.seq)).toEqual([1, 3, 5]);
  });

  it('streams all chains in order, whatever the batch', async () => {
    const read = async (batchSize: number) => {
      const places: string[] = [];
      for await (const entry of streamAudit(test.ledger, { batchSize }))
        places.push(`${entry.chain} ${entry.seq}`);
      return places;
    };
    const all = await read(1000);
    expect(all.length).toBeGreaterThan(150);
    expect(await read(7)).toEqual(all);
    expect(await read(all.length)).toEqual(all);
  });
});

describe('the trail only grows', () => {
  it.each([
    `update audit_entries set entry = 'x'`,
    'delete from audit_entries where false',
    'truncate audit_entries',
    'delete from audit_heads',
    'truncate audit_heads',
  ])('refuses %s', async (statement) => {
    await appendAudit(test.ledger, event('tenant:h'));
    await expect(test.query(statement)).rejects.toMatchObject({
      code: 'KT001',
      message: expect.stringContaining('the audit trail only grows'),
    });
  });
});
