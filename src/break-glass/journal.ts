/** What was done to keys while the ledger could not say so: JSON lines in the home, each on disk before the next step. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';

const entry = z.strictObject({
  id: z.uuid(),
  at: z.iso.datetime(),
  /** `intent` before the act, `done` after it, `imported` once the ledger tells of it. */
  phase: z.enum(['intent', 'done', 'imported']),
  tenant_id: z.string(),
  service_id: z.string(),
  key_name: z.string(),
  reason: z.string(),
  /** Who ran the command, as the machine knows him. */
  principal: z.string(),
  /** Of the tombstone; null before it is written. */
  epoch: z.int().nullable(),
  key_id: z.string().nullable(),
  destroyed_versions: z.int().nullable(),
});
export type JournalEntry = z.infer<typeof entry>;

/** Path of the journal of a home. */
export function journalFile(home: string): string {
  return join(home, 'break-glass.jsonl');
}

/** Appends one entry; when it returns the entry survives a loss of power. */
export function appendJournal(home: string, line: JournalEntry): void {
  const file = openSync(journalFile(home), 'a', 0o600);
  try {
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The last entry of each break-glass revocation, oldest first.
 * Thrown when a line is no entry: `configuration`, naming file and line. A last line without an end was cut by a
 * crash while it was written, so its step had not begun.
 */
export function readJournal(home: string): readonly JournalEntry[] {
  const path = journalFile(home);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  const latest = new Map<string, JournalEntry>();
  for (const [index, text] of lines.entries()) {
    const parsed = entry.safeParse(parse(text));
    if (!parsed.success) {
      throw new KeyturnError('configuration', `${path}: line ${index + 1} is no entry of the journal`);
    }
    latest.set(parsed.data.id, parsed.data);
  }
  return [...latest.values()];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Told by the caller, with the line's number.
  }
}
