/** The model list in the shape it is looked up in: made once per fetch. */
import { setImmediate } from 'node:timers/promises';
import type { ModelAlias } from './model-aliases';
import { readModel, readRows, type CatalogueModel } from './model-schema';

/** Rows read before others get their turn: some milliseconds' worth, where streams pass through the same process. */
const ROWS_AT_ONCE = 40;

/** A model list, ready to be asked. */
export interface ModelIndex {
  /** By id, ascending. */
  readonly models: readonly CatalogueModel[];
  readonly byId: ReadonlyMap<string, CatalogueModel>;
  /** By `canonical_slug`, which several ids share: the one without variant. No ids of the list among the keys. */
  readonly bySlug: ReadonlyMap<string, CatalogueModel>;
  /** Our aliases; null when no candidate is in the list. No ids of the list among the keys. */
  readonly byAlias: ReadonlyMap<string, CatalogueModel | null>;
  /** Ids → the aliases that mean them. */
  readonly aliasesOf: ReadonlyMap<string, readonly string[]>;
  /** Rows that lacked what we need, or had an id a second time. */
  readonly skippedRows: number;
}

/** Reads an answer of GET /models. Null when it is not one. */
export async function indexModels(
  answer: unknown,
  aliases: readonly ModelAlias[],
): Promise<ModelIndex | null> {
  const rows = readRows(answer);
  if (rows === null) return null;
  const byId = new Map<string, CatalogueModel>();
  for (const [at, row] of rows.entries()) {
    if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await setImmediate();
    const model = readModel(row);
    if (model !== null && !byId.has(model.id)) byId.set(model.id, model);
  }
  const byAlias = resolveAliases(aliases, byId);
  return {
    models: [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    byId,
    bySlug: indexSlugs(byId),
    byAlias,
    aliasesOf: groupAliases(byAlias),
    skippedRows: rows.length - byId.size,
  };
}

/** What a `~…-latest` row means now; any other row means itself. */
export function followMovingAlias(
  model: CatalogueModel,
  byId: ReadonlyMap<string, CatalogueModel>,
): CatalogueModel {
  return (model.pointsTo === null ? undefined : byId.get(model.pointsTo)) ?? model;
}

function resolveAliases(
  aliases: readonly ModelAlias[],
  byId: ReadonlyMap<string, CatalogueModel>,
): Map<string, CatalogueModel | null> {
  const resolved = new Map<string, CatalogueModel | null>();
  for (const { alias, candidates } of aliases) {
    if (byId.has(alias)) continue;
    const found = candidates.map((id) => byId.get(id)).find((model) => model !== undefined);
    resolved.set(alias, found === undefined ? null : followMovingAlias(found, byId));
  }
  return resolved;
}

function indexSlugs(byId: ReadonlyMap<string, CatalogueModel>): Map<string, CatalogueModel> {
  const plain = [...byId.values()].filter(({ id }) => !id.includes(':') && !id.startsWith('~'));
  return new Map(
    plain.flatMap((model) => {
      const { canonicalSlug } = model;
      return canonicalSlug === null || byId.has(canonicalSlug) ? [] : [[canonicalSlug, model]];
    }),
  );
}

function groupAliases(byAlias: ReadonlyMap<string, CatalogueModel | null>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [alias, model] of byAlias) {
    if (model === null) continue;
    groups.set(model.id, [...(groups.get(model.id) ?? []), alias]);
  }
  return groups;
}
