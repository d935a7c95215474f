/** The platform's budget: no race, order or repetition makes it pay more than it allowed, or count money twice. */
import type { UsageRecord } from '../../src/contract/gateway';
import { readBudget, reserveSpend, type SpendDecision } from '../../src/ledger/platform-spend';
import { recordUsage } from '../../src/ledger/record-usage';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import {
  booksOf,
  call,
  countStatements,
  ended,
  forgetCalls,
  MONTH,
  platformCall,
  rowOf,
} from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

function reserve(
  record: UsageRecord,
  amountUsd: string,
  budgets: { tenant?: string; total?: string } = {},
): Promise<SpendDecision> {
  return reserveSpend(test.ledger, {
    record,
    amountUsd,
    tenantBudgetUsd: budgets.tenant ?? '10',
    totalBudgetUsd: budgets.total ?? '100',
  });
}

const bothScopes = (settled: string, reserved: string) => ({
  [`tenant:acme ${MONTH}`]: [settled, reserved],
  [`total ${MONTH}`]: [settled, reserved],
});

it('reserves, holds while the cost is unknown, and settles once, to the digit', async () => {
  const first = platformCall();
  expect(await reserve(first, '0.1')).toEqual({ granted: true, tenantSpentUsd: '0.1', totalSpentUsd: '0.1' });
  const second = platformCall();
  expect(await reserve(second, '0.2')).toEqual({
    granted: true,
    tenantSpentUsd: '0.3',
    totalSpentUsd: '0.3',
  });
  expect(await rowOf(test, second.id)).toMatchObject({
    outcome: 'open',
    reserved_usd: '0.2',
    credential: 'platform',
  });

  await recordUsage(test.ledger, [ended(first, null)]);
  expect(await booksOf(test)).toEqual(bothScopes('0', '0.3'));
  for (let i = 0; i < 3; i += 1) await recordUsage(test.ledger, [ended(first, '0.0000001')]);
  expect(await booksOf(test)).toEqual(bothScopes('0.0000001', '0.2'));
  expect(await readBudget(test.ledger, { tenantId: 'acme', month: MONTH, budgetUsd: '10' })).toEqual({
    month: MONTH,
    spentUsd: '0.0000001',
    reservedUsd: '0.2',
    budgetUsd: '10',
  });
});

it('is one round trip', async () => {
  const counted = countStatements(test.ledger);
  await reserveSpend(counted.ledger, {
    record: platformCall(),
    amountUsd: '1',
    tenantBudgetUsd: '10',
    totalBudgetUsd: '10',
  });
  expect(counted.count()).toBe(1);
});

it('gives a reservation back when the upstream refused: the call cost nothing', async () => {
  const record = platformCall();
  await reserve(record, '10');
  expect(await reserve(platformCall(), '0.01')).toMatchObject({ granted: false, scope: 'tenant' });
  await recordUsage(test.ledger, [{ ...record, outcome: 'refused', status: 429, costUsd: '0' }]);
  expect(await booksOf(test)).toEqual({});
  expect(await reserve(platformCall(), '10')).toMatchObject({ granted: true });
});

it('says which budget refused, what is spent of it, and leaves no trace of the call', async () => {
  await reserve(platformCall(), '4');
  await reserve(platformCall({ tenantId: 'beta' }), '5.50');
  const refused = platformCall();
  expect(await reserve(refused, '0.5000001', { tenant: '4.5' })).toEqual({
    granted: false,
    scope: 'tenant',
    spentUsd: '4',
    budgetUsd: '4.5',
  });
  expect(await reserve(refused, '0.5000001', { total: '10' })).toEqual({
    granted: false,
    scope: 'total',
    spentUsd: '9.5',
    budgetUsd: '10',
  });
  expect(await test.query('select id from gateway_usage where id = $1', [refused.id])).toEqual([]);
  expect(await reserve(refused, '0.5', { tenant: '4.5', total: '10' })).toEqual({
    granted: true,
    tenantSpentUsd: '4.5',
    totalSpentUsd: '10',
  });
});

it('grants calls that cost nothing even when nothing is left', async () => {
  await reserve(platformCall(), '10');
  const free = platformCall();
  expect(await reserve(free, '0')).toEqual({ granted: true, tenantSpentUsd: '10', totalSpentUsd: '10' });
  expect(await reserve(platformCall({ tenantId: 'new' }), '0', { tenant: '0', total: '0' })).toEqual({
    granted: true,
    tenantSpentUsd: '0',
    totalSpentUsd: '10',
  });
  await recordUsage(test.ledger, [ended(free, '0')]);
  expect(await booksOf(test)).toEqual(bothScopes('0', '10'));
});

it('may spend more than was reserved when the call did: the truth is booked, and the next one is refused', async () => {
  const record = platformCall();
  await reserve(record, '9');
  await recordUsage(test.ledger, [ended(record, '11.25')]);
  expect(await booksOf(test)).toEqual(bothScopes('11.25', '0'));
  expect(await reserve(platformCall(), '0.01')).toMatchObject({ granted: false, spentUsd: '11.25' });
});

it('takes and settles in the UTC month the call began in', async () => {
  const december = platformCall({ startedAt: '2026-01-01T00:30:00+01:00' });
  const january = platformCall({ startedAt: '2026-01-01T00:00:00Z' });
  await reserve(december, '10');
  expect(await reserve(january, '10')).toMatchObject({ granted: true });
  await recordUsage(test.ledger, [ended(december, '1'), ended(january, '2')]);
  expect(await booksOf(test)).toEqual({
    'tenant:acme 2025-12': ['1', '0'],
    'tenant:acme 2026-01': ['2', '0'],
    'total 2025-12': ['1', '0'],
    'total 2026-01': ['2', '0'],
  });
});

it('takes once when asked twice, also when the budget is used up by then', async () => {
  const record = platformCall();
  const taken = { granted: true, tenantSpentUsd: '10', totalSpentUsd: '10' };
  expect(await reserve(record, '10')).toEqual(taken);
  expect(await reserve(record, '10')).toEqual(taken);
  expect(await booksOf(test)).toEqual(bothScopes('0', '10'));
});

it('refuses to reserve for a call that has ended', async () => {
  const record = platformCall();
  await recordUsage(test.ledger, [{ ...record, outcome: 'aborted', costUsd: '0' }]);
  await expect(reserve(record, '1')).rejects.toMatchObject({
    code: 'internal',
    details: { constraint: 'gateway_reserve_open_call' },
  });
  expect(await booksOf(test)).toEqual({});
});

it('makes an open call with the tenant’s key one of the platform’s when it falls back', async () => {
  const record = call({ keyVersion: 3 });
  await recordUsage(test.ledger, [record]);
  const fallenBack = { ...record, credential: 'env', keyVersion: null, fallbackReason: 'exhausted' } as const;
  await reserve(fallenBack, '2');
  expect(await rowOf(test, record.id)).toMatchObject({
    credential: 'env',
    key_version: null,
    fallback_reason: 'exhausted',
    reserved_usd: '2',
  });
  // Late word of the first attempt changes nothing of whose money it is.
  await recordUsage(test.ledger, [record]);
  await recordUsage(test.ledger, [ended(record, null, { outcome: 'refused', status: 402 })]);
  expect(await rowOf(test, record.id)).toMatchObject({
    credential: 'env',
    key_version: null,
    outcome: 'refused',
  });
  expect(await booksOf(test)).toEqual(bothScopes('0', '2'));
  await recordUsage(test.ledger, [ended(fallenBack, '0.5')]);
  expect(await rowOf(test, record.id)).toMatchObject({ credential: 'env', outcome: 'done' });
  expect(await booksOf(test)).toEqual(bothScopes('0.5', '0'));
});

it('books what the platform paid without a reservation, and nothing of what tenants paid', async () => {
  await recordUsage(test.ledger, [
    ended(platformCall({ credential: 'env', reservedUsd: '5' }), '0.25'),
    ended(platformCall(), null),
    ended(call({ reservedUsd: '7' }), '3'),
  ]);
  expect(await booksOf(test)).toEqual(bothScopes('0.25', '0'));
});

it.each(['', '-1', 'NaN', 'Infinity', '1,5', ' 1', '1; select 1'])(
  'refuses the amount %j',
  async (amount) => {
    await expect(reserve(platformCall(), amount)).rejects.toMatchObject({ code: 'internal' });
    await expect(reserve(platformCall(), '1', { tenant: amount })).rejects.toMatchObject({
      code: 'internal',
    });
    await expect(reserve(platformCall(), '1', { total: amount })).rejects.toMatchObject({ code: 'internal' });
    expect(await booksOf(test)).toEqual({});
  },
);

it.each(['1e+21', '99999999999999999999', '1e30'])(
  'refuses %s like any amount above the budget',
  async (amount) => {
    expect(await reserve(platformCall(), amount)).toMatchObject({ granted: false, scope: 'tenant' });
  },
);
