import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { Ledger, LedgerExecutor } from './ledger';
import { listExecutedMigrations } from './migrate-ledger';

/** One moment of the ledger, held open until it is closed. */
export interface LedgerDump {
  /** Names of the migrations its tables are made by. */
  readonly migrations: readonly string[];
  /** `{"table": …, "row": …}` per row, one JSON text each, exact to the type. */
  rows(): AsyncGenerator<string>;
  close(): Promise<void>;
}

const FETCH_ROWS = 500;
const LOCK_BOUND_MS = 10_000;
const LOCK_PAUSE_MS = 25;
/** Hold nothing that must agree with the copy elsewhere, and calls through the gateway never stop writing them. */
const LEFT_UNLOCKED = ['gateway_usage', 'platform_spend'];
/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Takes a picture of every table, and runs `meanwhile` while nobody writes: what it copies elsewhere is then of
 * the same moment. Readers are not held up, nor are the gateway's calls.
 * Thrown when writers leave no gap (`ledger_unavailable`), and whatever `meanwhile` throws.
 */
export async function openLedgerDump(ledger: Ledger, meanwhile: () => Promise<void>): Promise<LedgerDump> {
  const tables = await listTables(ledger.db);
  const unlock = await lockOutWriters(
    ledger,
    tables.filter((name) => !LEFT_UNLOCKED.includes(name)),
  );
  try {
    return await takePicture(ledger, tables, meanwhile);
  } finally {
    await unlock();
  }
}

async function takePicture(
  ledger: Ledger,
  tables: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<LedgerDump> {
  const picture = await ledger.db
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute();
  const close = (): Promise<void> => picture.rollback().execute();
  try {
    // The first statement fixes what the transaction sees.
    const migrations = await listExecutedMigrations(picture);
    await meanwhile();
    return { migrations, rows: () => streamRows(picture, tables), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Thrown when there is something the dump would lose. */
export async function listTables(db: LedgerExecutor): Promise<string[]> {
  const { rows } = await sql<{ name: string; kind: string }>`
    select c.relname as name, c.relkind::text as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relkind in ('r', 'p', 'S') order by c.relname`.execute(db);
  const sequence = rows.find((row) => row.kind === 'S');
  if (sequence !== undefined) {
    throw new KeyturnError('internal', `the dump does not know how to keep the sequence ${sequence.name}`);
  }
  return rows.map((row) => row.name).filter((name) => !name.startsWith('kysely_migration'));
}

/** All locks or none, and never waiting while holding one: so no writer can end in a deadlock with it. */
async function lockOutWriters(ledger: Ledger, tables: readonly string[]): Promise<() => Promise<void>> {
  for (const deadlineMs = Date.now() + LOCK_BOUND_MS; ; await delay(LOCK_PAUSE_MS)) {
    const trx = await ledger.db.startTransaction().execute();
    try {
      await sql`lock table ${sql.join(tables.map((name) => sql.table(name)))} in share mode nowait`.execute(
        trx,
      );
      return () => trx.rollback().execute();
    } catch (error) {
      await trx.rollback().execute();
      const busy = isKeyturnError(error) && error.details['ledger_code'] === LOCK_NOT_AVAILABLE;
      if (!busy || Date.now() > deadlineMs) throw error;
    }
  }
}

async function* streamRows(db: LedgerExecutor, tables: readonly string[]): AsyncGenerator<string> {
  for (const table of tables) {
    await sql`declare dumped no scroll cursor for select to_jsonb(t)::text as row from ${sql.table(table)} t`.execute(
      db,
    );
    for (;;) {
      const { rows } = await sql<{ row: string }>`fetch ${sql.lit(FETCH_ROWS)} from dumped`.execute(db);
      for (const { row } of rows) yield `{"table":${JSON.stringify(table)},"row":${row}}`;
      if (rows.length < FETCH_ROWS) break;
    }
    await sql`close dumped`.execute(db);
  }
}
