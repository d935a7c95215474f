import { anchorHeads } from '../../src/ledger/anchor-heads';
import { readStatement, writeStatement, type AnchorStatement } from '../../src/ledger/anchor-statement';
import { appendAudit, streamAudit } from '../../src/ledger/audit-trail';
import { entryHash, genesisHash } from '../../src/ledger/verify-chain';
import { verifyTrail, type TrailReport } from '../../src/ledger/verify-trail';
import { keepAnchors, type AnchorKeeper } from './keep-anchors';
import { openTestLedger, type TestLedger } from './open-test-ledger';

let test: TestLedger;
let keeper: AnchorKeeper;

/** Chains `tenant:a` with 5 entries and `tenant:b` with 3, anchored twice on the way. */
beforeEach(async () => {
  await tamper('truncate audit_entries, audit_heads, audit_anchored');
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

/** What someone who owns the database can do: triggers off, then anything. */
async function tamper(...statements: string[]): Promise<void> {
  await test.query(`set session_replication_role = 'replica'`);
  for (const statement of statements) await test.query(statement);
  await test.query(`set session_replication_role = 'origin'`);
}

/** Rewrites a chain so that every hash fits again, as a careful attacker would. */
async function rehash(chain: string): Promise<void> {
  const rows = await test.query('select seq, entry from audit_entries where chain = $1 order by seq', [
    chain,
  ]);
  let prev = genesisHash(chain);
  await test.query(`set session_replication_role = 'replica'`);
  for (const row of rows) {
    const hash = entryHash(prev, String(row['entry']));
    await test.query(
      `update audit_entries set prev_hash = decode($3, 'hex'), hash = decode($4, 'hex') where chain = $1 and seq = $2`,
      [chain, row['seq'], prev, hash],
    );
    prev = hash;
  }
  await test.query(`set session_replication_role = 'origin'`);
}

function problems(report: TrailReport, chain: string): readonly string[] {
  return report.chains.find((found) => found.chain === chain)?.problems ?? ['no such chain'];
}

it('finds nothing wrong in what was written, and tells the unanchored tail', async () => {
  await append('tenant:a', 2);
  await append('tenant:c', 1);
  expect(await verify()).toEqual({
    ok: true,
    chains: [
      { chain: 'tenant:a', entries: 7, anchoredSeq: 5, unanchored: 2, problems: [] },
      { chain: 'tenant:b', entries: 3, anchoredSeq: 3, unanchored: 0, problems: [] },
      { chain: 'tenant:c', entries: 1, anchoredSeq: 0, unanchored: 1, problems: [] },
    ],
    anchors: { count: 2, latest: { n: 2, at: expect.any(String) }, problems: [] },
  });
});

describe('tampering with entries', () => {
  it('finds a changed entry', async () => {
    await tamper(
      `update audit_entries set entry = replace(entry, 'user:1', 'user:2') where chain = 'tenant:a' and seq = 2`,
    );
    const report = await verify();
    expect(report.ok).toBe(false);
    expect(problems(report, 'tenant:a')).toEqual(['entry 2 was changed: its text does not give its hash']);
    expect(problems(report, 'tenant:b')).toEqual([]);
  });

  it('finds a changed entry whose whole chain was hashed anew', async () => {
    await tamper(
      `update audit_entries set entry = replace(entry, 'user:1', 'user:2') where chain = 'tenant:a' and seq = 2`,
    );
    await rehash('tenant:a');
    const report = await verify();
    expect(problems(report, 'tenant:a')).toEqual([
      expect.stringMatching(/^entry 3 is not the one that anchor 1 \(.+\) vouches for$/),
      expect.stringMatching(/^entry 5 is not the one that anchor 2 \(.+\) vouches for$/),
    ]);
    expect(report.chains[0]).toMatchObject({ anchoredSeq: 0, unanchored: 5 });
  });

  it('finds a changed entry that was hashed anew alone', async () => {
    await tamper(
      `update audit_entries set entry = replace(entry, 'user:1', 'user:2') where chain = 'tenant:a' and seq = 2`,
      `update audit_entries set hash = sha256(prev_hash || convert_to(entry, 'UTF8')) where chain = 'tenant:a' and seq = 2`,
    );
    expect(problems(await verify(), 'tenant:a')).toEqual([
      'entry 3 does not follow entry 2: its prev_hash is not that entry’s hash',
    ]);
  });

  it('finds another beginning', async () => {
    await tamper(
      `update audit_entries set prev_hash = sha256('x') where chain = 'tenant:a' and seq = 1`,
      `update audit_entries set hash = sha256(prev_hash || convert_to(entry, 'UTF8')) where chain = 'tenant:a' and seq = 1`,
    );
    expect(problems(await verify(), 'tenant:a')).toEqual([
      'entry 1 does not begin the chain: its prev_hash is not that of an empty chain',
      'entry 2 does not follow entry 1: its prev_hash is not that entry’s hash',
    ]);
  });

  it('finds a removed entry', async () => {
    await tamper(`delete from audit_entries where chain = 'tenant:a' and seq = 2`);
    expect(problems(await verify(), 'tenant:a')).toEqual(['entry 2 is missing']);
  });

  it('finds a removed run of entries whose followers moved up and were hashed anew', async () => {
    await tamper(
      `delete from audit_entries where chain = 'tenant:a' and seq in (2, 3)`,
      `update audit_entries set seq = seq - 2, entry = replace(entry, '"seq": ' || seq, '"seq": ' || seq - 2)
         where chain = 'tenant:a' and seq > 3`,
    );
    await rehash('tenant:a');
    const found = problems(await verify(), 'tenant:a');
    expect(found[0]).toContain('entry 3 is not the one that anchor 1');
    expect(found[1]).toContain('the chain ends at entry 3, but anchor 2');
  });

  it('finds the first entry removed', async () => {
    await tamper(`delete from audit_entries where chain = 'tenant:a' and seq = 1`);
    expect(problems(await verify(), 'tenant:a')).toEqual(['entry 1 is missing']);
  });

  it('finds two entries swapped', async () => {
    await tamper(
      `update audit_entries e set entry = o.entry, hash = o.hash, prev_hash = o.prev_hash
         from audit_entries o where e.chain = 'tenant:a' and o.chain = 'tenant:a'
         and (e.seq, o.seq) in ((2, 3), (3, 2))`,
    );
    const found = problems(await verify(), 'tenant:a');
    expect(found).toContain('entry 2 was moved: its text says entry 3 of chain tenant:a');
    expect(found).toContain('entry 3 was moved: its text says entry 2 of chain tenant:a');
  });

  it('finds an entry moved to another chain', async () => {
    await tamper(`update audit_entries set chain = 'tenant:b', seq = 4 where chain = 'tenant:a' and seq = 5`);
    const report = await verify();
    expect(problems(report, 'tenant:a')[0]).toContain('the chain ends at entry 4, but anchor 2');
    expect(problems(report, 'tenant:b')).toContain(
      'entry 4 was moved: its text says entry 5 of chain tenant:a',
    );
  });

  it('finds a tail cut off before an anchor, heads included', async () => {
    await tamper(
      `delete from audit_entries where chain = 'tenant:a' and seq > 3`,
      `update audit_heads h set seq = 3, hash = e.hash from audit_entries e
         where h.chain = 'tenant:a' and e.chain = 'tenant:a' and e.seq = 3`,
    );
    const found = problems(await verify(), 'tenant:a');
    expect(found).toEqual([
      expect.stringMatching(
        /^the chain ends at entry 3, but anchor 2 \(.+\) vouches for entry 5: entries were removed$/,
      ),
    ]);
  });

  it('finds a cut tail that has grown and been anchored again since', async () => {
    await tamper(
      `delete from audit_entries where chain = 'tenant:a' and seq > 3`,
      `update audit_heads h set seq = 3, hash = e.hash from audit_entries e
         where h.chain = 'tenant:a' and e.chain = 'tenant:a' and e.seq = 3`,
    );
    await anchorHeads(test.ledger, keeper);
    await append('tenant:a', 4);
    await anchorHeads(test.ledger, keeper);
    const found = problems(await verify(), 'tenant:a');
    expect(found[0]).toBe(
      'anchor 3 shows the chain ending at entry 3, anchor 2 before it at 5: entries were removed',
    );
    expect(found[1]).toContain('entry 5 is not the one that anchor 2');
  });

  it('finds a whole chain removed, also after a further anchor', async () => {
    await tamper(
      `delete from audit_entries where chain = 'tenant:b'`,
      `delete from audit_heads where chain = 'tenant:b'`,
    );
    expect(problems(await verify(), 'tenant:b')).toEqual([
      expect.stringMatching(/^the whole chain is missing: anchor 2 \(.+\) vouches for 3 entries$/),
    ]);
    await anchorHeads(test.ledger, keeper);
    expect(problems(await verify(), 'tenant:b')).toEqual([
      expect.stringMatching(/^the whole chain is missing: anchor 2 .* vouches for 3 entries$/),
    ]);
  });

  it('cannot see a change of the unanchored tail, and so reports the tail', async () => {
    await append('tenant:a', 1);
    await tamper(
      `update audit_entries set entry = replace(entry, 'user:1', 'user:2') where chain = 'tenant:a' and seq = 6`,
    );
    await rehash('tenant:a');
    const report = await verify();
    expect(report.ok).toBe(true);
    expect(report.chains[0]).toMatchObject({ entries: 6, anchoredSeq: 5, unanchored: 1 });
  });

  it('bounds its report', async () => {
    await append('tenant:a', 100);
    await tamper(`update audit_entries set entry = '[]' where chain = 'tenant:a'`);
    const found = problems(await verify(), 'tenant:a');
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toBe('and 160 more');
  });
});

describe('tampering with anchors', () => {
  const restate = (n: number, change: Partial<AnchorStatement>) => {
    const body = keeper.kept[n - 1] as (typeof keeper.kept)[number];
    const statement = readStatement(body.text) as AnchorStatement;
    return { ...body, text: writeStatement({ ...statement, ...change }) };
  };

  it('finds a changed anchor', async () => {
    keeper.kept[0] = restate(1, { heads: {} });
    const { ok, anchors } = await verify();
    expect(ok).toBe(false);
    expect(anchors.problems).toEqual([
      'anchor 1 was changed: its signature does not hold',
      'anchor 2 does not follow anchor 1: it names another text as the one before it',
    ]);
  });

  it('finds an anchor signed anew in the middle', async () => {
    keeper.kept[0] = keeper.signBody(restate(1, { at: '2020-01-01T00:00:00.000Z' }).text);
    expect((await verify()).anchors.problems).toEqual([
      'anchor 2 does not follow anchor 1: it names another text as the one before it',
    ]);
  });

  it('finds a missing anchor', async () => {
    const [, second] = keeper.kept;
    const anchors = (async function* () {
      yield { number: 2, body: second };
    })();
    const report = await verifyTrail({
      entries: streamAudit(test.ledger),
      anchors,
      publicKeys: keeper.publicKeys,
    });
    expect(report.anchors.problems[0]).toBe('anchor 1 is missing: anchor 2 comes next');
  });

  it('finds an anchor in another’s place', async () => {
    keeper.kept.reverse();
    const { anchors } = await verify();
    expect(anchors.problems).toContain('anchor 1 was moved: its text says anchor 2');
    expect(anchors.latest).toBeNull();
  });

  it.each([null, 'x', { text: 'x' }, { text: 1, signature: '', keyVersion: 1 }])(
    'finds that %j is no anchor',
    async (body) => {
      keeper.kept[1] = body as never;
      expect((await verify()).anchors.problems).toEqual(['anchor 2 is not an anchor']);
    },
  );

  it('takes no signature of a key it does not know, nor of another key', async () => {
    const anchors = () => keeper.list();
    const entries = () => streamAudit(test.ledger);
    const unknown = await verifyTrail({ entries: entries(), anchors: anchors(), publicKeys: new Map() });
    expect(unknown.anchors.problems[0]).toBe('anchor 1 is signed with key version 1, which is not known');
    const other = await verifyTrail({
      entries: entries(),
      anchors: anchors(),
      publicKeys: keepAnchors().publicKeys,
    });
    expect(other.anchors.problems[0]).toBe('anchor 1 was changed: its signature does not hold');
    const broken = await verifyTrail({
      entries: entries(),
      anchors: anchors(),
      publicKeys: new Map([[1, 'AAAA']]),
    });
    expect(broken.ok).toBe(false);
    expect(broken.chains.every((chain) => chain.anchoredSeq === 0)).toBe(true);
  });
});
