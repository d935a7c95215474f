/** What calls used and cost, over HTTP, with the real ledger behind it. */
import { parse } from 'csv-parse/sync';
import { reserveSpend } from '../../src/ledger/platform-spend';
import { recordUsage } from '../../src/ledger/record-usage';
import { call, ended, forgetCalls, platformCall } from '../ledger/usage-records';
import type { ApiReply } from '../support/service';
import { CONFIGURED_USD, NOW, openUsageDoor, refusal, type UsageDoor } from './open-usage-door';

let door: UsageDoor;
beforeAll(async () => {
  door = await openUsageDoor();
});
afterAll(() => door.close());
beforeEach(() => forgetCalls(door.test));

const usageOf = (
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<ApiReply> =>
  door.ask({ path: `/openrouter/usage/acme?${new URLSearchParams(query).toString()}`, headers });

const NO_COUNTS = {
  requests: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  cached_tokens: 0,
  cost_usd: '0',
  upstream_cost_usd: '0',
  unpriced_requests: 0,
};

describe('usage', () => {
  it('is that of the month so far, by day, when nothing else is asked for', async () => {
    const open = platformCall({ startedAt: '2026-03-20T11:59:59.999Z', model: 'a/b' });
    await reserveSpend(door.test.ledger, {
      record: open,
      amountUsd: '1.50',
      tenantBudgetUsd: '25',
      totalBudgetUsd: '25',
    });
    const facts = { promptTokens: 5, completionTokens: 7, reasoningTokens: 2, cachedTokens: 1 };
    await recordUsage(door.test.ledger, [
      ended(call({ startedAt: '2026-02-28T23:59:59.999Z' }), '1000'),
      ended(call({ startedAt: '2026-03-01T00:00:00.000Z' }), '0.1', { ...facts, upstreamCostUsd: '0.01' }),
      ended(platformCall({ startedAt: '2026-03-01T10:00:00.000Z' }), '0.2', facts),
      ended(call({ startedAt: NOW }), '1000'),
      ended(call({ tenantId: 'beta' }), '1000'),
    ]);
    const { status, body, headers } = await usageOf();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const sums = { prompt_tokens: 10, completion_tokens: 14, reasoning_tokens: 4, cached_tokens: 2 };
    const costs = { cost_usd: '0.3', upstream_cost_usd: '0.01' };
    expect(body).toEqual({
      tenant_id: 'acme',
      from: '2026-03-01T00:00:00.000Z',
      to: NOW,
      group_by: ['day'],
      usage: [
        { day: '2026-03-01', ...NO_COUNTS, requests: 2, ...sums, ...costs },
        { day: '2026-03-20', ...NO_COUNTS, requests: 1, unpriced_requests: 1 },
      ],
      total: { ...NO_COUNTS, requests: 3, ...sums, ...costs, unpriced_requests: 1 },
      budget: { month: '2026-03', spent_usd: '0.2', reserved_usd: '1.5', budget_usd: CONFIGURED_USD },
      next_cursor: null,
    });
  });

  it('of a month that has just begun is that of the month before when `to` is its first moment', async () => {
    const { body } = await usageOf({ to: '2026-03-01' });
    expect([body.from, body.to]).toEqual(['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
    expect((await usageOf({ from: '2026-03-20T13:00:00+02:00' })).body).toMatchObject({
      from: '2026-03-20T11:00:00.000Z',
      to: NOW,
    });
  });

  it('goes on page by page, with the same total', async () => {
    const models = [
      '~anthropic/claude-sonnet-latest',
      'openai/gpt-4o:free',
      'a b/ü"🦊',
      'x'.repeat(256),
      '=1+1',
    ];
    await recordUsage(
      door.test.ledger,
      models.map((model, i) =>
        ended(call({ model, startedAt: `2026-03-0${i + 1}T00:00:00Z` }), '0.1', { status: 200 + i }),
      ),
    );
    const seen: string[] = [];
    const query = { group_by: 'model, day,status,model', limit: '2', from: '2026-01-01', to: '2027-01-02' };
    let cursor: string | null = null;
    do {
      const { status, body }: ApiReply = await usageOf({ ...query, ...(cursor === null ? {} : { cursor }) });
      expect([status, body.group_by, body.total.cost_usd]).toEqual([200, ['model', 'day', 'status'], '0.5']);
      seen.push(...body.usage.map(({ model }: { model: string }) => model));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(models.toSorted());
  });

  it.each([
    ['from', { from: '2026-02-30' }],
    ['from', { from: 'yesterday' }],
    ['from', { from: '2026-03-01T00:00:00' }],
    ['to', { to: '2026-3-1' }],
    ['from', { from: '2026-03-02', to: '2026-03-02' }],
    ['from', { from: '2027-01-01' }],
    ['from', { from: '2025-01-01', to: '2026-01-02T00:00:00.001Z' }],
    ['group_by', { group_by: 'day,tenant_id' }],
    ['group_by', { group_by: '' }],
    ['group_by', { group_by: 'constructor' }],
    ['format', { format: 'xml' }],
    ['limit', { limit: '0' }],
    ['limit', { limit: '1001' }],
    ['cursor', { cursor: 'nonsense' }],
    ['page', { page: '2' }],
  ])('refuses a wrong %s: %j', async (field, query) => {
    expect(refusal(await usageOf(query))).toEqual([400, 'invalid_request', field]);
  });

  it('takes a range of 366 days', async () => {
    expect((await usageOf({ from: '2025-01-01', to: '2026-01-02' })).status).toBe(200);
  });
});

describe('usage as CSV', () => {
  const rowsOf = (reply: ApiReply): string[][] => parse(reply.body as string);
  const HEADER = [
    'requests',
    'prompt_tokens',
    'completion_tokens',
    'reasoning_tokens',
    'cached_tokens',
  ].concat(['cost_usd', 'upstream_cost_usd', 'unpriced_requests']);

  it('is one table with a header, also when it is empty', async () => {
    const nothing = await usageOf({ format: 'csv', group_by: 'status,day' });
    expect([nothing.status, nothing.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(rowsOf(nothing)).toEqual([['status', 'day', ...HEADER]]);
    await recordUsage(door.test.ledger, [
      ended(call({ model: 'a,"b"\nc', startedAt: '2026-03-01' }), '0.0000001'),
    ]);
    const reply = await usageOf({ format: 'csv', group_by: 'model,day' });
    expect(rowsOf(reply)).toEqual([
      ['model', 'day', ...HEADER],
      ['a,"b"\nc', '2026-03-01', '1', '0', '0', '0', '0', '0.0000001', '0', '0'],
    ]);
    expect(reply.headers.get('link')).toBeNull();
  });

  it('holds nothing that a spreadsheet would run', async () => {
    const formulas = ['=cmd()', '+1', '-1', '@sum(a1)', '\t=1', '\r=1'];
    await recordUsage(
      door.test.ledger,
      formulas.map((model) => ended(call({ model, startedAt: '2026-03-01' }), '0')),
    );
    const [, ...rows] = rowsOf(await usageOf({ format: 'csv', group_by: 'model' }));
    expect(new Set(rows.map(([model]) => model))).toEqual(new Set(formulas.map((model) => `'${model}`)));
  });

  it('leads to its next page by the Link header', async () => {
    await recordUsage(
      door.test.ledger,
      ['a', 'b', 'c'].map((model) => ended(call({ model, startedAt: '2026-03-01' }), '0')),
    );
    const models: string[] = [];
    let path: string | undefined = '/openrouter/usage/acme?format=csv&group_by=model&limit=1';
    while (path !== undefined) {
      const reply: ApiReply = await door.ask({ path });
      models.push(
        ...rowsOf(reply)
          .slice(1)
          .map(([model]) => model as string),
      );
      const [, next] = /^<\/api\/brain([^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '') ?? [];
      path = next;
    }
    expect(models).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['text/csv', {}, 'text/csv'],
    ['text/csv, application/json;q=0.9', {}, 'text/csv'],
    ['application/json, text/csv;q=0.9', {}, 'application/json'],
    ['*/*', {}, 'application/json'],
    ['text/html', {}, 'application/json'],
    ['text/csv', { format: 'json' }, 'application/json'],
    ['application/json', { format: 'csv' }, 'text/csv'],
  ])('for Accept %s and %j answers %s', async (accept, query, type) => {
    const { status, headers } = await usageOf(query, { accept });
    expect([status, headers.get('content-type')?.split(';')[0], headers.get('vary')]).toEqual([
      200,
      type,
      'Accept',
    ]);
  });
});

it('all answers are as the document says, and none was a fault of ours', () => {
  expect(door.wrong).toEqual([]);
});
