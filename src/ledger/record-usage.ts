import { sql } from 'kysely';
import type { UsageRecord } from '../contract/gateway';
import type { Ledger } from './ledger';
import { toFoundRow, toUsageRow, type UsageFindings } from './usage-row';

/**
 * Writes a batch of records and books what they mean for the platform's budget, in one statement. The outcome is that
 * of writing them one after another: an `open` record changes no closed row, a closed one may bring the cost that was
 * missing, and the first cost stays. So any record may come again, late, or twice in a batch.
 *
 * A reservation is held until the cost is known; a call that cost nothing gives it back with the cost `0`. What was
 * reserved is known from `reserveSpend` alone: `reservedUsd` of a record is not read.
 * Thrown when an id is none: `invalid_request`; when the ledger cannot be used: `ledger_unavailable`.
 */
export async function recordUsage(ledger: Ledger, records: readonly UsageRecord[]): Promise<void> {
  if (records.length === 0) return;
  await sql`select gateway_write_usage(${JSON.stringify(toRounds(records))}::jsonb, true)`.execute(ledger.db);
}

/**
 * Adds what was found out about a call after its end. Closes it when it is open (`done` unless said otherwise). A call
 * nobody knows, or whose cost is known already, stays as it is.
 * Thrown as by {@link recordUsage}.
 */
export async function completeUsage(ledger: Ledger, id: string, found: UsageFindings): Promise<void> {
  await sql`select gateway_write_usage(${JSON.stringify([[toFoundRow(id, found)]])}::jsonb, false)`.execute(
    ledger.db,
  );
}

/** Each call once a round: a call that is in the batch again waits for the next. */
function toRounds(records: readonly UsageRecord[]): ReturnType<typeof toUsageRow>[][] {
  const rounds: ReturnType<typeof toUsageRow>[][] = [];
  const seen = new Map<string, number>();
  for (const record of records) {
    const round = seen.get(record.id) ?? 0;
    seen.set(record.id, round + 1);
    (rounds[round] ??= []).push(toUsageRow(record));
  }
  return rounds;
}
