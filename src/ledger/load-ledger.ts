import { sql } from 'kysely';
import { KeyturnError } from '../contract/errors';
import { listTables } from './dump-ledger';
import type { Ledger, LedgerExecutor } from './ledger';
import { listExecutedMigrations, migrateLedger } from './migrate-ledger';

const BATCH_ROWS = 500;
/** The row goes on as the text it is: parsed here, a number could lose digits. */
const LINE = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/s;

/** Thrown when the database holds a ledger already: `configuration`. */
export async function assertEmptyLedger(ledger: Ledger): Promise<void> {
  if ((await listExecutedMigrations(ledger.db)).length > 0) {
    throw new KeyturnError(
      'configuration',
      'the database holds a ledger already: restore into an empty database',
    );
  }
}

/**
 * Fills an empty database with the lines of a dump made by the release whose last migration was
 * `migrations.at(-1)`, then brings it to this release's version.
 * Thrown when it is not empty (`configuration`) or the dump is of a newer release (`ledger_unavailable`).
 */
export async function loadLedger(
  ledger: Ledger,
  dump: { migrations: readonly string[]; lines: AsyncIterable<string> },
): Promise<{ rows: number }> {
  await assertEmptyLedger(ledger);
  await migrateLedger(ledger, dump.migrations.at(-1));
  const rows = await ledger.db.transaction().execute((trx) => insertAll(trx, dump.lines));
  await migrateLedger(ledger);
  return { rows };
}

async function insertAll(trx: LedgerExecutor, lines: AsyncIterable<string>): Promise<number> {
  const tables = new Set(await listTables(trx));
  let count = 0;
  let batch: { table: string; rows: string[] } = { table: '', rows: [] };
  const flush = async (): Promise<void> => {
    if (batch.rows.length === 0) return;
    const table = sql.table(batch.table);
    await sql`insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${`[${batch.rows.join(',')}]`}::jsonb)`.execute(
      trx,
    );
    count += batch.rows.length;
    batch = { table: '', rows: [] };
  };
  for await (const text of lines) {
    const [, table = '', row = ''] = LINE.exec(text) ?? [];
    if (!tables.has(table)) throw new KeyturnError('internal', 'the dump has rows of no table of ours');
    if (table !== batch.table || batch.rows.length >= BATCH_ROWS) {
      await flush();
      batch.table = table;
    }
    batch.rows.push(row);
  }
  await flush();
  return count;
}
