/** Which models a listing shows, and which page of them. */
import { KeyturnError } from '../contract/errors';
import type { ModelFilter } from '../contract/models';
import { isAtMost } from './model-prices';
import type { CatalogueModel } from './model-schema';

/** A page, and how many there are on all pages. */
export interface ModelPage {
  readonly models: readonly CatalogueModel[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/**
 * `models` come sorted by id. A cursor names the last id that was shown, so the next page goes on behind it, also in
 * a list that was fetched since. Thrown when the cursor is not one of ours: `invalid_request`.
 */
export function filterModels(models: readonly CatalogueModel[], filter: ModelFilter): ModelPage {
  const lastId = filter.cursor === undefined ? null : decodeCursor(filter.cursor);
  const matching = models.filter(matcherOf(filter));
  const rest = lastId === null ? matching : matching.filter(({ id }) => id > lastId);
  const page = rest.slice(0, filter.limit);
  const last = page.at(-1);
  const nextCursor = rest.length > page.length && last !== undefined ? encodeCursor(last.id) : null;
  return { models: page, nextCursor, total: matching.length };
}

function matcherOf(filter: ModelFilter): (model: CatalogueModel) => boolean {
  const { maxPrice, minContext } = filter;
  const words = filter.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const [author, modality, capability] = [filter.author, filter.modality, filter.capability].map((text) =>
    text?.toLowerCase(),
  );
  const has = (all: readonly string[], wanted: string): boolean =>
    all.some((one) => one.toLowerCase() === wanted);
  return (model) =>
    words.every((word) => model.searchText.includes(word)) &&
    (author === undefined || model.author.toLowerCase() === author) &&
    (modality === undefined ||
      has(model.inputModalities, modality) ||
      has(model.outputModalities, modality)) &&
    (capability === undefined || has(model.capabilities, capability)) &&
    (maxPrice === undefined || isAtMost(model.promptUsdPerMillion, maxPrice)) &&
    (minContext === undefined || (model.row.contextLength ?? 0) >= minContext);
}

function encodeCursor(lastId: string): string {
  return Buffer.from(JSON.stringify([lastId]), 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  const lastId: unknown = Array.isArray(parts) && parts.length === 1 ? parts[0] : null;
  if (typeof lastId === 'string') return lastId;
  throw new KeyturnError('invalid_request', 'cursor is not one this listing gave', { field: 'cursor' });
}
