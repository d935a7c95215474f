/** The platform's budget: no race, order or repetition makes it pay more than it allowed, or count money twice. */
import { recordUsage } from '../../src/ledger/record-usage';
import { reserveSpend, type SpendDecision } from '../../src/ledger/platform-spend';
import type { UsageRecord } from '../../src/contract/gateway';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { booksOf, ended, forgetCalls, MONTH, platformCall, rowOf } from './usage-records';

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
  expect(await booksOf(test)).toEqual({
    [`tenant:acme ${MONTH}`]: ['0', '0.3'],
    [`total ${MONTH}`]: ['0', '0.3'],
  });
  for (let i = 0; i < 3; i += 1) await recordUsage(test.ledger, [ended(first, '0.0000001')]);
  expect(await booksOf(test)).toEqual({
    [`tenant:acme ${MONTH}`]: ['0.0000001', '0.2'],
    [`total ${MONTH}`]: ['0.0000001', '0.2'],
  });
});
