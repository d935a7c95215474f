/** Sums of usage: exact, by any dimensions, page by page without gaps. */
import { uuidv7 } from 'uuidv7';
import type { UsageDimension, UsageQuery, UsageSum } from '../../src/contract/usage';
import { recordUsage } from '../../src/ledger/record-usage';
import { summariseUsage } from '../../src/ledger/summarise-usage';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { call, ended, forgetCalls, platformCall } from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

const MARCH = { fromMs: Date.parse('2026-03-01T00:00:00Z'), toMs: Date.parse('2026-04-01T00:00:00Z') };
const NOTHING = {
  requests: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  cached_tokens: 0,
  cost_usd: '0',
  upstream_cost_usd: '0',
  unpriced_requests: 0,
};

function summarise(query: Partial<UsageQuery> = {}) {
  return summariseUsage(test.ledger, { tenantId: 'acme', ...MARCH, groupBy: ['day'], limit: 100, ...query });
}

async function everyPage(query: Partial<UsageQuery>): Promise<UsageSum[]> {
  const sums: UsageSum[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await summarise({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    sums.push(...page.sums);
    if (page.nextCursor === null) return sums;
    expect(page.sums).toHaveLength(query.limit ?? 100);
    cursor = page.nextCursor;
  }
}

it('is nothing for a tenant without calls', async () => {
  expect(await summarise()).toEqual({ sums: [], nextCursor: null, total: NOTHING });
  expect(await summarise({ groupBy: [] })).toEqual({ sums: [], nextCursor: null, total: NOTHING });
});

it('adds amounts as decimals, whatever their size', async () => {
  await recordUsage(test.ledger, [
    ended(call(), '0.1', { upstreamCostUsd: '0.7' }),
    ended(call(), '0.2', { upstreamCostUsd: '0.1' }),
    ended(call(), '1e-7'),
    ended(call(), '123456789012345'),
    ended(call(), '0.00000000000000000001'),
  ]);
  const { total } = await summarise();
  expect(total.cost_usd).toBe('123456789012345.30000010000000000001');
  expect(total.upstream_cost_usd).toBe('0.8');
});

it('adds 10,000 calls exactly, in every grouping', async () => {
  const records = Array.from({ length: 10_000 }, (_, i) =>
    ended(
      call({ startedAt: `2026-03-${String((i % 28) + 1).padStart(2, '0')}T23:59:59.999Z` }),
      `0.000000${i % 10}1`,
      {
        servedModel: `author/model-${i % 7}`,
        promptTokens: i,
        completionTokens: 1,
        reasoningTokens: 2,
        cachedTokens: 3,
      },
    ),
  );
  for (let at = 0; at < records.length; at += 1000) {
    await recordUsage(test.ledger, records.slice(at, at + 1000));
  }
  const expected = {
    ...NOTHING,
    requests: 10_000,
    prompt_tokens: 49_995_000,
    completion_tokens: 10_000,
    reasoning_tokens: 20_000,
    cached_tokens: 30_000,
    // 1,000 times each of 0.00000001, 0.00000011 … 0.00000091.
    cost_usd: '0.0046',
  };
  for (const groupBy of [
    [],
    ['day'],
    ['model', 'day'],
    ['day', 'model', 'credential', 'status'],
  ] as UsageDimension[][]) {
    const { total } = await summarise({ groupBy, limit: 1 });
    expect(total).toEqual(expected);
    const sums = await everyPage({ groupBy, limit: 50 });
    expect(sums.reduce((sum, one) => sum + one.requests, 0)).toBe(10_000);
    expect(sums.reduce((sum, one) => sum + one.prompt_tokens, 0)).toBe(49_995_000);
  }
});

it('groups by what was asked for: the model that served, the UTC day, the status or else the outcome', async () => {
  await recordUsage(test.ledger, [
    ended(call({ startedAt: '2026-03-01T23:59:59.999Z', model: 'gpt' }), '1', {
      servedModel: 'openai/gpt-4o:free',
    }),
    ended(call({ startedAt: '2026-03-02T00:00:00.000+02:00' }), null, { servedModel: '~openai/gpt-latest' }),
    call({ startedAt: '2026-03-02T00:00:00Z', model: 'never/served' }),
    ended(platformCall({ startedAt: '2026-03-02T10:00:00Z' }), '0', { outcome: 'refused', status: 402 }),
  ]);
  const named = (sum: UsageSum) => [
    sum.day,
    sum.model,
    sum.credential,
    sum.status,
    sum.requests,
    sum.unpriced_requests,
  ];
  const all = await summarise({ groupBy: ['day', 'model', 'credential', 'status'] });
  expect(all.sums.map(named)).toEqual([
    ['2026-03-01', 'openai/gpt-4o:free', 'tenant', '200', 1, 0],
    ['2026-03-01', '~openai/gpt-latest', 'tenant', '200', 1, 1],
    ['2026-03-02', 'never/served', 'tenant', 'open', 1, 1],
    ['2026-03-02', 'openai/gpt-4o', 'platform', '402', 1, 0],
  ]);
  const byCredential = await summarise({ groupBy: ['credential'] });
  expect(byCredential.sums.map(named)).toEqual([
    [undefined, undefined, 'platform', undefined, 1, 0],
    [undefined, undefined, 'tenant', undefined, 3, 2],
  ]);
  expect(byCredential.total).toEqual({ ...NOTHING, requests: 4, cost_usd: '1', unpriced_requests: 2 });
});

it('takes the range from its first millisecond to before its last, and one tenant alone', async () => {
  await recordUsage(test.ledger, [
    ended(call({ startedAt: '2026-02-28T23:59:59.999Z' }), '1'),
    ended(call({ startedAt: '2026-03-01T00:00:00.000Z' }), '10'),
    ended(call({ startedAt: '2026-03-31T23:59:59.999Z' }), '100'),
    ended(call({ startedAt: '2026-04-01T00:00:00.000Z' }), '1000'),
    ended(call({ tenantId: 'beta' }), '10000'),
  ]);
  expect((await summarise()).total).toMatchObject({ requests: 2, cost_usd: '110' });
});

it.each(['author/model:free', '~author/latest', 'a b"c\'d', 'Ünï/🦊', '', '0', '\\', '%'])(
  'goes on behind the model %j',
  async (model) => {
    const models = [model, 'zz/last', 'AA/first', '🦊/astral', '\ufb01/ligature', 'author/model'];
    await recordUsage(
      test.ledger,
      models.map((name) => ended(call({ id: uuidv7(), model: name }), '1')),
    );
    const whole = (await summarise({ groupBy: ['model'] })).sums.map((sum) => sum.model);
    expect(new Set(whole)).toEqual(new Set(models));
    expect((await everyPage({ groupBy: ['model'], limit: 1 })).map((sum) => sum.model)).toEqual(whole);
  },
);

it('refuses a cursor of another grouping, or none of ours', async () => {
  await recordUsage(test.ledger, [ended(call(), '1'), ended(platformCall(), '1', { status: 500 })]);
  const { nextCursor } = await summarise({ groupBy: ['credential'], limit: 1 });
  expect(nextCursor).not.toBeNull();
  for (const [cursor, groupBy] of [
    [nextCursor, ['status']],
    [nextCursor, ['credential', 'status']],
    [nextCursor, []],
    ['nonsense', ['credential']],
    [Buffer.from('["model","a\\u0000b"]').toString('base64url'), ['model']],
    [Buffer.from('["model","\\ud800"]').toString('base64url'), ['model']],
  ] as [string, UsageDimension[]][]) {
    await expect(summarise({ cursor, groupBy })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'cursor' },
    });
  }
});

it('refuses a limit or a tenant that is none', async () => {
  await expect(summarise({ limit: 0 })).rejects.toMatchObject({ code: 'invalid_request' });
  await expect(summarise({ tenantId: '../x' })).rejects.toMatchObject({ code: 'invalid_request' });
});
