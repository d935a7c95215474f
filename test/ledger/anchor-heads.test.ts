import { anchorHeads } from '../../src/ledger/anchor-heads';
import { digestText, readStatement } from '../../src/ledger/anchor-statement';
import { appendAudit, streamAudit } from '../../src/ledger/audit-trail';
import { verifyTrail, type TrailReport } from '../../src/ledger/verify-trail';
import { keepAnchors, type AnchorKeeper } from './keep-anchors';
import { openTestLedger, type TestLedger } from './open-test-ledger';

let test: TestLedger;
let keeper: AnchorKeeper;

/** Chains `tenant:a` with 5 entries and `tenant:b` with 3, anchored twice on the way. */
beforeEach(async () => {
  await test.query(`set session_replication_role = 'replica'`);
  await test.query('truncate audit_entries, audit_heads, audit_anchored');
  keeper = keepAnchors();
  await append('tenant:a', 3);
  await anchorHeads(test.ledger, keeper);
  await append('tenant:a', 2);
  await append('tenant:b', 3);
  await anchorHeads(test.ledger, keeper);
});
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());

async function append(chain: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await appendAudit(test.ledger, { chain, action: 'key.rotate', outcome: 'done', principal: 'user:1' });
  }
}

async function verify(): Promise<TrailReport> {
  return await verifyTrail({
    entries: streamAudit(test.ledger),
    anchors: keeper.list(),
    publicKeys: keeper.publicKeys,
  });
}

describe('anchoring', () => {
  it('does nothing while nothing changed', async () => {
    expect(await anchorHeads(test.ledger, keeper)).toBeNull();
    await append('tenant:b', 1);
    const anchored = await anchorHeads(test.ledger, keeper);
    expect(anchored?.n).toBe(3);
    // Only the chain that grew: an anchor's size does not grow with the number of tenants.
    expect(anchored?.heads).toEqual({ 'tenant:b': { seq: 4, hash: expect.any(String) } });
    expect(readStatement(keeper.kept[2]?.text ?? '')?.prev).toBe(digestText(keeper.kept[1]?.text ?? ''));
  });

  it('goes on after the signing key was rotated', async () => {
    keeper.rotateKey();
    await append('tenant:a', 1);
    await anchorHeads(test.ledger, keeper);
    expect(keeper.kept[2]?.keyVersion).toBe(2);
    expect((await verify()).ok).toBe(true);
  });

  it('keeps one unbroken line of anchors when several processes anchor', async () => {
    await append('tenant:a', 1);
    await Promise.all(Array.from({ length: 8 }, () => anchorHeads(test.ledger, keeper)));
    expect(keeper.kept).toHaveLength(3);
    expect((await verify()).ok).toBe(true);
  });

  it('re-reads and tries again after a lost race', async () => {
    await append('tenant:a', 1);
    let lost = 0;
    const racing = {
      ...keeper,
      putAnchor: async (n: number, body: (typeof keeper.kept)[number]) => {
        if (lost === 0) {
          lost += 1;
          await anchorHeads(test.ledger, keeper);
          await append('tenant:a', 1);
        }
        return await keeper.putAnchor(n, body);
      },
    };
    expect(await anchorHeads(test.ledger, racing)).toMatchObject({ n: 4 });
    expect((await verify()).ok).toBe(true);
  });

  it('does not build on an anchor it cannot read', async () => {
    await append('tenant:a', 1);
    keeper.kept[1] = { ...(keeper.kept[1] as (typeof keeper.kept)[number]), text: 'x' };
    await expect(anchorHeads(test.ledger, keeper)).rejects.toMatchObject({
      code: 'internal',
      details: { anchor: 2 },
    });
  });
});
