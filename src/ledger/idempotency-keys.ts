import { sql } from 'kysely';
import { KeyturnError } from '../contract/errors';
import type { Ledger, LedgerExecutor } from './ledger';

/** How long an Idempotency-Key is remembered. */
export const IDEMPOTENCY_DAYS = 7;

interface Claim {
  readonly principal: string;
  readonly route: string;
  readonly key: string;
  readonly operationId: string;
}

/**
 * Takes the key for `operationId`, or tells which operation had it. A concurrent request with the same key
 * waits here until the first one commits. Call it first: it is the outermost lock.
 * Thrown when the key was used with another body: `idempotency_key_reused`.
 */
export async function claimIdempotencyKey(
  trx: LedgerExecutor,
  claim: Claim & { digest: string },
): Promise<string | null> {
  const expired = sql<boolean>`idempotency_keys.created_at <= now() - make_interval(days => ${IDEMPOTENCY_DAYS})`;
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({
      principal: claim.principal,
      route: claim.route,
      key: claim.key,
      digest: claim.digest,
      operation_id: claim.operationId,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['principal', 'route', 'key'])
        .doUpdateSet({ digest: claim.digest, operation_id: claim.operationId, created_at: sql`now()` })
        .where(expired),
    )
    .returning('operation_id')
    .executeTakeFirst();
  if (claimed !== undefined) return null;
  const known = await trx
    .selectFrom('idempotency_keys')
    .select(['digest', 'operation_id'])
    .where('principal', '=', claim.principal)
    .where('route', '=', claim.route)
    .where('key', '=', claim.key)
    .executeTakeFirstOrThrow();
  if (known.digest !== claim.digest) {
    throw new KeyturnError('idempotency_key_reused', 'send a new Idempotency-Key with a new body', {
      operation_id: known.operation_id,
    });
  }
  return known.operation_id;
}

/** Makes a claimed key stand for an operation that was there already. */
export async function pointIdempotencyKey(trx: LedgerExecutor, claim: Claim): Promise<void> {
  await trx
    .updateTable('idempotency_keys')
    .set({ operation_id: claim.operationId })
    .where('principal', '=', claim.principal)
    .where('route', '=', claim.route)
    .where('key', '=', claim.key)
    .execute();
}

/** Deletes at most `limit` keys past their time; returns how many. They count as forgotten either way. */
export async function forgetIdempotencyKeys(ledger: Ledger, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where ctid = any (array(
      select ctid from idempotency_keys
      where created_at <= now() - make_interval(days => ${IDEMPOTENCY_DAYS}) limit ${limit} for update skip locked))`.execute(
    ledger.db,
  );
  return Number(numAffectedRows ?? 0n);
}
