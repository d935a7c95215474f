/** The search for the cost of calls that ended without telling it: claimed, asked for, and one day given up. */
import { sql } from 'kysely';
import type { CredentialSource, UsageOutcome } from '../contract/gateway';
import type { Ledger } from './ledger';
import { assertLimit } from './page-cursor';

/** A call whose cost is to be asked for at the upstream, with the credential it was made with. */
export interface UnpricedUsage {
  readonly id: string;
  readonly tenantId: string;
  readonly credential: CredentialSource;
  readonly keyVersion: number | null;
  readonly generationId: string;
  /** `open`: the process that made the call has not reported its end. */
  readonly outcome: UsageOutcome;
  /** ISO 8601. */
  readonly startedAt: string;
  /** This one included. */
  readonly attempts: number;
}

const MAX_BACKOFF_MS = 3_600_000;

/**
 * Takes calls whose cost is due to be asked for: those that have ended, and those still open after `openMs`, which must
 * be longer than any call can last. Each is claimed by one caller alone; it is due again after `leaseMs`, then twice
 * that, and so on up to an hour, `maxAttempts` times in all. Times in milliseconds, `now` since 1970.
 */
export async function claimUnpricedUsage(
  ledger: Ledger,
  search: { limit: number; now: number; leaseMs: number; maxAttempts: number; openMs: number },
): Promise<UnpricedUsage[]> {
  assertLimit(search.limit);
  const { now, leaseMs, maxAttempts, openMs, limit } = search;
  const { rows } = await sql<Row>`
    with due as (
      select id from gateway_usage
      where cost_usd is null and given_up_at is null and generation_id is not null
        and (outcome <> 'open' or started_at <= ${timeOf(now - openMs)})
        and attempts < ${maxAttempts}
        and (next_attempt_at is null or next_attempt_at <= ${timeOf(now)})
      order by started_at limit ${limit} for update skip locked
    )
    update gateway_usage u set
      attempts = attempts + 1,
      next_attempt_at = ${timeOf(now)} + make_interval(
        secs => greatest(${leaseMs}::double precision, least(${leaseMs}::double precision * 2 ^ least(attempts, 30), ${MAX_BACKOFF_MS})) / 1000)
    from due where u.id = due.id
    returning u.id, u.tenant_id, u.credential, u.key_version, u.generation_id, u.outcome, u.started_at, u.attempts`.execute(
    ledger.db,
  );
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    credential: row.credential,
    keyVersion: row.key_version,
    generationId: row.generation_id,
    outcome: row.outcome,
    startedAt: row.started_at.toISOString(),
    attempts: row.attempts,
  }));
}

interface Row {
  readonly id: string;
  readonly tenant_id: string;
  readonly credential: CredentialSource;
  readonly key_version: number | null;
  readonly generation_id: string;
  readonly outcome: UsageOutcome;
  readonly started_at: Date;
  readonly attempts: number;
}

/** A call whose cost will not be asked for any more. */
export interface GivenUpUsage {
  readonly id: string;
  readonly tenantId: string;
  readonly credential: CredentialSource;
  /** What the platform's budget was charged instead of the cost, a decimal in USD: the whole reservation. */
  readonly chargedUsd: string;
}

/**
 * Gives up, at most `limit` calls: those asked for `maxAttempts` times whose last lease is over; those without a
 * generation id that ended, and began more than `maxAgeMs` ago; those without one that are still open after `openMs`,
 * because their process died. An open call ends as `aborted`. Their cost stays null, and a reservation is charged in
 * full, never less than may have been spent; the row says that it is `estimated`. Should the cost be reported later
 * all the same, it takes the estimate's place.
 */
export async function giveUpUsage(
  ledger: Ledger,
  search: { limit: number; now: number; maxAttempts: number; maxAgeMs: number; openMs: number },
): Promise<GivenUpUsage[]> {
  assertLimit(search.limit);
  const { limit, now, maxAttempts, maxAgeMs, openMs } = search;
  const { rows } = await sql<{
    id: string;
    tenant_id: string;
    credential: CredentialSource;
    charged: string;
  }>`
    select id, tenant_id, credential, trim_scale(charged)::text as charged from gateway_give_up(
      ${timeOf(now)}, ${maxAttempts}::integer, make_interval(secs => ${maxAgeMs / 1000}),
      make_interval(secs => ${openMs / 1000}), ${limit}::integer)`.execute(ledger.db);
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    credential: row.credential,
    chargedUsd: row.charged,
  }));
}

function timeOf(ms: number) {
  return sql<Date>`${new Date(ms).toISOString()}::timestamptz`;
}
