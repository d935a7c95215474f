import { sql } from 'kysely';
import type { AuditEvent } from '../contract/audit';
import type { Ledger, LedgerExecutor } from './ledger';
import { assertLimit } from './page-cursor';
import type { StoredEntry } from './verify-chain';

/** Where an event went: its number in the chain and its hash (hex). */
export interface AuditPlace {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Appends one event in one round trip. Within a transaction the chain's head stays locked until it ends, so
 * append last. The same `dedupeKey` in the same chain again returns the entry that is there.
 */
export async function appendAudit(
  target: Ledger | LedgerExecutor,
  event: AuditEvent,
  dedupeKey?: string,
): Promise<AuditPlace> {
  const { chain, ...facts } = event;
  const { rows } = await sql<{ seq: string; hash: string }>`
    select seq, encode(hash, 'hex') as hash
    from audit_append(${chain}, ${JSON.stringify(facts)}::jsonb, ${dedupeKey ?? null})`.execute(
    'db' in target ? target.db : target,
  );
  const [place] = rows;
  if (place === undefined) throw new Error('audit_append returned no row');
  return { seq: Number(place.seq), hash: place.hash };
}

/** A stored entry and what it says. `entry` is the text that was hashed. */
export interface AuditEntry extends StoredEntry {
  readonly at: string;
  readonly event: AuditEvent;
}

/** Entries of one chain in order, from behind `afterSeq`; with `operationId` only those of that operation. */
export async function listAudit(
  ledger: Ledger,
  filter: { chain: string; afterSeq?: number; limit: number; operationId?: string },
): Promise<{ items: AuditEntry[]; nextAfterSeq: number | null }> {
  assertLimit(filter.limit);
  let query = selectEntries(ledger)
    .where('chain', '=', filter.chain)
    .where('seq', '>', String(filter.afterSeq ?? 0))
    .orderBy('seq')
    .limit(filter.limit + 1);
  if (filter.operationId !== undefined) {
    query = query.where(sql<string>`(entry::jsonb) ->> 'operationId'`, '=', filter.operationId);
  }
  const rows = await query.execute();
  const items = rows.slice(0, filter.limit).map((row) => toAuditEntry(toStoredEntry(row)));
  return { items, nextAfterSeq: rows.length > filter.limit ? (items.at(-1)?.seq ?? null) : null };
}

/** All entries by chain and number, read in batches: what the verifier and the export take. */
export async function* streamAudit(
  ledger: Ledger,
  options: { chain?: string; batchSize?: number } = {},
): AsyncGenerator<StoredEntry> {
  const batchSize = options.batchSize ?? 1000;
  let after: StoredEntry | undefined;
  for (;;) {
    let query = selectEntries(ledger).orderBy('chain').orderBy('seq').limit(batchSize);
    if (options.chain !== undefined) query = query.where('chain', '=', options.chain);
    if (after !== undefined) {
      query = query.where(sql<boolean>`(chain, seq) > (${after.chain}, ${after.seq}::bigint)`);
    }
    const rows = await query.execute();
    const entries = rows.map(toStoredEntry);
    yield* entries;
    after = entries.at(-1);
    if (rows.length < batchSize) return;
  }
}

interface EntryRow {
  readonly chain: string;
  readonly seq: string;
  readonly prev_hash: Buffer;
  readonly hash: Buffer;
  readonly entry: string;
}

function selectEntries(ledger: Ledger) {
  return ledger.db.selectFrom('audit_entries').select(['chain', 'seq', 'prev_hash', 'hash', 'entry']);
}

function toStoredEntry(row: EntryRow): StoredEntry {
  return {
    chain: row.chain,
    seq: Number(row.seq),
    prevHash: row.prev_hash.toString('hex'),
    hash: row.hash.toString('hex'),
    entry: row.entry,
  };
}

function toAuditEntry(stored: StoredEntry): AuditEntry {
  const {
    v: _v,
    seq: _seq,
    at,
    ...event
  } = JSON.parse(stored.entry) as AuditEvent & {
    v: number;
    seq: number;
    at: string;
  };
  return { ...stored, at, event };
}
