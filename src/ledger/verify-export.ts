/** Verifies an exported audit trail with nothing but the file, and better: a public key from elsewhere. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { KeyturnError } from '../contract/errors';
import type { AnchorKeys, StoredAnchor } from './anchor-statement';
import type { StoredEntry } from './verify-chain';
import { verifyTrail, type TrailReport } from './verify-trail';

/** `keysFrom: 'file'` trusts whoever made the file; give `publicKeys` to trust only the signer. */
export interface ExportReport extends TrailReport {
  readonly keysFrom: 'caller' | 'file';
  /** What is wrong with the file itself. */
  readonly problems: readonly string[];
}

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Thrown when the file is not an export (`invalid_request`) or cannot be read, as node says it; anything
 * wrong with the trail is in the report.
 */
export async function verifyExport(
  path: string,
  options: { publicKeys?: AnchorKeys } = {},
): Promise<ExportReport> {
  const lines = new LineReader(path);
  const head = await lines.next();
  if (head?.type !== 'keyturn-audit-export' || head['v'] !== 1) {
    throw new KeyturnError('invalid_request', 'the file is not an audit export of version 1');
  }
  const counts = { anchors: 0, entries: 0 };
  const report = await verifyTrail({
    publicKeys: options.publicKeys ?? readKeys(head['publicKeys']),
    anchors: readAll(lines, { type: 'anchor', read: readAnchor, count: () => (counts.anchors += 1) }),
    entries: readAll(lines, { type: 'entry', read: readEntry, count: () => (counts.entries += 1) }),
  });
  const problems = checkEnd(await lines.next(), await lines.next(), counts);
  return {
    ...report,
    ok: report.ok && problems.length === 0,
    keysFrom: options.publicKeys === undefined ? 'file' : 'caller',
    problems,
  };
}

function checkEnd(
  end: Line | null,
  after: Line | null,
  counts: { anchors: number; entries: number },
): string[] {
  if (end === null) return ['the file is cut off: its last line is missing'];
  if (end.type !== 'end' || after !== null) return ['the file goes on after its last entry'];
  if (end['anchors'] === counts.anchors && end['entries'] === counts.entries) return [];
  return ['the file holds another number of lines than its last line says'];
}

function readKeys(keys: unknown): AnchorKeys {
  return new Map(
    Object.entries((keys ?? {}) as Record<string, string>).map(([version, key]) => [Number(version), key]),
  );
}

async function* readAll<Item>(
  lines: LineReader,
  kind: { type: string; read: (line: Line) => Item | null; count: () => void },
): AsyncGenerator<Item> {
  for (let line = await lines.next(); line !== null; line = await lines.next()) {
    if (line.type !== kind.type) {
      lines.putBack(line);
      return;
    }
    const item = kind.read(line);
    if (item === null) throw new KeyturnError('invalid_request', `${lines.place()} is no ${kind.type}`);
    kind.count();
    yield item;
  }
}

function readAnchor({ number, body }: Line): StoredAnchor | null {
  return typeof number === 'number' ? { number, body } : null;
}

function readEntry({ chain, seq, prevHash, hash, entry }: Line): StoredEntry | null {
  const sound =
    typeof chain === 'string' &&
    typeof seq === 'number' &&
    typeof prevHash === 'string' &&
    typeof hash === 'string' &&
    typeof entry === 'string';
  return sound ? { chain, seq, prevHash, hash, entry } : null;
}

/** JSON lines one by one, with one step back: anchors and entries share the file. */
class LineReader {
  readonly #lines: AsyncIterator<string>;
  #number = 0;
  #back: Line | null = null;

  constructor(path: string) {
    this.#lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })[
      Symbol.asyncIterator
    ]();
  }

  /** The line last read, in words. */
  place(): string {
    return `line ${this.#number} of the file`;
  }

  putBack(line: Line): void {
    this.#back = line;
  }

  async next(): Promise<Line | null> {
    const back = this.#back;
    this.#back = null;
    if (back !== null) return back;
    const { value, done } = await this.#lines.next();
    if (done === true) return null;
    this.#number += 1;
    return this.#parse(value);
  }

  #parse(text: string): Line {
    try {
      const line: unknown = JSON.parse(text);
      if (typeof line === 'object' && line !== null) return line as Line;
    } catch {
      // Falls through: said below, without the text.
    }
    throw new KeyturnError('invalid_request', `${this.place()} is not JSON`);
  }
}
