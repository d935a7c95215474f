/** Counts what goes over the wire: HTTP requests to the vault as undici tells them, statements as pg sends them. */
import { subscribe } from 'node:diagnostics_channel';
import { Client } from 'pg';

/** Calls since the process began. */
export interface CallCounts {
  readonly vault: number;
  /** Round trips, `begin` and `commit` among them. */
  readonly sql: number;
}

const counts = { vault: 0, sql: 0 };
let counting = false;

/** Begins to count; requests to `vaultAddress` only, and not those for the issuer's keys. */
export function startCounting(vaultAddress: string): () => CallCounts {
  if (!counting) {
    counting = true;
    countStatements();
    subscribe('undici:request:create', (message) => {
      const { request } = message as { request: { origin?: unknown; path?: unknown } };
      const toVault = String(request.origin) === vaultAddress;
      if (toVault && !String(request.path).startsWith('/v1/identity/')) counts.vault += 1;
    });
  }
  return () => ({ ...counts });
}

/** pg publishes nothing to listen to, so its one way out is wrapped; in this process only. */
function countStatements(): void {
  const prototype = Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const query = prototype.query;
  prototype.query = function counted(this: Client, ...args: unknown[]): unknown {
    counts.sql += 1;
    return query.apply(this, args);
  };
}
