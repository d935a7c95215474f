/** Short words for what tests of the gateway's ledger do again and again. */
import { uuidv7 } from 'uuidv7';
import type { UsageRecord } from '../../src/contract/gateway';
import type { Ledger } from '../../src/ledger/ledger';
import type { TestLedger } from './open-test-ledger';

export const MONTH = '2026-03';

/** A record of a call with the tenant's key that has just begun. */
export function call(fields: Partial<UsageRecord> = {}): UsageRecord {
  return {
    id: uuidv7(),
    tenantId: 'acme',
    principal: 'user:1',
    endpoint: 'chat.completions',
    streamed: false,
    model: 'openai/gpt-4o',
    servedModel: null,
    credential: 'tenant',
    keyVersion: 1,
    fallbackReason: null,
    outcome: 'open',
    status: null,
    generationId: null,
    promptTokens: null,
    completionTokens: null,
    reasoningTokens: null,
    cachedTokens: null,
    costUsd: null,
    upstreamCostUsd: null,
    isByok: null,
    reservedUsd: null,
    startedAt: `${MONTH}-05T10:00:00.000Z`,
    durationMs: null,
    firstDataMs: null,
    ...fields,
  };
}

/** The same, paid for by the platform. */
export function platformCall(fields: Partial<UsageRecord> = {}): UsageRecord {
  return call({ credential: 'platform', keyVersion: null, fallbackReason: 'missing', ...fields });
}

/** The end of a call that went well. */
export function ended(
  record: UsageRecord,
  costUsd: string | null,
  fields: Partial<UsageRecord> = {},
): UsageRecord {
  return { ...record, outcome: 'done', status: 200, generationId: `gen-${record.id}`, costUsd, ...fields };
}

/** What the books say, by scope and month: settled, then reserved. */
export async function booksOf(test: TestLedger): Promise<Record<string, [string, string]>> {
  const rows = await test.query(
    `select scope || ' ' || month as name, trim_scale(settled)::text as settled, trim_scale(reserved)::text as reserved
     from platform_spend where settled <> 0 or reserved <> 0 order by scope collate "C", month`,
  );
  return Object.fromEntries(
    rows.map((row) => [row['name'], [row['settled'] as string, row['reserved'] as string]]),
  );
}

/** One call's row. */
export async function rowOf(test: TestLedger, id: string): Promise<Record<string, unknown>> {
  const [row] = await test.query('select * from gateway_usage where id = $1', [id]);
  if (row === undefined) throw new Error('the call has no row');
  return row;
}

/** Empties the gateway's tables. */
export async function forgetCalls(test: TestLedger): Promise<void> {
  await test.query('truncate gateway_usage, platform_spend, gateway_policies');
}

/** The same ledger, and how many statements went through it. */
export function countStatements(ledger: Ledger): { ledger: Ledger; count: () => number } {
  let statements = 0;
  const db = ledger.db.withPlugin({
    transformQuery: ({ node }) => ((statements += 1), node),
    transformResult: async ({ result }) => result,
  });
  return { ledger: { ...ledger, db }, count: () => statements };
}
