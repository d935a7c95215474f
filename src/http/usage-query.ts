/** What the usage endpoint takes: which calls, summed by what, as what. */
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import { USAGE_DIMENSIONS, type UsageDimension, type UsageQuery } from '../contract/usage';

/** A day stands for its first moment, UTC. */
const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

export const usageQuery = z.strictObject({
  from: moment.optional().meta({
    description: 'calls that began then or later; the first of the month of `to` when absent',
    example: '2026-03-01',
  }),
  to: moment.optional().meta({
    description: `calls that began before; now when absent. At most ${MAX_DAYS} days after \`from\``,
    example: '2026-04-01',
  }),
  group_by: z
    .string()
    .max(100)
    .default('day')
    .meta({ description: `some of ${USAGE_DIMENSIONS.join(', ')}, with commas`, example: 'day,model' }),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .meta({ description: 'what the Accept header asks for when absent' }),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  // Names of models are part of it.
  cursor: z.string().min(1).max(2048).optional(),
});

/**
 * The query in the ledger's words.
 * Thrown when the range is empty or too long, or a dimension is not known: `invalid_request`.
 */
export function toUsageQuery(
  tenantId: string,
  query: z.output<typeof usageQuery>,
  nowMs: number,
): UsageQuery & { readonly groupBy: readonly UsageDimension[] } {
  const toMs = query.to === undefined ? nowMs : Date.parse(query.to);
  const fromMs = query.from === undefined ? startOfMonth(toMs - 1) : Date.parse(query.from);
  if (fromMs >= toMs) {
    throw new KeyturnError('invalid_request', 'from: must be before to', { field: 'from' });
  }
  if (toMs - fromMs > MAX_DAYS * DAY_MS) {
    throw new KeyturnError('invalid_request', `from: is more than ${MAX_DAYS} days before to`, {
      field: 'from',
    });
  }
  const { limit, cursor } = query;
  const groupBy = toDimensions(query.group_by);
  return { tenantId, fromMs, toMs, groupBy, limit, ...(cursor === undefined ? {} : { cursor }) };
}

function startOfMonth(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

function toDimensions(text: string): UsageDimension[] {
  const named = [...new Set(text.split(',').map((name) => name.trim()))];
  const known = named.filter((name): name is UsageDimension =>
    (USAGE_DIMENSIONS as readonly string[]).includes(name),
  );
  if (known.length === named.length) return known;
  throw new KeyturnError('invalid_request', `group_by: takes ${USAGE_DIMENSIONS.join(', ')}, with commas`, {
    field: 'group_by',
  });
}
