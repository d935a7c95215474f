import { sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { Ledger, LedgerExecutor } from './ledger';
import { createKeyIndex } from './migrations/0001-key-index-and-operations';
import { createAuditTrail } from './migrations/0002-audit-trail';
import { createGateway } from './migrations/0003-gateway';

/** In order of their names. A released migration is never edited: a change is a new one. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-key-index-and-operations': createKeyIndex,
  '0002-audit-trail': createAuditTrail,
  '0003-gateway': createGateway,
};

/**
 * Brings the database to this release's version, in one transaction under an advisory lock, so any number of
 * processes may call it at once. With `target` only as far as that migration: for rows that an older release dumped.
 * Thrown when the database is newer than this release, or a migration fails: `ledger_unavailable`.
 */
export async function migrateLedger(ledger: Ledger, target?: string): Promise<{ applied: string[] }> {
  await refuseNewerDatabase(ledger);
  const migrator = new Migrator({
    db: ledger.db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
  });
  if (target !== undefined) refuseUnknown([target]);
  const { error, results } = await (target === undefined
    ? migrator.migrateToLatest()
    : migrator.migrateTo(target));
  if (error === undefined) return { applied: (results ?? []).map((result) => result.migrationName) };
  // Another process of a newer release may have come between the check and the lock.
  await refuseNewerDatabase(ledger);
  if (isKeyturnError(error)) throw error;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'unknown';
  throw new KeyturnError('ledger_unavailable', `The ledger could not be migrated (${failed})`, {
    migration: failed,
  });
}

/** Names of the migrations the database has been through, in order; empty for one that holds no ledger. */
export async function listExecutedMigrations(db: LedgerExecutor): Promise<string[]> {
  const table = await sql<{
    name: string | null;
  }>`select to_regclass('kysely_migration')::text as name`.execute(db);
  if (table.rows[0]?.name == null) return [];
  const executed = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return executed.rows.map((row) => row.name);
}

/** Thrown when one of the names is of a newer release: `ledger_unavailable`. */
export function refuseUnknown(names: readonly string[]): void {
  const unknown = names.filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown.length === 0) return;
  throw new KeyturnError(
    'ledger_unavailable',
    `The ledger was migrated by a newer release (${unknown.join(', ')}): run that release, or restore a backup made before it`,
    { migrations: unknown },
  );
}

async function refuseNewerDatabase(ledger: Ledger): Promise<void> {
  refuseUnknown(await listExecutedMigrations(ledger.db));
}
