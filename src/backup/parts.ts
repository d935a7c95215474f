/** Named parts as one stream of JSON lines, and back. The last line is the manifest, which vouches for all others. */
import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';

export interface BackupPart {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

const partDigest = z.strictObject({ bytes: z.int(), sha256: z.string() });
const manifestSchema = z.strictObject({
  created_at: z.iso.datetime(),
  /** Releases of Keyturn and of the servers that made it. */
  versions: z.record(z.string(), z.string()),
  home_schema: z.int(),
  /** What the vault's store knows its audit log by. */
  audit_log: z.string(),
  /** Migrations the ledger's rows are made for. */
  migrations: z.array(z.string()),
  /** Something sealed by the vault, and what it holds: no credential of anyone. */
  canary: z.strictObject({ sealed: z.string(), value: z.string() }),
  parts: z.record(z.string(), partDigest),
});
export type Manifest = z.infer<typeof manifestSchema>;

const piece = z.strictObject({ part: z.string(), data: z.base64() });
const last = z.strictObject({ manifest: manifestSchema });
const PIECE_BYTES = 48 * 1024;

/** The lines of `parts`; `describe` is asked for the rest of the manifest at the end. */
export async function* writeParts(
  parts: AsyncIterable<BackupPart>,
  describe: () => Omit<Manifest, 'parts'>,
): AsyncGenerator<string> {
  const digests: Record<string, z.infer<typeof partDigest>> = {};
  for await (const { name, content } of parts) {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of content) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const slice = Buffer.from(chunk.subarray(at, at + PIECE_BYTES));
        hash.update(slice);
        bytes += slice.length;
        yield `${JSON.stringify({ part: name, data: slice.toString('base64') })}\n`;
      }
    }
    digests[name] = { bytes, sha256: hash.digest('hex') };
  }
  yield `${JSON.stringify({ manifest: { ...describe(), parts: digests } })}\n`;
}

/**
 * Reads the lines, hands each piece to `take` in order, and answers the manifest once every part was found as it
 * says. Thrown: `configuration` when anything is missing, too much or different.
 */
export async function readParts(
  input: AsyncIterable<Buffer>,
  take: (part: string, data: Buffer) => Promise<void>,
): Promise<Manifest> {
  const seen = new Map<string, { bytes: number; hash: Hash }>();
  let manifest: Manifest | null = null;
  for await (const line of splitLines(input)) {
    if (manifest !== null) throw damaged();
    const value = parseJson(line);
    const found = piece.safeParse(value);
    if (!found.success) {
      const end = last.safeParse(value);
      if (!end.success) throw damaged();
      manifest = end.data.manifest;
      continue;
    }
    const data = Buffer.from(found.data.data, 'base64');
    const part = seen.get(found.data.part) ?? { bytes: 0, hash: createHash('sha256') };
    part.hash.update(data);
    part.bytes += data.length;
    seen.set(found.data.part, part);
    await take(found.data.part, data);
  }
  if (manifest === null || !isAsManifestSays(seen, manifest)) throw damaged();
  return manifest;
}

/** A file that was cut, changed or is not what it says. */
export function damaged(): KeyturnError {
  return new KeyturnError('configuration', 'the backup is damaged or cut short: use another copy of it');
}

function isAsManifestSays(seen: Map<string, { bytes: number; hash: Hash }>, { parts }: Manifest): boolean {
  const told = Object.entries(parts).filter(([, { bytes }]) => bytes > 0);
  return (
    told.length === seen.size &&
    told.every(([name, { bytes, sha256 }]) => {
      const part = seen.get(name);
      return part?.bytes === bytes && part.hash.copy().digest('hex') === sha256;
    })
  );
}

async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input) {
    // Every byte of the lines is ASCII: base64 and a manifest of names and digests.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') throw damaged();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Without the parser's error: it quotes the text, which may hold a secret.
  }
}
