import { sql } from 'kysely';
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

/** An anchor is one entry of the vault, which bounds its size (1 MiB by default): about 100 bytes a chain. */
const MAX_CHAINS = 5_000;

/** The last entry of each chain that has grown since it was last anchored. */
export async function collectHeads(ledger: Ledger): Promise<ChainHeads> {
  const rows = await ledger.db
    .selectFrom('audit_heads as head')
    .leftJoin('audit_anchored as anchored', 'anchored.chain', 'head.chain')
    .select(['head.chain', 'head.seq', 'head.hash'])
    .where(sql<boolean>`anchored.seq is distinct from head.seq`)
    .orderBy('head.chain')
    .limit(MAX_CHAINS)
    .execute();
  return Object.fromEntries(
    rows.map((row) => [row.chain, { seq: Number(row.seq), hash: row.hash.toString('hex') }]),
  );
}

/**
 * Signs the heads that changed as the next anchor. Null when nothing changed since the last one, or when
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
    const heads = without(await collectHeads(ledger), latest?.statement.heads ?? {});
    if (Object.keys(heads).length === 0) return null;
    const n = (latest?.statement.n ?? 0) + 1;
    const text = writeStatement({ n, at: new Date().toISOString(), prev: latest?.digest ?? null, heads });
    const { signature, keyVersion } = await ports.sign(text);
    if ((await ports.putAnchor(n, { text, signature, keyVersion })) === 'stored') {
      await noteAnchored(ledger, heads);
      return { n, heads };
    }
  }
  return null;
}

async function noteAnchored(ledger: Ledger, heads: ChainHeads): Promise<void> {
  const rows = Object.entries(heads).map(([chain, { seq }]) => ({ chain, seq: String(seq) }));
  await ledger.db
    .insertInto('audit_anchored')
    .values(rows)
    .onConflict((conflict) => conflict.column('chain').doUpdateSet({ seq: sql`excluded.seq` }))
    .execute();
}

/** Less what another process has just anchored and not noted yet. */
function without(heads: ChainHeads, anchored: ChainHeads): ChainHeads {
  const fresh = Object.entries(heads).filter(
    ([chain, head]) => anchored[chain]?.seq !== head.seq || anchored[chain]?.hash !== head.hash,
  );
  return Object.fromEntries(fresh);
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
