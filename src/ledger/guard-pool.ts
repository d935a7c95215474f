/**
 * The one place where pg's errors become ours.
 *
 * pg quotes values, connection strings and parameters in its errors, so none of its texts goes on: only the
 * SQLSTATE, the constraint and the system error code do.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { KeyturnError } from '../contract/errors';

/** Cures for what a wrong setting looks like. Codes: PostgreSQL manual, appendix A. */
const CURES: Readonly<Record<string, string>> = {
  '28P01': 'the password was refused: check the user and password of DATABASE_URL',
  '28000': 'the login was refused: check the user of DATABASE_URL and the server’s pg_hba.conf',
  '3D000': 'the database does not exist: check the last part of DATABASE_URL or create it',
  '42P01': 'its tables are missing: run the migrations',
  '42501': 'its role lacks a privilege: the role must own the tables of the ledger',
  '53300': 'it has no free connection: lower the pool’s size or raise max_connections',
  '57014': 'a statement took longer than the statement timeout',
  '57P01': 'it is shutting down',
  '57P03': 'it is starting up',
  ECONNREFUSED: 'nothing listens at the address of DATABASE_URL',
  ENOTFOUND: 'the host of DATABASE_URL is unknown',
  ERR_INVALID_URL: 'DATABASE_URL is not a URL',
};

/**
 * Classes that blame the statement's data, not the server: a value PostgreSQL cannot hold, a broken
 * constraint. Calling them "unavailable" would have callers retry for ever.
 */
const FAULTS_OF_OURS = /^2[23]/;

/** Wraps a pg pool so that every failure is a {@link KeyturnError}: `ledger_unavailable`, or `internal` for bad data. */
export function guardPool(pool: Pool): PostgresPool {
  return {
    options: {},
    end: () => pool.end(),
    connect: async () => {
      try {
        return guardClient(await pool.connect());
      } catch (error) {
        throw toLedgerError(error);
      }
    },
  };
}

const guarded = new WeakMap<PoolClient, PostgresPoolClient>();

/** The same wrapper for the same connection: kysely recognises connections by identity. */
function guardClient(client: PoolClient): PostgresPoolClient {
  const known = guarded.get(client);
  if (known !== undefined) return known;
  let broken = false;
  // While it is lent out the pool does not listen; an unheard 'error' would end the process.
  client.on('error', () => {
    broken = true;
  });
  const guard = {
    query: async (statement: string, parameters: unknown[]) => {
      try {
        return await client.query(statement, parameters);
      } catch (error) {
        // The connection itself failed, hangs or is being closed: it must not serve anyone else.
        if (sqlState(error) === null || isFatal(error)) broken = true;
        throw toLedgerError(error);
      }
    },
    release: (destroy?: boolean) => client.release(destroy === true || broken),
    // kysely's type also allows cursors, which only an installed pg-cursor would make it use.
  } as unknown as PostgresPoolClient;
  guarded.set(client, guard);
  return guard;
}

/** What any failure of pg becomes. Never carries the original as its cause: `inspect` would print it. */
function toLedgerError(error: unknown): KeyturnError {
  const state = sqlState(error);
  const code = state ?? systemCode(error);
  const ours = state !== null && FAULTS_OF_OURS.test(state);
  const cure = code === null ? 'the connection was lost, or no answer came in time' : (CURES[code] ?? code);
  const constraint = (error as { constraint?: unknown }).constraint;
  return new KeyturnError(
    ours ? 'internal' : 'ledger_unavailable',
    ours ? `The ledger refused a value (SQLSTATE ${state})` : `The ledger cannot be used: ${cure}`,
    {
      ...(code === null ? {} : { ledger_code: code }),
      ...(typeof constraint === 'string' ? { constraint } : {}),
    },
  );
}

function sqlState(error: unknown): string | null {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function isFatal(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return severity === 'FATAL' || severity === 'PANIC';
}

function systemCode(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_0-9]{2,40}$/.test(code) ? code : null;
}
