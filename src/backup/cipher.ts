/** The key of a backup, from a passphrase: scrypt (RFC 7914), then AES-256-GCM over the whole stream. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';

const MAGIC = 'KEYTURN-BACKUP';
const FORMAT = 1;
/** 128 MiB and half a second per guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
const KEY_BYTES = 32;
/** Node counts 128·N·r bytes and some for itself. */
const MAX_MEMORY_BYTES = 2 * 128 * COST.N * COST.r;
/** Longest first line that is looked at. */
export const MAX_HEADER_BYTES = 1024;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

const base64 = z.base64();
const header = z.strictObject({
  format: z.int(),
  kdf: z.literal('scrypt'),
  // Nothing but our own cost: a file must not be able to ask for all memory.
  n: z.literal(COST.N),
  r: z.literal(COST.r),
  p: z.literal(COST.p),
  salt: base64,
  cipher: z.literal('aes-256-gcm'),
  iv: base64,
  /** Tells a wrong passphrase from a damaged file; no easier to guess against than the cipher itself. */
  check: base64,
});

/** What a file begins with, and the key that goes with it. */
export interface BackupKey {
  /** The first line, with its line feed; authenticated with the rest. */
  readonly header: Buffer;
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** A key for a new file. */
export async function makeKey(passphrase: string): Promise<BackupKey> {
  const [salt, iv] = [randomBytes(16), randomBytes(IV_BYTES)];
  const { key, check } = await deriveKey(passphrase, salt);
  const { N: n, r, p } = COST;
  const text = JSON.stringify({
    format: FORMAT,
    kdf: 'scrypt',
    n,
    r,
    p,
    salt: salt.toString('base64'),
    cipher: 'aes-256-gcm',
    iv: iv.toString('base64'),
    check: check.toString('base64'),
  });
  return { header: Buffer.from(`${MAGIC} ${text}\n`), key, iv };
}

/**
 * The key of a file that begins with `start`.
 * Thrown: `configuration` when it is no backup, of a newer format, or the passphrase is wrong.
 */
export async function findKey(start: Buffer, passphrase: string): Promise<BackupKey> {
  const end = start.indexOf(0x0a);
  const line = start.subarray(0, Math.max(end, 0)).toString('utf8');
  if (!line.startsWith(`${MAGIC} `)) throw wrong('the file is no backup of Keyturn');
  const fields = parseHeader(line.slice(MAGIC.length + 1));
  const { key, check } = await deriveKey(passphrase, Buffer.from(fields.salt, 'base64'));
  const expected = Buffer.from(fields.check, 'base64');
  if (expected.length !== check.length || !timingSafeEqual(expected, check))
    throw wrong('the passphrase is not that of this backup, or its first line was changed');
  return { header: start.subarray(0, end + 1), key, iv: Buffer.from(fields.iv, 'base64') };
}

function parseHeader(text: string): z.infer<typeof header> {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > FORMAT)
    throw wrong(
      `the backup has format ${format}, this release reads up to ${FORMAT}: use the release that made it`,
    );
  const parsed = header.safeParse(value);
  if (!parsed.success) throw wrong('the first line of the backup is damaged');
  return parsed.data;
}

async function deriveKey(passphrase: string, salt: Buffer): Promise<{ key: Buffer; check: Buffer }> {
  const derived = await new Promise<Buffer>((resolve, reject) =>
    scrypt(
      passphrase.normalize('NFC'),
      salt,
      2 * KEY_BYTES,
      { ...COST, maxmem: MAX_MEMORY_BYTES },
      (error, bytes) => (error === null ? resolve(bytes) : reject(error)),
    ),
  );
  const check = createHash('sha256').update(derived.subarray(KEY_BYTES)).digest();
  return { key: derived.subarray(0, KEY_BYTES), check };
}

function wrong(message: string): KeyturnError {
  return new KeyturnError('configuration', message);
}
