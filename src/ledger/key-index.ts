import { sql, type Selectable } from 'kysely';
import type { AuditEvent } from '../contract/audit';
import { assertKeyRef, ID_PATTERN, type KeyRef } from '../contract/ids';
import type { KeyState } from '../contract/keys';
import type { IndexUpdate } from '../contract/settlement';
import type { Verdict, VerdictReason } from '../contract/verdict';
import { appendAudit } from './audit-trail';
import type { Ledger, LedgerExecutor } from './ledger';
import { matchKey } from './match-key';
import { assertLimit, decodeCursor, toPage } from './page-cursor';
import type { IndexState, KeyIndexTable } from './schema';

/** One key as listings show it and every reader checks it: serve a record only while its epoch is this one. */
export interface KeyIndexEntry extends KeyRef {
  readonly epoch: number;
  readonly seq: number;
  readonly keyId: string | null;
  /** `none`: nothing stored yet and no store under way. */
  readonly state: IndexState;
  readonly version: number | null;
  readonly verdict: Verdict | null;
  readonly reason: VerdictReason | null;
  readonly hint: string | null;
  readonly fingerprint: string | null;
  readonly account: string | null;
  readonly validatedAt: string | null;
  readonly storedAt: string | null;
  readonly previousVersion: number | null;
  readonly retireAt: string | null;
  readonly retiringCount: number;
  /** When the last revocation was accepted. */
  readonly fencedAt: string | null;
  readonly updatedAt: string;
}

/** An entry from its row. */
export function toIndexEntry(row: Selectable<KeyIndexTable>): KeyIndexEntry {
  return {
    tenantId: row.tenant_id,
    serviceId: row.service_id,
    keyName: row.key_name,
    epoch: row.epoch,
    seq: row.seq,
    keyId: row.key_id,
    state: row.state,
    version: row.version,
    verdict: row.verdict,
    reason: row.reason,
    hint: row.hint,
    fingerprint: row.fingerprint,
    account: row.account,
    validatedAt: row.validated_at?.toISOString() ?? null,
    storedAt: row.stored_at?.toISOString() ?? null,
    previousVersion: row.previous_version,
    retireAt: row.retire_at?.toISOString() ?? null,
    retiringCount: row.retiring_count,
    fencedAt: row.fenced_at?.toISOString() ?? null,
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The key's row, or null when the key was never heard of. One SQL read. */
export async function readIndexEntry(ledger: Ledger, ref: KeyRef): Promise<KeyIndexEntry | null> {
  assertKeyRef(ref);
  const row = await ledger.db.selectFrom('key_index').selectAll().where(matchKey(ref)).executeTakeFirst();
  return row === undefined ? null : toIndexEntry(row);
}

/** Keys by tenant, service and name; one SQL query a page. Keys with nothing stored or revoked are hidden. */
export async function listKeys(
  ledger: Ledger,
  filter: { tenantId?: string; serviceId?: string; state?: KeyState; limit: number; cursor?: string },
): Promise<{ items: KeyIndexEntry[]; nextCursor: string | null }> {
  assertLimit(filter.limit);
  let query = ledger.db
    .selectFrom('key_index')
    .selectAll()
    .where('state', '<>', 'none')
    .orderBy('tenant_id')
    .orderBy('service_id')
    .orderBy('key_name')
    .limit(filter.limit + 1);
  if (filter.tenantId !== undefined) query = query.where('tenant_id', '=', filter.tenantId);
  if (filter.serviceId !== undefined) query = query.where('service_id', '=', filter.serviceId);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.cursor !== undefined) {
    const after = decodeCursor(filter.cursor, [ID_PATTERN, ID_PATTERN, ID_PATTERN]);
    query = query.where(sql<boolean>`(tenant_id, service_id, key_name) > (${sql.join(after)})`);
  }
  return toPage(await query.execute(), {
    limit: filter.limit,
    toItem: toIndexEntry,
    sortKey: (row) => [row.tenant_id, row.service_id, row.key_name],
  });
}

/** Keys whose grace period ended before `nowMs` (milliseconds since 1970) and still shows: for the reconciler. */
export async function listOverdueGrace(
  ledger: Ledger,
  filter: { nowMs: number; limit: number },
): Promise<KeyIndexEntry[]> {
  assertLimit(filter.limit);
  const rows = await ledger.db
    .selectFrom('key_index')
    .selectAll()
    .where('state', '=', 'grace')
    .where('retire_at', '<=', sql<Date>`${new Date(filter.nowMs).toISOString()}::timestamptz`)
    .orderBy('retire_at')
    .limit(filter.limit)
    .execute();
  return rows.map(toIndexEntry);
}

/** Keys with versions that still wait to be gone, untouched for at least `olderThanMs` milliseconds. */
export async function listRetiring(
  ledger: Ledger,
  filter: { olderThanMs: number; limit: number },
): Promise<KeyIndexEntry[]> {
  assertLimit(filter.limit);
  const rows = await ledger.db
    .selectFrom('key_index')
    .selectAll()
    .where('state', 'in', ['active', 'grace'])
    .where('retiring_count', '>', 0)
    .where('updated_at', '<=', sql<Date>`now() - make_interval(secs => ${filter.olderThanMs / 1000})`)
    .orderBy('updated_at')
    .limit(filter.limit)
    .execute();
  return rows.map(toIndexEntry);
}

/**
 * Shows a later state of the key's record, with its audit entry, in one transaction. False when the fence or
 * a later state refused it; the audit entry is written in any case, because what it tells has happened. A
 * retry writes no second entry: `dedupeKey` defaults to the event's operation, action, version and outcome.
 */
export async function updateIndex(
  ledger: Ledger,
  ref: KeyRef,
  index: IndexUpdate,
  audit?: AuditEvent,
  dedupeKey?: string,
): Promise<boolean> {
  assertKeyRef(ref);
  if (audit === undefined) return await applyIndexUpdate(ledger.db, ref, index);
  return await ledger.db.transaction().execute(async (trx) => {
    const applied = await applyIndexUpdate(trx, ref, index);
    await appendAudit(trx, audit, dedupeKey ?? dedupeKeyOf(audit));
    return applied;
  });
}

/**
 * The fence for writes. Applied only when the row is of the same epoch and of no later `seq`. A revoked or
 * empty row stays so: only the door revokes, only an accepted generate begins a life; and a revocation's late
 * word must not close the life that began after it.
 */
export async function applyIndexUpdate(
  db: LedgerExecutor,
  ref: KeyRef,
  index: IndexUpdate,
): Promise<boolean> {
  const from: IndexState[] = index.state === 'revoked' ? ['revoked'] : ['pending', 'active', 'grace'];
  const updated = await db
    .updateTable('key_index')
    .set({
      seq: index.seq,
      key_id: index.keyId,
      state: index.state,
      version: index.version,
      verdict: index.verdict,
      reason: index.reason,
      hint: index.hint,
      fingerprint: index.fingerprint,
      account: index.account,
      validated_at: index.validatedAt,
      stored_at: index.storedAt,
      previous_version: index.previousVersion,
      retire_at: index.retireAt,
      retiring_count: index.retiringCount,
      updated_at: sql`now()`,
    })
    .where(matchKey(ref))
    .where('epoch', '=', index.epoch)
    .where('seq', '<=', index.seq)
    .where('state', 'in', from)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

function dedupeKeyOf(event: AuditEvent): string | undefined {
  if (event.operationId === undefined) return undefined;
  return [event.operationId, event.action, event.version ?? '', event.outcome].join('/');
}
