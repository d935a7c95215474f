/**
 * OpenRouter's model list, kept. The first use fetches it; later ones are answered at once, and fetch it anew in the
 * background when it has grown old. While that fails the old list serves on, and says so.
 */
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { AuthoredRow, ListedAlias, ListedModel, ModelFilter, ModelListState } from '../contract/models';
import { describeModel } from './describe-model';
import { filterModels } from './filter-models';
import { followMovingAlias, indexModels, type ModelIndex } from './index-models';
import { MODEL_ALIASES, type ModelAlias } from './model-aliases';
import type { CatalogueModel } from './model-schema';
import { nearestModels } from './nearest-models';
import { findModel, resolveModel, resolveWithoutList, type ResolvedModel } from './resolve-alias';

export interface ModelCatalogueOptions {
  /** The answer of GET /models; rejects when there is none. */
  readonly fetchModels: (signal: AbortSignal) => Promise<unknown>;
  readonly log: { readonly warn: (facts: object, message: string) => void };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Age at which the list is fetched anew. */
  readonly refreshMs?: number;
  /** Least time from a failed fetch to the next in the background. */
  readonly staleRetryMs?: number;
  readonly aliases?: readonly ModelAlias[];
}

/** Every method but `resolve` and `close` waits for the first list. Thrown while there is none: `upstream_unavailable`. */
export interface ModelCatalogue {
  /** Thrown for a cursor that is not ours: `invalid_request`. */
  list(filter: ModelFilter): Promise<{
    models: readonly ListedModel[];
    nextCursor: string | null;
    total: number;
    state: ModelListState;
  }>;
  /** Names the list itself has are not among them. */
  aliases(): Promise<readonly ListedAlias[]>;
  /**
   * By id, alias, request-time variant or `~…-latest`, which gives the model it means now. Thrown when there is none:
   * `model_not_found` with the nearest ids.
   */
  get(id: string): Promise<{ model: ListedModel; resolvedFrom: string | null; state: ModelListState }>;
  /** The list as OpenRouter has it, with each model's author: the same array until there is a new list. */
  rows(): Promise<readonly AuthoredRow[]>;
  /** The row of the model that {@link get} finds. Thrown when there is none: `model_not_found`. */
  row(id: string): Promise<AuthoredRow>;
  /** For the hot path: never waits, never fails; starts a fetch in the background when one is due. */
  resolve(model: string): ResolvedModel;
  /** Ends a fetch under way; none begins after it. */
  close(): void;
}

const REFRESH_MS = 300_000;
const STALE_RETRY_MS = 30_000;

/** Fetches nothing by itself: the first use does. */
export function createModelCatalogue(options: ModelCatalogueOptions): ModelCatalogue {
  const aliases = options.aliases ?? MODEL_ALIASES;
  const now = options.now ?? Date.now;
  const kept = new KeptModels(options, aliases, now);
  const candidates = new Map(aliases.map((one) => [one.alias, one.candidates]));

  return {
    async list(filter) {
      const { index, state } = await kept.read();
      const { models, nextCursor, total } = filterModels(index.models, filter);
      const nowMs = now();
      return { models: models.map((one) => describeModel(one, index, nowMs)), nextCursor, total, state };
    },
    async aliases() {
      const { index } = await kept.read();
      return aliases.flatMap(({ alias, candidates }) => {
        const meant = index.byAlias.get(alias);
        return meant === undefined ? [] : [{ alias, candidates, resolves_to: meant?.id ?? null }];
      });
    },
    async get(id) {
      const { index, state } = await kept.read();
      const model = meantBy(index, id);
      const resolvedFrom = model.id === id ? null : id;
      return { model: describeModel(model, index, now()), resolvedFrom, state };
    },
    rows: async () => (await kept.read()).index.models,
    row: async (id) => meantBy((await kept.read()).index, id),
    resolve(model) {
      const index = kept.peek();
      return index === null ? resolveWithoutList(candidates, model) : resolveModel(index, model);
    },
    close: () => kept.close(),
  };
}

/** Thrown when nothing of the list is meant: `model_not_found`. */
function meantBy(index: ModelIndex, name: string): CatalogueModel {
  const hit = findModel(index, name);
  if (hit === null) throw modelNotFound(name, index);
  return followMovingAlias(hit.found, index.byId);
}

/** The list and its age. */
class KeptModels {
  #index: ModelIndex | null = null;
  #fetchedAtMs = 0;
  /** Time of the last fetch, when it failed. */
  #failedAtMs: number | null = null;
  #running: Promise<void> | null = null;
  #toldSkipped = 0;
  readonly #closing = new AbortController();

  constructor(
    private readonly options: ModelCatalogueOptions,
    private readonly aliases: readonly ModelAlias[],
    private readonly now: () => number,
  ) {}

  /** The list at once, or after the first fetch. Thrown when that fails: `upstream_unavailable`. */
  async read(): Promise<{ index: ModelIndex; state: ModelListState }> {
    if (this.#index === null) await this.#fetch();
    const index = this.peek();
    if (index === null) throw unavailable('there is no model list yet');
    const fetchedAt = new Date(this.#fetchedAtMs).toISOString();
    return { index, state: { fetchedAt, stale: this.#failedAtMs !== null } };
  }

  /** What there is now; a fetch that is due begins behind it. */
  peek(): ModelIndex | null {
    // It has told the log already.
    if (this.#isDue()) this.#fetch().catch(() => {});
    return this.#index;
  }

  close(): void {
    this.#closing.abort();
  }

  #isDue(): boolean {
    const { refreshMs = REFRESH_MS, staleRetryMs = STALE_RETRY_MS } = this.options;
    if (this.#closing.signal.aborted) return false;
    if (this.#failedAtMs !== null && !this.#isPast(this.#failedAtMs, staleRetryMs)) return false;
    return this.#index === null || this.#isPast(this.#fetchedAtMs, refreshMs);
  }

  /** A clock that was set back makes everything due, rather than nothing for as long as it was set back. */
  #isPast(sinceMs: number, ms: number): boolean {
    const passedMs = this.now() - sinceMs;
    return passedMs < 0 || passedMs >= ms;
  }

  /** All who ask meanwhile share one fetch. */
  #fetch(): Promise<void> {
    this.#running ??= this.#fetchOnce().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #fetchOnce(): Promise<void> {
    try {
      this.#closing.signal.throwIfAborted();
      const answer = await this.options.fetchModels(this.#closing.signal);
      const index = await indexModels(answer, this.aliases);
      this.#assertUsable(index);
      this.#tellSkipped(index);
      this.#index = index;
      this.#fetchedAtMs = this.now();
      this.#failedAtMs = null;
    } catch (error) {
      this.#failedAtMs = this.now();
      const reason = isKeyturnError(error) ? error.message : 'the model list could not be fetched';
      const { code } = (error ?? {}) as { code?: unknown };
      if (!this.#closing.signal.aborted)
        this.options.log.warn({ reason, code, keptOld: this.#index !== null }, 'no new model list');
      throw unavailable(reason, error);
    }
  }

  /** A list that lost most of its rows says that its shape changed, or that it is not the list. */
  #assertUsable(index: ModelIndex | null): asserts index is ModelIndex {
    if (index === null) throw unavailable('the answer is not a model list');
    const usable = index.models.length;
    if (usable === 0) throw unavailable('the model list has no usable row');
    if (this.#index !== null && index.skippedRows > usable)
      throw unavailable('most rows of the model list are not usable');
  }

  #tellSkipped({ skippedRows, models }: ModelIndex): void {
    if (skippedRows !== this.#toldSkipped && skippedRows > 0)
      this.options.log.warn(
        { skippedRows, usableRows: models.length },
        'rows of the model list were skipped',
      );
    this.#toldSkipped = skippedRows;
  }
}

function unavailable(message: string, cause?: unknown): KeyturnError {
  return new KeyturnError('upstream_unavailable', message, {}, { cause });
}

/** What was asked for is not quoted: it may be anything, a key that was pasted in the wrong place too. */
function modelNotFound(id: string, index: ModelIndex): KeyturnError {
  const nearest = nearestModels(
    id,
    index.models.map((model) => model.id),
  );
  return new KeyturnError('model_not_found', `there is no such model; nearest: ${nearest.join(', ')}`, {
    nearest,
  });
}
