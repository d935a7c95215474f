/** From what a caller calls a model to what OpenRouter calls it. */
import type { ModelIndex } from './index-models';
import type { ModelAlias } from './model-aliases';
import type { CatalogueModel, ModelRow } from './model-schema';

/** What a request-time suffix may be: https://openrouter.ai/docs/features/provider-routing */
const REQUEST_VARIANTS: ReadonlySet<string> = new Set(['nitro', 'floor', 'exacto', 'online', 'extended']);
/** `:nitro:online` and the like; more would be nonsense. */
const MAX_VARIANTS = 4;

/** What a model name means. */
export interface ResolvedModel {
  /** What to send upstream. */
  readonly model: string;
  /** The alias that was resolved; null when the name goes upstream as it came. */
  readonly resolvedFrom: string | null;
  /**
   * The listed model; null when none is known by that name. For a request-time variant it is the base model's, whose
   * prices are no bound: `:nitro` may choose a dearer provider, `:online` adds searches.
   */
  readonly row: ModelRow | null;
}

/** A name that was found. */
export interface FoundModel {
  readonly found: CatalogueModel;
  readonly model: string;
  readonly viaAlias: boolean;
}

/** Looks a name up: an id of the list first, then one with a request-time variant, an alias, a canonical slug. */
export function findModel(index: ModelIndex, name: string): FoundModel | null {
  const listed = index.byId.get(name);
  if (listed !== undefined) return { found: listed, model: name, viaAlias: false };
  const { base, variant } = splitVariant(name);
  const known = index.byId.get(base);
  if (known !== undefined) return { found: known, model: name, viaAlias: false };
  const meant = index.byAlias.get(base);
  if (meant != null) return { found: meant, model: meant.id + variant, viaAlias: true };
  const bySlug = index.bySlug.get(base);
  return bySlug === undefined ? null : { found: bySlug, model: name, viaAlias: false };
}

/** Never fails: a name nobody knows goes upstream as it came. */
export function resolveModel(index: ModelIndex, name: string): ResolvedModel {
  const hit = findModel(index, name);
  if (hit === null) return { model: name, resolvedFrom: null, row: null };
  return { model: hit.model, resolvedFrom: hit.viaAlias ? name : null, row: hit.found.row };
}

/** The same while no list was ever fetched: a moving id might be gone by then, so a concrete one is better. */
export function resolveWithoutList(
  aliases: ReadonlyMap<string, ModelAlias['candidates']>,
  name: string,
): ResolvedModel {
  const { base, variant } = splitVariant(name);
  const candidates = aliases.get(base) ?? [];
  const guess = candidates.find((id) => !id.startsWith('~')) ?? candidates[0];
  if (guess === undefined) return { model: name, resolvedFrom: null, row: null };
  return { model: guess + variant, resolvedFrom: name, row: null };
}

/** `author/slug:nitro` → its base and `:nitro`. Variants the list has rows for (`:free`, `:batch`) are part of the base. */
function splitVariant(name: string): { base: string; variant: string } {
  let base = name;
  for (let count = 0; count < MAX_VARIANTS; count += 1) {
    const at = base.lastIndexOf(':');
    if (at === -1 || !REQUEST_VARIANTS.has(base.slice(at + 1))) break;
    base = base.slice(0, at);
  }
  return { base, variant: name.slice(base.length) };
}
