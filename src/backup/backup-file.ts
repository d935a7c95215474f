/** Backup files on disk: written whole or not at all, read only once they are known to be whole. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import { findKey, makeKey, MAX_HEADER_BYTES, TAG_BYTES, type BackupKey } from './cipher';
import { damaged, readParts, type Manifest } from './parts';

/**
 * Writes `lines` to a new file, 0600; it appears under its name when it is complete and on disk.
 * Thrown when the file exists (`configuration`), and whatever `lines` throws.
 */
export async function writeBackupFile(
  path: string,
  passphrase: string,
  lines: AsyncIterable<string>,
): Promise<void> {
  if (existsSync(path)) throw new KeyturnError('configuration', `${path} exists already: name a new file`);
  const partial = `${path}.partial`;
  const key = await makeKey(passphrase);
  const cipher = createCipheriv('aes-256-gcm', key.key, key.iv).setAAD(key.header);
  try {
    await pipeline(
      Readable.from(lines),
      createGzip(),
      cipher,
      async function* (sealed: AsyncIterable<Buffer>) {
        yield key.header;
        yield* sealed;
        yield cipher.getAuthTag();
      },
      createWriteStream(partial, { mode: 0o600, flush: true }),
    );
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** An opened backup file: its passphrase fits. */
export interface BackupFile {
  /**
   * Reads everything, handing each piece of each part to `take`; resolves when the whole file proved authentic.
   * Until then nothing it handed out may be trusted. Thrown: `configuration` when it is damaged.
   */
  read(take: (part: string, data: Buffer) => Promise<void>): Promise<Manifest>;
}

/** Thrown: `configuration` when there is no such file, it is no backup, or the passphrase is wrong. */
export async function openBackupFile(path: string, passphrase: string): Promise<BackupFile> {
  const { start, tag, bytes } = await readEnds(path);
  const key = await findKey(start, passphrase);
  return { read: (take) => readSealed({ path, key, tag, bytes }, take) };
}

async function readSealed(
  file: { path: string; key: BackupKey; tag: Buffer; bytes: number },
  take: (part: string, data: Buffer) => Promise<void>,
): Promise<Manifest> {
  const { key, tag } = file;
  const range = { start: key.header.length, end: file.bytes - TAG_BYTES - 1 };
  if (range.end < range.start) throw damaged();
  const decipher = createDecipheriv('aes-256-gcm', key.key, key.iv).setAAD(key.header).setAuthTag(tag);
  let manifest: Manifest | null = null;
  let failure: { error: unknown } | null = null;
  const guarded = async (part: string, data: Buffer): Promise<void> => {
    try {
      await take(part, data);
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    await pipeline(createReadStream(file.path, range), decipher, createGunzip(), async (source) => {
      manifest = await readParts(source as AsyncIterable<Buffer>, guarded);
    });
  } catch (error) {
    // What the taker throws is no fault of the file; all else (a wrong tag, broken gzip) is.
    const ours = failure as { error: unknown } | null;
    throw ours === null && !isKeyturnError(error) ? damaged() : error;
  }
  if (manifest === null) throw damaged();
  return manifest;
}

async function readEnds(path: string): Promise<{ start: Buffer; tag: Buffer; bytes: number }> {
  const file = await open(path, 'r').catch(() => {
    throw new KeyturnError('configuration', `${path} cannot be read`);
  });
  try {
    const { size: bytes } = await file.stat();
    const start = Buffer.alloc(Math.min(MAX_HEADER_BYTES, bytes));
    const tag = Buffer.alloc(TAG_BYTES);
    await file.read(start, 0, start.length, 0);
    if (bytes > TAG_BYTES) await file.read(tag, 0, TAG_BYTES, bytes - TAG_BYTES);
    return { start, tag, bytes };
  } finally {
    await file.close();
  }
}
