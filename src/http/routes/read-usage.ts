/** What a tenant's calls through the gateway used and cost, as JSON or as a table for spreadsheets. */
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { USAGE_DIMENSIONS, type UsageQuery, type UsageSum } from '../../contract/usage';
import type { UsagePorts } from '../gateway-ports';
import { BASE_PATH, defineRoute, type Reply, type Route } from '../route';
import { tenantId } from '../schemas';
import { toUsageQuery, usageQuery } from '../usage-query';

const decimal = (description: string) => z.string().meta({ description, example: '0.00175' });

const counts = {
  requests: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  reasoning_tokens: z.int(),
  cached_tokens: z.int(),
  cost_usd: decimal('what OpenRouter charged, USD; for a BYOK credential there its fee alone'),
  upstream_cost_usd: decimal('what the models’ own providers charged besides, USD'),
  unpriced_requests: z.int().meta({ description: 'calls whose cost is not known yet, or never will be' }),
};

const usageSum = z
  .object({
    day: z.string().optional().meta({ description: 'UTC' }),
    model: z.string().optional().meta({ description: 'the model that served, or else was asked for' }),
    credential: z.string().optional().meta({ description: 'who paid: tenant, platform or env' }),
    status: z.string().optional().meta({ description: 'HTTP status, or else how the call ended' }),
    ...counts,
  })
  .meta({ id: 'UsageSum' });

const answer = z.object({
  tenant_id: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  group_by: z.array(z.enum(USAGE_DIMENSIONS)),
  usage: z.array(usageSum),
  total: z.object(counts).meta({ id: 'UsageTotal', description: 'over the whole range' }),
  budget: z
    .object({
      month: z.string().meta({ description: 'the current one, UTC' }),
      spent_usd: decimal('what the platform has paid for the tenant'),
      reserved_usd: decimal('what it holds for calls whose cost is not known yet'),
      budget_usd: decimal('most it pays in the month'),
    })
    .meta({ id: 'PlatformBudget' }),
  next_cursor: z.string().nullable(),
});

/** Members the answer and the table have in common, in their order. */
const COUNTS = Object.keys(counts) as (keyof typeof counts)[];

export function readUsage(usage: UsagePorts, now: () => number = Date.now): Route {
  return defineRoute({
    method: 'get',
    path: '/openrouter/usage/:tenant_id',
    operationId: 'readUsage',
    summary: 'What a tenant’s calls used and cost',
    tag: 'Gateway',
    access: { roles: ['tenant', 'service', 'operator', 'admin'], tenant: 'named' },
    mutates: false,
    params: z.strictObject({ tenant_id: tenantId }),
    query: usageQuery,
    responses: {
      200: {
        description:
          'a page of sums by group; pass next_cursor on for the next one. As CSV, the Link header leads to it',
        schema: answer,
        alsoAs: { 'text/csv': z.string() },
      },
    },
    tenantOf: (input) => input.params.tenant_id,
    async handle({ query, params, raw }) {
      const asked = toUsageQuery(params.tenant_id, query, now());
      const isCsv = (query.format ?? raw.accepts(['json', 'csv'])) === 'csv';
      const reply = isCsv ? await asTable(usage, asked) : await asJson(usage, asked);
      return { ...reply, headers: { ...reply.headers, Vary: 'Accept' } };
    },
  });
}

async function asJson(usage: UsagePorts, query: UsageQuery): Promise<Reply> {
  const [page, budget] = await Promise.all([usage.summarise(query), usage.readBudget(query.tenantId)]);
  const body: z.input<typeof answer> = {
    tenant_id: query.tenantId,
    from: new Date(query.fromMs).toISOString(),
    to: new Date(query.toMs).toISOString(),
    group_by: [...query.groupBy],
    usage: [...page.sums],
    total: page.total,
    budget: {
      month: budget.month,
      spent_usd: budget.spentUsd,
      reserved_usd: budget.reservedUsd,
      budget_usd: budget.budgetUsd,
    },
    next_cursor: page.nextCursor,
  };
  return { status: 200, body };
}

async function asTable(usage: UsagePorts, query: UsageQuery): Promise<Reply> {
  const { sums, nextCursor } = await usage.summarise(query);
  const link = nextCursor === null ? {} : { Link: `<${nextPage(query, nextCursor)}>; rel="next"` };
  return {
    status: 200,
    body: toCsv(query, sums),
    headers: { 'Content-Type': 'text/csv; charset=utf-8', ...link },
  };
}

/** Names of models are callers' words: none may begin a formula in a spreadsheet. */
function toCsv(query: UsageQuery, sums: readonly UsageSum[]): string {
  const columns = [...query.groupBy, ...COUNTS];
  return stringify([...sums], { header: true, columns, escape_formulas: true, record_delimiter: 'windows' });
}

/** The range is that of this page, also when it was not given. */
function nextPage(query: UsageQuery, cursor: string): string {
  const next = new URLSearchParams({
    from: new Date(query.fromMs).toISOString(),
    to: new Date(query.toMs).toISOString(),
    group_by: query.groupBy.join(','),
    format: 'csv',
    limit: String(query.limit),
    cursor,
  });
  return `${BASE_PATH}/openrouter/usage/${query.tenantId}?${next.toString()}`;
}
