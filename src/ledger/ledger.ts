import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { guardPool } from './guard-pool';
import type { LedgerSchema } from './schema';

export { migrateLedger } from './migrate-ledger';

/** The open ledger. Connects when first used; every failure is a `ledger_unavailable`. */
export interface Ledger {
  readonly db: Kysely<LedgerSchema>;
  close(): Promise<void>;
}

/** Where a statement may run: on its own, or inside a transaction. */
export type LedgerExecutor = Kysely<LedgerSchema>;

const DEFAULT_MAX_CONNECTIONS = 10;
const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;
/** How much longer we wait than the server does, so that its own word arrives when it is alive. */
const REPLY_ALLOWANCE_MS = 2_000;

/**
 * Opens the ledger without connecting. A statement longer than `statementTimeoutMs` fails, also when the
 * server no longer answers; so does waiting that long for a connection.
 */
export function openLedger(options: {
  databaseUrl: string;
  maxConnections?: number;
  statementTimeoutMs?: number;
}): Ledger {
  const statementTimeoutMs = options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  const pool = new Pool({
    connectionString: options.databaseUrl,
    application_name: 'keyturn',
    max: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connectionTimeoutMillis: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + REPLY_ALLOWANCE_MS,
    keepAlive: true,
  });
  // An idle connection that dies would otherwise end the process; the next statement tells its caller.
  pool.on('error', () => undefined);
  const db = new Kysely<LedgerSchema>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) });
  return { db, close: () => db.destroy() };
}

/** One round trip to the ledger, timed. Thrown when it cannot be used: `ledger_unavailable`. */
export async function pingLedger(ledger: Ledger): Promise<{ latencyMs: number }> {
  const startedAtMs = performance.now();
  await sql`select 1`.execute(ledger.db);
  return { latencyMs: performance.now() - startedAtMs };
}
