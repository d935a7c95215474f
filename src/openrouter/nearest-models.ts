/** Ids that look like one that does not exist. */
import { distance } from 'fastest-levenshtein';

const MAX_NEAREST = 5;
/** A name of fewer letters is part of half the list. */
const MIN_PART = 3;
/** How much nearer a name is that contains the other one, or has all its words. */
const PART_FACTOR = 0.5;

/**
 * At most five ids, nearest first: by the edits from one id to the other, or from one name after the `/` to the
 * other, and nearer for what they have in common. Variants of one model count once, unless a variant was asked for.
 */
export function nearestModels(asked: string, ids: readonly string[]): readonly string[] {
  const wanted = asked.toLowerCase();
  const offered = wanted.includes(':') ? ids : withoutVariants(ids);
  return offered
    .map((id) => ({ id, far: farness(wanted, id.toLowerCase()) }))
    .sort((a, b) => a.far - b.far || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_NEAREST)
    .map(({ id }) => id);
}

/** From 0 (the same) to 1 (nothing in common). */
function farness(asked: string, id: string): number {
  const [askedName, name] = [nameOf(asked), nameOf(id)];
  const byName = relativeDistance(askedName, name) * (isPart(askedName, name) ? PART_FACTOR : 1);
  const edits = Math.min(relativeDistance(asked, id), byName);
  return edits * (1 - sharedWords(askedName, name) * (1 - PART_FACTOR));
}

function relativeDistance(a: string, b: string): number {
  return distance(a, b) / Math.max(a.length, b.length, 1);
}

function isPart(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= MIN_PART && (a.includes(b) || b.includes(a));
}

/** The share of the words of `asked` that `name` has: `llama-70b` has both its words in `llama-3.3-70b-instruct`. */
function sharedWords(asked: string, name: string): number {
  const [wanted, offered] = [wordsOf(asked), new Set(wordsOf(name))];
  return wanted.filter((word) => offered.has(word)).length / Math.max(wanted.length, 1);
}

function wordsOf(name: string): readonly string[] {
  return name.split(/[^a-z0-9.]+/).filter((word) => word !== '');
}

/** What comes after the author. */
function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** A model's variants stand only where it has no plain row. */
function withoutVariants(ids: readonly string[]): readonly string[] {
  const listed = new Set(ids);
  const seen = new Set<string>();
  return ids.filter((id) => {
    const base = id.split(':', 1)[0] ?? id;
    if (id !== base && (listed.has(base) || seen.has(base))) return false;
    seen.add(base);
    return true;
  });
}
