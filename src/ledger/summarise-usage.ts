import { sql, type RawBuilder } from 'kysely';
import { assertId } from '../contract/ids';
import type { UsageDimension, UsageQuery, UsageSum } from '../contract/usage';
import type { Ledger } from './ledger';
import { assertLimit, decodeCursor, toPage } from './page-cursor';

/** The column of each dimension, and what its value looks like in a cursor. */
const DIMENSIONS: Readonly<Record<UsageDimension, { column: string; pattern: RegExp }>> = {
  day: { column: `to_char(started_at at time zone 'UTC', 'YYYY-MM-DD')`, pattern: /^\d{4,6}-\d\d-\d\d$/ },
  model: { column: 'coalesce(served_model, model)', pattern: /^[^\0\p{Cs}]{0,256}$/u },
  credential: { column: 'credential', pattern: /^[a-z]{1,16}$/ },
  status: { column: 'coalesce(status::text, outcome)', pattern: /^[a-z0-9]{1,16}$/ },
};

const TOKENS = ['prompt_tokens', 'completion_tokens', 'reasoning_tokens', 'cached_tokens'] as const;
const AMOUNTS = ['cost_usd', 'upstream_cost_usd'] as const;
const COUNTS = ['requests', 'unpriced_requests', ...TOKENS] as const;
const SUMS = [...COUNTS, ...AMOUNTS] as const;

type Row = Record<UsageDimension | (typeof SUMS)[number], string> & { readonly is_total: boolean };

/** Of calls, to begin with; then of groups. Tokens and counts are whole numbers, amounts exact decimals. */
const SUM_CALLS = [
  'count(*) as requests',
  'count(*) filter (where cost_usd is null) as unpriced_requests',
  ...[...TOKENS, ...AMOUNTS].map((name) => `coalesce(sum(${name}), 0) as ${name}`),
].join(', ');
const SUM_GROUPS = SUMS.map((name) => `trim_scale(coalesce(sum(${name}), 0))::text as ${name}`).join(', ');
const SHOW_SUMS = SUMS.map((name) => `trim_scale(${name}::numeric)::text as ${name}`).join(', ');

/**
 * One page of sums and the total of the whole range, both of one moment, in one statement.
 * Thrown when the limit, the tenant's name or the cursor is not sound, or the cursor is of another grouping:
 * `invalid_request`.
 */
export async function summariseUsage(
  ledger: Ledger,
  query: UsageQuery,
): Promise<{ sums: UsageSum[]; nextCursor: string | null; total: UsageSum }> {
  assertLimit(query.limit);
  assertId('tenant_id', query.tenantId);
  const groupBy = [...new Set(query.groupBy)];
  const columns = groupBy.map((name) => `${DIMENSIONS[name].column} collate "C" as ${name}`);
  // By place: a column of the table goes before a name given here.
  const ordinals = groupBy.map((_, i) => i + 1);
  const blanks = groupBy.map((name) => `null collate "C" as ${name}`);
  const { rows } = await sql<Row>`
    with groups as materialized (
      select ${sql.raw([...columns, SUM_CALLS].join(', '))} from gateway_usage
      where tenant_id = ${query.tenantId}
        and started_at >= ${timeOf(query.fromMs)} and started_at < ${timeOf(query.toMs)}
      group by ${sql.raw(groupBy.length === 0 ? '()' : ordinals.join(', '))} having count(*) > 0
    ), page as (
      select * from groups where ${isAfter(query.cursor, groupBy)}
      order by ${sql.raw([...groupBy, '1'].join(', '))} limit ${query.limit + 1}
    )
    select true as is_total, ${sql.raw([...blanks, SUM_GROUPS].join(', '))} from groups
    union all select false, ${sql.raw([...groupBy, SHOW_SUMS].join(', '))} from page
    order by ${sql.raw(['is_total desc', ...groupBy].join(', '))}`.execute(ledger.db);
  const [total, ...groups] = rows;
  if (total === undefined) throw new Error('a sum over nothing returned no row');
  const { items, nextCursor } = toPage(groups, {
    limit: query.limit,
    toItem: (row) => toSum(row, groupBy),
    sortKey: (row) => [nameOf(groupBy), ...groupBy.map((name) => row[name])],
  });
  return { sums: items, nextCursor, total: toSum(total, []) };
}

/** Ties a cursor to its grouping. */
function nameOf(groupBy: readonly UsageDimension[]): string {
  return groupBy.join(' ');
}

function isAfter(cursor: string | undefined, groupBy: readonly UsageDimension[]): RawBuilder<boolean> {
  if (cursor === undefined) return sql`true`;
  const patterns = groupBy.map((name) => DIMENSIONS[name].pattern);
  const [, ...after] = decodeCursor(cursor, [new RegExp(`^${nameOf(groupBy)}$`), ...patterns]);
  // Without a dimension there is one group alone.
  if (after.length === 0) return sql`false`;
  return sql`(${sql.raw(groupBy.join(', '))}) > (${sql.join(after)})`;
}

function toSum(row: Row, groupBy: readonly UsageDimension[]): UsageSum {
  return {
    ...Object.fromEntries(groupBy.map((name) => [name, row[name]])),
    requests: Number(row.requests),
    prompt_tokens: Number(row.prompt_tokens),
    completion_tokens: Number(row.completion_tokens),
    reasoning_tokens: Number(row.reasoning_tokens),
    cached_tokens: Number(row.cached_tokens),
    cost_usd: row.cost_usd,
    upstream_cost_usd: row.upstream_cost_usd,
    unpriced_requests: Number(row.unpriced_requests),
  };
}

function timeOf(ms: number): RawBuilder<Date> {
  return sql`to_timestamp(${ms}::double precision / 1000)`;
}
