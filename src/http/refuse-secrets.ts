/** Free texts end up in the audit trail: one that holds a credential is refused, not stored. */
import { KeyturnError } from '../contract/errors';
import type { PlainFields } from '../contract/keys';
import { catalog } from '../providers/catalog';

const SHORTEST_SECRET = 8;
const SHORTEST_LOOKALIKE = 16;
/** Longer than the parts of a UUID, a date or a ticket's number. */
const LONG_RUN = /[A-Za-z0-9]{20,}/g;

/**
 * Thrown when `text` holds one of `fields`, a word that looks like a key of a known service, or letters and digits
 * in a row that no language has: `secret_in_text`.
 */
export function refuseSecrets(field: string, text: string | undefined, fields: PlainFields = {}): void {
  if (text === undefined) return;
  const sent = Object.values(fields).some((value) => value.length >= SHORTEST_SECRET && text.includes(value));
  const runs = text.match(LONG_RUN) ?? [];
  if (sent || runs.some(looksRandom) || text.split(/[\s"'`,;=()<>]+/).some(looksLikeKey)) {
    throw new KeyturnError('secret_in_text', `${field} seems to hold a credential; leave it out`, { field });
  }
}

/** Most services' secrets have no prefix: 20 and more letters and digits, mixed. */
function looksRandom(run: string): boolean {
  return (run.match(/[0-9]/g) ?? []).length >= 2 && (run.match(/[A-Za-z]/g) ?? []).length >= 2;
}

function looksLikeKey(word: string): boolean {
  if (word.length < SHORTEST_LOOKALIKE) return false;
  return secretPatterns().some((pattern) => pattern.test(word));
}

let patterns: readonly RegExp[] | undefined;

/** Enforced patterns of secret fields that begin with a fixed prefix: the others match ordinary words too. */
function secretPatterns(): readonly RegExp[] {
  patterns ??= catalog
    .flatMap((entry) => Object.values(entry.fields))
    .filter((spec) => spec.secret)
    .flatMap((spec) => [spec.pattern, spec.patternHint])
    .filter((pattern) => pattern !== undefined)
    .filter((pattern) => /^\^(\(\?:)?[A-Za-z]{2,}[-_.]/.test(pattern.source));
  return patterns;
}
