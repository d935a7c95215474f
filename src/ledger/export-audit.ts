import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AnchorKeys, StoredAnchor } from './anchor-statement';
import { streamAudit } from './audit-trail';
import type { Ledger } from './ledger';

/** What goes along with the entries: all that a verifier without database and vault needs. */
export interface ExportParts {
  readonly anchors: AsyncIterable<StoredAnchor>;
  readonly publicKeys: AnchorKeys;
}

/**
 * Writes the whole audit trail to a new file as JSON lines: head, anchors, entries, end. Anchors come first,
 * read before the entries, so what they vouch for is in the file. The file is readable by its owner only.
 * Thrown when the file exists already (`EEXIST`) or cannot be written, as node says it.
 */
export async function exportAudit(
  ledger: Ledger,
  parts: ExportParts & { path: string },
): Promise<{ anchors: number; entries: number }> {
  const counts = { anchors: 0, entries: 0 };
  const lines = Readable.from(writeLines(ledger, parts, counts));
  await pipeline(lines, createWriteStream(parts.path, { flags: 'wx', mode: 0o600 }));
  return counts;
}

async function* writeLines(
  ledger: Ledger,
  parts: ExportParts,
  counts: { anchors: number; entries: number },
): AsyncGenerator<string> {
  const publicKeys = Object.fromEntries(parts.publicKeys);
  yield toLine({ type: 'keyturn-audit-export', v: 1, exportedAt: new Date().toISOString(), publicKeys });
  for await (const { number, body } of parts.anchors) {
    counts.anchors += 1;
    yield toLine({ type: 'anchor', number, body });
  }
  for await (const entry of streamAudit(ledger)) {
    counts.entries += 1;
    yield toLine({ type: 'entry', ...entry });
  }
  yield toLine({ type: 'end', ...counts });
}

function toLine(value: object): string {
  // JSON lets U+2028 and U+2029 stand in strings, but line readers (node's too) end a line there.
  const text = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${text}\n`;
}
