/**
 * From a usage record to the row the ledger's functions take. What a call or an upstream brought is made to fit: one
 * text or number that PostgreSQL refuses would take the whole batch with it, now and at every retry.
 */
import { assertId, assertUuid } from '../contract/ids';
import type { UsageRecord } from '../contract/gateway';

/** Amounts as JSON numbers and `big.js` print them; at most 15 digits before the point, 30 behind it. */
const AMOUNT = /^\d{1,15}(?:\.\d{1,30})?(?:e-\d{1,2})?$/i;
const MAX_TEXT = 256;
const MAX_INTEGER = 2_147_483_647;

/** What the search for a missing cost found of one call; what it leaves out stays as it is. */
export type UsageFindings = Partial<
  Pick<
    UsageRecord,
    | 'outcome'
    | 'status'
    | 'servedModel'
    | 'promptTokens'
    | 'completionTokens'
    | 'reasoningTokens'
    | 'cachedTokens'
    | 'costUsd'
    | 'upstreamCostUsd'
    | 'isByok'
  >
>;

type UsageRow = Record<string, string | number | boolean | null | undefined>;

/** Thrown when the record's ids are none: `invalid_request`. */
export function toUsageRow(record: UsageRecord): UsageRow {
  assertId('tenant_id', record.tenantId);
  return {
    ...toFoundRow(record.id, record),
    tenant_id: record.tenantId,
    principal: toText(record.principal),
    endpoint: record.endpoint,
    streamed: record.streamed,
    model: toText(record.model),
    credential: record.credential,
    key_version: record.keyVersion,
    fallback_reason: record.fallbackReason,
    generation_id: toText(record.generationId),
    started_at: record.startedAt,
    duration_ms: toInteger(record.durationMs),
    first_data_ms: toInteger(record.firstDataMs),
  };
}

/** Thrown when `id` is no UUID: `invalid_request`. */
export function toFoundRow(id: string, found: UsageFindings): UsageRow {
  assertUuid('id', id);
  return {
    id,
    outcome: found.outcome,
    status: toInteger(found.status),
    served_model: toText(found.servedModel),
    prompt_tokens: toInteger(found.promptTokens),
    completion_tokens: toInteger(found.completionTokens),
    reasoning_tokens: toInteger(found.reasoningTokens),
    cached_tokens: toInteger(found.cachedTokens),
    // A cost is a cost once the call has ended.
    cost_usd: found.outcome === 'open' ? null : toAmount(found.costUsd),
    upstream_cost_usd: toAmount(found.upstreamCostUsd),
    is_byok: found.isByok,
  };
}

/** True for a decimal in USD that the ledger can hold: not negative, and neither NaN nor infinite. */
export function isAmount(text: string): boolean {
  return AMOUNT.test(text);
}

/** An amount that is none is not known: it will be asked for again. */
function toAmount(text: string | null | undefined): string | null {
  return typeof text === 'string' && isAmount(text) ? text : null;
}

/** PostgreSQL holds no NUL, and a text cut between two halves of a character is no UTF-8. */
function toText(text: string | null | undefined): string | null {
  return text == null ? null : text.replaceAll('\0', '').slice(0, MAX_TEXT).toWellFormed();
}

function toInteger(value: number | null | undefined): number | null {
  if (value == null || !(value >= 0 && value <= MAX_INTEGER)) return null;
  return Math.round(value);
}
