/** Random lives of calls: whatever comes, in whatever order and however often, the books agree with the rows. */
import type { UsageRecord } from '../../src/contract/gateway';
import { giveUpUsage } from '../../src/ledger/claim-unpriced-usage';
import { openLedger } from '../../src/ledger/ledger';
import { reserveSpend } from '../../src/ledger/platform-spend';
import { completeUsage, recordUsage } from '../../src/ledger/record-usage';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { booksOf, call, ended, forgetCalls, platformCall } from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

const LIVES = 12;
const CALLS = 24;

/** Numerical Recipes' linear congruential generator: repeatable, good enough to shuffle records. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function shuffle<T>(items: readonly T[], random: (below: number) => number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = random(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
  }
  return shuffled;
}

/** The books as the rows tell them, in whole ten-millionths of a dollar. */
async function booksByRows(): Promise<Record<string, [string, string]>> {
  const sums = new Map<string, [bigint, bigint]>();
  const units = (amount: unknown): bigint => BigInt(Math.round(Number(amount) * 1e7));
  for (const row of await test.query(`select * from gateway_usage where credential <> 'tenant'`)) {
    const month = (row['started_at'] as Date).toISOString().slice(0, 7);
    const isKnown = row['cost_usd'] !== null;
    const isOver = isKnown || row['given_up_at'] !== null;
    const settled = isKnown ? units(row['cost_usd']) : isOver ? units(row['reserved_usd']) : 0n;
    const held = isOver ? 0n : units(row['reserved_usd']);
    for (const name of [`tenant:${row['tenant_id'] as string} ${month}`, `total ${month}`]) {
      const [a, b] = sums.get(name) ?? [0n, 0n];
      sums.set(name, [a + settled, b + held]);
    }
  }
  const print = (amount: bigint) => String(Number(amount) / 1e7);
  return Object.fromEntries(
    [...sums].filter(([, [a, b]]) => a + b > 0n).map(([name, [a, b]]) => [name, [print(a), print(b)]]),
  );
}

it.each([...Array(LIVES).keys()])('leave books that agree with the rows, life %d', async (life) => {
  const random = randomFrom(life + 1);
  const other = openLedger({ databaseUrl: test.databaseUrl });
  const began: UsageRecord[] = [];
  const words: (() => Promise<unknown>)[] = [];
  const costs = new Map<string, string>();
  for (let i = 0; i < CALLS; i += 1) {
    const tenantId = `t${random(3)}`;
    const startedAt = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z'][random(2)] as string;
    const record = [call, platformCall, platformCall][random(3)]!({ tenantId, startedAt });
    began.push(record);
    if (record.credential === 'platform' && random(4) > 0) {
      const amountUsd = `0.${random(1000) + 1}`;
      await reserveSpend(test.ledger, { record, amountUsd, tenantBudgetUsd: '900', totalBudgetUsd: '900' });
    }
    const costUsd = `0.0${random(100_000) + 1}`;
    if (random(5) > 0) costs.set(record.id, costUsd);
  }
  const draw = (): UsageRecord => {
    const record = began[random(CALLS)] as UsageRecord;
    switch (random(4)) {
      case 0:
        return record;
      case 1:
        return { ...record, generationId: `gen-${record.id}`, status: 200 };
      case 2:
        return ended(record, null, random(2) === 0 ? { generationId: null } : {});
      default:
        return ended(record, costs.get(record.id) ?? null);
    }
  };
  for (let i = 0; i < 30; i += 1) {
    const ledger = random(2) === 0 ? test.ledger : other;
    const batch = Array.from({ length: 1 + random(8) }, draw);
    const one = began[random(CALLS)] as UsageRecord;
    const costUsd = costs.get(one.id) ?? null;
    const [limit, now] = [1 + random(3), Date.parse('2026-02-02T00:00:00Z')];
    words.push(() => recordUsage(ledger, batch));
    if (random(4) === 0) words.push(() => completeUsage(ledger, one.id, { costUsd }));
    if (random(6) === 0) {
      words.push(() => giveUpUsage(ledger, { limit, now, maxAttempts: 0, maxAgeMs: 0, openMs: 0 }));
    }
  }
  // Some one after another, some at once, and each as often as a process that lost its answers would.
  const repeated = shuffle([...words, ...words], random);
  while (repeated.length > 0) {
    await Promise.all(repeated.splice(0, 1 + random(6)).map((word) => word()));
    expect(await booksOf(test)).toEqual(await booksByRows());
  }
  await recordUsage(
    test.ledger,
    shuffle(began, random).map((record) => ended(record, costs.get(record.id) ?? null)),
  );
  await other.close();
  expect(await booksOf(test)).toEqual(await booksByRows());
  const rows = await test.query('select id, cost_usd from gateway_usage');
  expect(new Map(rows.map((row) => [row['id'], row['cost_usd'] ?? undefined]))).toEqual(
    new Map(began.map((record) => [record.id, costs.get(record.id)])),
  );
});
