/** The search for missing costs: each call is asked for by one searcher, again and again, and in the end given up. */
import type { UsageRecord } from '../../src/contract/gateway';
import { claimUnpricedUsage, giveUpUsage } from '../../src/ledger/claim-unpriced-usage';
import { reserveSpend } from '../../src/ledger/platform-spend';
import { completeUsage, recordUsage } from '../../src/ledger/record-usage';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { booksOf, call, ended, forgetCalls, MONTH, platformCall, rowOf } from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

const BEGAN_MS = Date.parse(call().startedAt);
const HOUR_MS = 3_600_000;
const LEASE_MS = 30_000;
const search = { limit: 100, now: BEGAN_MS, leaseMs: LEASE_MS, maxAttempts: 3, openMs: HOUR_MS };
const ending = { limit: 100, now: BEGAN_MS, maxAttempts: 3, maxAgeMs: 24 * HOUR_MS, openMs: HOUR_MS };

async function claim(fields: Partial<typeof search> = {}): Promise<string[]> {
  return (await claimUnpricedUsage(test.ledger, { ...search, ...fields })).map((usage) => usage.id);
}
async function giveUp(fields: Partial<typeof ending> = {}): Promise<string[]> {
  return (await giveUpUsage(test.ledger, { ...ending, ...fields })).map((usage) => usage.id);
}
async function reserved(fields: Partial<UsageRecord> = {}): Promise<UsageRecord> {
  const record = platformCall(fields);
  await reserveSpend(test.ledger, {
    record,
    amountUsd: '0.40',
    tenantBudgetUsd: '10',
    totalBudgetUsd: '10',
  });
  return record;
}

it('finds calls that ended without a cost, with what is needed to ask', async () => {
  const theirs = ended(call({ keyVersion: 4, tenantId: 'beta' }), null, { outcome: 'aborted' });
  await recordUsage(test.ledger, [
    theirs,
    ended(call(), '0'),
    ended(call(), null, { generationId: null }),
    { ...call(), generationId: 'gen-still-open' },
  ]);
  expect(await claimUnpricedUsage(test.ledger, search)).toEqual([
    {
      id: theirs.id,
      tenantId: 'beta',
      credential: 'tenant',
      keyVersion: 4,
      generationId: `gen-${theirs.id}`,
      outcome: 'aborted',
      startedAt: theirs.startedAt,
      attempts: 1,
    },
  ]);
});

it('finds open calls once they are older than any call can be', async () => {
  const record = { ...call(), generationId: 'gen-lost' };
  await recordUsage(test.ledger, [record]);
  expect(await claim({ now: BEGAN_MS + HOUR_MS - 1 })).toEqual([]);
  expect(await claim({ now: BEGAN_MS + HOUR_MS })).toEqual([record.id]);
});

it('waits twice as long after each try, up to an hour, as often as it may', async () => {
  const record = ended(call(), null);
  await recordUsage(test.ledger, [record]);
  let now = BEGAN_MS;
  const waits = [30_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, HOUR_MS, HOUR_MS];
  for (const waitMs of waits) {
    expect(await claim({ now, maxAttempts: waits.length })).toEqual([record.id]);
    expect(await claim({ now: now + waitMs - 1, maxAttempts: waits.length })).toEqual([]);
    now += waitMs;
  }
  expect(await rowOf(test, record.id)).toMatchObject({ attempts: waits.length });
  expect(await claim({ now, maxAttempts: waits.length })).toEqual([]);
});

it('keeps a lease that is longer than an hour', async () => {
  const record = ended(call(), null);
  await recordUsage(test.ledger, [record]);
  expect(await claim({ leaseMs: 2 * HOUR_MS })).toEqual([record.id]);
  expect(await claim({ leaseMs: 2 * HOUR_MS, now: BEGAN_MS + 2 * HOUR_MS - 1 })).toEqual([]);
  expect(await claim({ leaseMs: 2 * HOUR_MS, now: BEGAN_MS + 2 * HOUR_MS })).toEqual([record.id]);
});

it('gives each call to one searcher, oldest first', async () => {
  const records = Array.from({ length: 60 }, (_, i) =>
    ended(call({ startedAt: new Date(BEGAN_MS - i * 1000).toISOString() }), null),
  );
  await recordUsage(test.ledger, records);
  const oldest = await claim({ limit: 5 });
  expect(new Set(oldest)).toEqual(new Set(records.slice(-5).map((record) => record.id)));
  const claimed = (await Promise.all(Array.from({ length: 12 }, () => claim({ limit: 10 })))).flat();
  expect(claimed).toHaveLength(new Set(claimed).size);
  const rest = await claim();
  expect(new Set([...oldest, ...claimed, ...rest]).size).toBe(60);
  expect(oldest.length + claimed.length + rest.length).toBe(60);
});

it('does not find again what was completed', async () => {
  const record = ended(await reserved(), null);
  await recordUsage(test.ledger, [record]);
  expect(await claim()).toEqual([record.id]);
  await completeUsage(test.ledger, record.id, { costUsd: '0.125', promptTokens: 3 });
  const later = BEGAN_MS + 1000 * HOUR_MS;
  expect(await claim({ now: later })).toEqual([]);
  expect(await giveUp({ now: later })).toEqual([]);
  expect(await booksOf(test)).toMatchObject({ [`total ${MONTH}`]: ['0.125', '0'] });
  expect(await rowOf(test, record.id)).toMatchObject({ estimated: false, given_up_at: null });
});

describe('giving up', () => {
  it('waits for the last answer, then charges the whole reservation and says that it is an estimate', async () => {
    const record = ended(await reserved(), null);
    await recordUsage(test.ledger, [record]);
    const last = BEGAN_MS + 90_000;
    for (const now of [BEGAN_MS, BEGAN_MS + 30_000, last]) {
      expect(await giveUp({ now })).toEqual([]);
      expect(await claim({ now })).toEqual([record.id]);
    }
    expect(await giveUp({ now: last + 119_999 })).toEqual([]);
    expect(await booksOf(test)).toMatchObject({ [`tenant:acme ${MONTH}`]: ['0', '0.4'] });
    const over = { ...ending, now: last + 120_000 };
    expect(await giveUpUsage(test.ledger, over)).toEqual([
      { id: record.id, tenantId: 'acme', credential: 'platform', chargedUsd: '0.4' },
    ]);
    expect(await rowOf(test, record.id)).toMatchObject({ outcome: 'done', cost_usd: null, estimated: true });
    expect(await booksOf(test)).toEqual({
      [`tenant:acme ${MONTH}`]: ['0.4', '0'],
      [`total ${MONTH}`]: ['0.4', '0'],
    });
    expect(await giveUp({ now: last + 1000 * HOUR_MS })).toEqual([]);
    expect(await claim({ now: last + 1000 * HOUR_MS, maxAttempts: 99 })).toEqual([]);
  });

  it('takes the cost all the same, should it come later', async () => {
    const record = ended(await reserved(), null, { generationId: null });
    await recordUsage(test.ledger, [record]);
    expect(await giveUp({ now: BEGAN_MS + 24 * HOUR_MS })).toEqual([record.id]);
    await recordUsage(test.ledger, [{ ...record, outcome: 'aborted' }]);
    expect(await rowOf(test, record.id)).toMatchObject({ estimated: true });
    expect(await booksOf(test)).toMatchObject({ [`total ${MONTH}`]: ['0.4', '0'] });
    await recordUsage(test.ledger, [ended(record, '0.1')]);
    expect(await rowOf(test, record.id)).toMatchObject({
      estimated: false,
      given_up_at: null,
      cost_usd: '0.1',
    });
    expect(await booksOf(test)).toMatchObject({ [`total ${MONTH}`]: ['0.1', '0'] });
  });

  it('ends open calls whose process died before it heard of a generation', async () => {
    const record = await reserved();
    expect(await giveUp({ now: BEGAN_MS + HOUR_MS - 1 })).toEqual([]);
    expect(await giveUp({ now: BEGAN_MS + HOUR_MS })).toEqual([record.id]);
    expect(await rowOf(test, record.id)).toMatchObject({ outcome: 'aborted', estimated: true });
    expect(await booksOf(test)).toMatchObject({ [`total ${MONTH}`]: ['0.4', '0'] });
  });

  it('ends open calls with a generation only after it was asked for', async () => {
    const record = { ...(await reserved()), generationId: 'gen-lost' };
    await recordUsage(test.ledger, [record]);
    const now = BEGAN_MS + 1000 * HOUR_MS;
    expect(await giveUp({ now })).toEqual([]);
    expect(await claim({ now, maxAttempts: 1 })).toEqual([record.id]);
    expect(await giveUp({ now: now + LEASE_MS, maxAttempts: 1 })).toEqual([record.id]);
    expect(await rowOf(test, record.id)).toMatchObject({ outcome: 'aborted', estimated: true });
  });

  it('charges the platform nothing for what tenants paid, and estimates nothing of it', async () => {
    const record = ended(call(), null, { generationId: null });
    await recordUsage(test.ledger, [record, ended(platformCall(), null, { generationId: null })]);
    const later = { ...ending, now: BEGAN_MS + 24 * HOUR_MS };
    expect((await giveUpUsage(test.ledger, later)).map((usage) => usage.chargedUsd)).toEqual(['0', '0']);
    expect(await rowOf(test, record.id)).toMatchObject({ outcome: 'done', estimated: false });
    expect(await booksOf(test)).toEqual({});
  });

  it('is done in bounded steps, and by several at once without counting twice', async () => {
    for (let i = 0; i < 25; i += 1)
      await reserved({ startedAt: new Date(BEGAN_MS - i * 1000).toISOString() });
    const now = BEGAN_MS + HOUR_MS;
    const [first, ...others] = await Promise.all([7, 7, 7, 7].map((limit) => giveUp({ now, limit })));
    expect(first?.length).toBeLessThanOrEqual(7);
    const rest = await giveUp({ now });
    expect(new Set([...(first ?? []), ...others.flat(), ...rest]).size).toBe(25);
    expect(await booksOf(test)).toMatchObject({ [`total ${MONTH}`]: ['10', '0'] });
  });

  it.each([0, 1001])('refuses the limit %d', async (limit) => {
    await expect(giveUp({ limit })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(claim({ limit })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
