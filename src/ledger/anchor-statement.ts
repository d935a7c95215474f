/** What an anchor says, and whether its signature holds. Pure: the offline verifier uses it. */
import { createHash, createPublicKey, verify } from 'node:crypto';

/** The last entry of a chain at some moment; `hash` is hex. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export type ChainHeads = Readonly<Record<string, ChainHead>>;

/** An anchor's text, read. `prev` is the digest of the previous anchor's text, null for the first. */
export interface AnchorStatement {
  readonly n: number;
  readonly at: string;
  readonly prev: string | null;
  readonly heads: ChainHeads;
}

/** An anchor as it is kept outside the database. `signature`: base64 Ed25519 of the text's UTF-8 bytes. */
export interface AnchorBody {
  readonly text: string;
  readonly signature: string;
  readonly keyVersion: number;
}

/** An anchor under its number, as read back: its body is judged, not trusted. */
export interface StoredAnchor {
  readonly number: number;
  readonly body: unknown;
}

/** Public keys by version: base64 of the 32 raw bytes. */
export type AnchorKeys = ReadonlyMap<number, string>;

/** Writes the text that is signed. Chains are sorted, so equal heads give equal text. */
export function writeStatement(statement: AnchorStatement): string {
  const heads = Object.fromEntries(Object.entries(statement.heads).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ v: 1, n: statement.n, at: statement.at, prev: statement.prev, heads });
}

/** The body's text, signature and key version, or null when it has another shape. */
export function readBody(body: unknown): AnchorBody | null {
  const { text, signature, keyVersion } = (body ?? {}) as Partial<Record<keyof AnchorBody, unknown>>;
  const sound = typeof text === 'string' && typeof signature === 'string' && typeof keyVersion === 'number';
  return sound ? { text, signature, keyVersion } : null;
}

/** What the text says, or null when it is no anchor's text. */
export function readStatement(text: string): AnchorStatement | null {
  let read: Partial<Record<keyof AnchorStatement | 'v', unknown>> | null;
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return null;
  }
  const { v, n, at, prev, heads } = read ?? {};
  if (v !== 1 || typeof n !== 'number' || typeof at !== 'string') return null;
  if (prev !== null && typeof prev !== 'string') return null;
  if (typeof heads !== 'object' || heads === null || !Object.values(heads).every(isHead)) return null;
  return { n, at, prev, heads: heads as ChainHeads };
}

function isHead(value: unknown): boolean {
  const { seq, hash } = (value ?? {}) as Partial<Record<keyof ChainHead, unknown>>;
  return Number.isSafeInteger(seq) && typeof hash === 'string';
}

/** SHA-256 of an anchor's text, hex: what the next one names as `prev`. */
export function digestText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** True when the signature is that of the key of its version. False also for a version without a sound key. */
export function isSigned(body: AnchorBody, keys: AnchorKeys): boolean {
  const raw = Buffer.from(keys.get(body.keyVersion) ?? '', 'base64');
  if (raw.length !== ED25519_KEY_BYTES) return false;
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(body.text, 'utf8'), publicKey, Buffer.from(body.signature, 'base64'));
}

const ED25519_KEY_BYTES = 32;

/** Ed25519 SubjectPublicKeyInfo without its last 32 bytes, the key itself (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
