import { KeyturnError } from '../contract/errors';
import {
  digestText,
  readBody,
  readStatement,
  writeStatement,
  type AnchorBody,
  type AnchorStatement,
  type ChainHeads,
  type StoredAnchor,
} from './anchor-statement';
import type { Ledger } from './ledger';

/** Where anchors are signed and kept: outside the database. */
export interface AnchorPorts {
  sign(text: string): Promise<{ readonly signature: string; readonly keyVersion: number }>;
  /** Creates anchor `n`; `taken` when it exists already. Must never overwrite one. */
  putAnchor(n: number, body: AnchorBody): Promise<'stored' | 'taken'>;
  latestAnchor(): Promise<StoredAnchor | null>;
}

/** The last entry of every chain. */
export async function collectHeads(ledger: Ledger): Promise<ChainHeads> {
  const rows = await ledger.db
    .selectFrom('audit_heads')
    .select(['chain', 'seq', 'hash'])
    .orderBy('chain')
    .execute();
  return Object.fromEntries(
    rows.map((row) => [row.chain, { seq: Number(row.seq), hash: row.hash.toString('hex') }]),
  );
}

/**
 * Signs the heads of all chains as the next anchor. Null when nothing changed since the last one, or when
 * others twice were quicker (their anchors then hold what was there).
 * Thrown when the last anchor cannot be read: `internal`; anchoring on top of it would hide that.
 */
export async function anchorHeads(
  ledger: Ledger,
  ports: AnchorPorts,
): Promise<{ n: number; heads: ChainHeads } | null> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    // The last anchor first: heads read after it are never behind it.
    const latest = await readLatest(ports);
    const heads = await collectHeads(ledger);
    if (sameHeads(latest?.statement.heads ?? {}, heads)) return null;
    const n = (latest?.statement.n ?? 0) + 1;
    const text = writeStatement({ n, at: new Date().toISOString(), prev: latest?.digest ?? null, heads });
    const { signature, keyVersion } = await ports.sign(text);
    if ((await ports.putAnchor(n, { text, signature, keyVersion })) === 'stored') return { n, heads };
  }
  return null;
}

async function readLatest(
  ports: AnchorPorts,
): Promise<{ statement: AnchorStatement; digest: string } | null> {
  const latest = await ports.latestAnchor();
  if (latest === null) return null;
  const body = readBody(latest.body);
  const statement = body === null ? null : readStatement(body.text);
  if (body === null || statement === null || statement.n !== latest.number) {
    throw new KeyturnError('internal', `anchor ${latest.number} of the audit trail cannot be read`, {
      anchor: latest.number,
    });
  }
  return { statement, digest: digestText(body.text) };
}

function sameHeads(a: ChainHeads, b: ChainHeads): boolean {
  const chains = Object.keys(a);
  return (
    chains.length === Object.keys(b).length &&
    chains.every((chain) => a[chain]?.seq === b[chain]?.seq && a[chain]?.hash === b[chain]?.hash)
  );
}
