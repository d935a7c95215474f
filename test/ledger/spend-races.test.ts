/** Many calls at once that the platform would pay for: they never get more than a budget holds. */
import { sql } from 'kysely';
import type { UsageRecord } from '../../src/contract/gateway';
import { openLedger } from '../../src/ledger/ledger';
import { reserveSpend } from '../../src/ledger/platform-spend';
import { recordUsage } from '../../src/ledger/record-usage';
import { until } from '../support/until';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { booksOf, ended, forgetCalls, MONTH, platformCall } from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

const reserve = (record: UsageRecord, amountUsd: string) =>
  reserveSpend(test.ledger, { record, amountUsd, tenantBudgetUsd: '10', totalBudgetUsd: '100' });

const bothScopes = (settled: string, reserved: string) => ({
  [`tenant:acme ${MONTH}`]: [settled, reserved],
  [`total ${MONTH}`]: [settled, reserved],
});

const MANY = 100;

async function race(records: readonly UsageRecord[], budgets: { tenant: string; total: string }) {
  // As if from two processes.
  const other = openLedger({ databaseUrl: test.databaseUrl });
  const decisions = await Promise.all(
    records.map((record, i) =>
      reserveSpend(i % 2 === 0 ? test.ledger : other, {
        record,
        amountUsd: '0.1',
        tenantBudgetUsd: budgets.tenant,
        totalBudgetUsd: budgets.total,
      }),
    ),
  );
  await other.close();
  return decisions;
}

it('never exceed the budget of a tenant, and use it up', async () => {
  const decisions = await race(
    Array.from({ length: MANY }, () => platformCall()),
    { tenant: '3.05', total: '100' },
  );
  expect(decisions.filter((decision) => decision.granted)).toHaveLength(30);
  expect(await booksOf(test)).toEqual(bothScopes('0', '3'));
  expect(await test.query('select count(*)::int as n from gateway_usage')).toEqual([{ n: 30 }]);
});

it('never exceed the total of all tenants, and what a refused one took is given back', async () => {
  const records = Array.from({ length: MANY }, (_, i) => platformCall({ tenantId: `tenant-${i % 7}` }));
  const decisions = await race(records, { tenant: '1', total: '5' });
  expect(decisions.filter((decision) => decision.granted)).toHaveLength(50);
  const { [`total ${MONTH}`]: total, ...tenants } = await booksOf(test);
  expect(total).toEqual(['0', '5']);
  const granted = (tenantId: string) =>
    records.filter((record, i) => record.tenantId === tenantId && decisions[i]?.granted).length;
  for (let i = 0; i < 7; i += 1) {
    const held = tenants[`tenant:tenant-${i} ${MONTH}`]?.[1] ?? '0';
    expect([i, Math.round(Number(held) * 10)]).toEqual([i, granted(`tenant-${i}`)]);
  }
});

it.each([
  ['tenant', 'tenant:acme'],
  ['total', 'total'],
] as const)('that all saw room in the %s budget get no more than there is', async (scope, held) => {
  await reserve(platformCall(), '1');
  const holder = await test.ledger.db.startTransaction().execute();
  await sql`select from platform_spend where scope = ${held} for update`.execute(holder);
  const other = openLedger({ databaseUrl: test.databaseUrl });
  const budgets = {
    tenantBudgetUsd: scope === 'tenant' ? '3' : '100',
    totalBudgetUsd: scope === 'total' ? '3' : '100',
  };
  const decisions = Array.from({ length: 8 }, () =>
    reserveSpend(other, { record: platformCall(), amountUsd: '0.75', ...budgets }),
  );
  await until('all of them have looked, and wait for the row', async () => {
    const [{ n } = {}] = await test.query(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    return n === 8;
  });
  await holder.rollback().execute();
  const refused = { granted: false, scope, spentUsd: '2.5', budgetUsd: '3' };
  const settled = await Promise.all(decisions);
  await other.close();
  expect(settled.filter((decision) => !decision.granted)).toEqual(Array(6).fill(refused));
  expect(await booksOf(test)).toEqual(bothScopes('0', '2.5'));
  expect(await test.query('select count(*)::int as n from gateway_usage')).toEqual([{ n: 3 }]);
});

it('settle while others reserve, without a deadlock, and nothing is left over', async () => {
  const records = Array.from({ length: MANY }, (_, i) => platformCall({ tenantId: `tenant-${i % 5}` }));
  await Promise.all(
    records.map(async (record, i) => {
      expect(await reserve(record, '0.07')).toMatchObject({ granted: true });
      // Batches with neighbours, so that several batches hold the same calls.
      await recordUsage(
        test.ledger,
        [ended(record, '0.03')].concat(i > 0 ? [records[i - 1] as UsageRecord] : []),
      );
    }),
  );
  const books = await booksOf(test);
  expect(books[`total ${MONTH}`]).toEqual(['3', '0']);
  expect(books[`tenant:tenant-0 ${MONTH}`]).toEqual(['0.6', '0']);
});
