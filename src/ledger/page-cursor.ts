import { KeyturnError } from '../contract/errors';

/** Most rows a page may have. */
export const MAX_PAGE = 1000;

/** Opaque to callers: the sort key of a page's last row. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
}

/** Thrown when the cursor is not one of ours: `invalid_request`. */
export function decodeCursor(cursor: string, pattern: readonly RegExp[]): string[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  const sound =
    Array.isArray(parts) &&
    parts.length === pattern.length &&
    parts.every((part, i) => typeof part === 'string' && pattern[i]?.test(part) === true);
  if (!sound)
    throw new KeyturnError('invalid_request', 'cursor is not one this listing gave', { field: 'cursor' });
  return parts as string[];
}

/** Thrown when `limit` is not a whole number from 1 to {@link MAX_PAGE}: `invalid_request`. */
export function assertLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new KeyturnError('invalid_request', `limit must be a whole number from 1 to ${MAX_PAGE}`, {
      field: 'limit',
    });
  }
}

/** Splits `limit + 1` fetched rows into a page and the cursor of the next one. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  page: { limit: number; toItem: (row: Row) => Item; sortKey: (row: Row) => readonly string[] },
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > page.limit && last !== undefined ? encodeCursor(page.sortKey(last)) : null;
  return { items: shown.map(page.toItem), nextCursor };
}
