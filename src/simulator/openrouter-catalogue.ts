/** OpenRouter's models: look-up for calls, prices, and the replies of the public model routes. */
import type { ModelRow } from './openrouter-model-rows';

/** Suffixes that choose a route to a model and are no rows of the list. */
const ROUTE_SUFFIX = /:(?:nitro|floor|exacto|online|extended)$/;
const DEFAULT_MODEL = 'openai/gpt-4o-mini';

/** The rows of one simulator, indexed once. */
export class ModelCatalogue {
  readonly #byId: ReadonlyMap<string, ModelRow>;
  readonly #authors: ReadonlySet<string>;
  readonly #default: ModelRow | undefined;

  constructor(readonly rows: readonly ModelRow[]) {
    this.#byId = new Map(rows.map((row) => [row.id, row]));
    this.#authors = new Set(rows.map(({ id }) => authorOf(id)));
    this.#default =
      this.#byId.get(DEFAULT_MODEL) ?? rows.find((row) => answers(row, 'text') && !isRouter(row));
  }

  /** The row an id means: itself, without a route's suffix, in the old spelling `claude-3-5` of a number. */
  find(id: string): ModelRow | undefined {
    const plain = id.replace(ROUTE_SUFFIX, '');
    return this.#byId.get(id) ?? this.#byId.get(plain) ?? this.#byId.get(plain.replace(/(\d)-(?=\d)/, '$1.'));
  }

  /** The row that serves a call: aliases and routers lead to the model behind them. */
  serve(id: string | undefined, output: 'text' | 'embeddings'): ModelRow | undefined {
    if (id === undefined) return this.#default;
    const row = this.find(id);
    if (!row) return undefined;
    if (row.alias_target) return this.#byId.get(row.alias_target.slug) ?? row;
    if (isRouter(row)) return this.#default;
    return answers(row, output) ? row : undefined;
  }

  /** Whether any row is of this id's author. */
  knowsAuthor(id: string): boolean {
    return this.#authors.has(authorOf(id));
  }
}

function authorOf(id: string): string {
  return id.replace(/^~/, '').split('/')[0] ?? id;
}

function answers(row: ModelRow, output: string): boolean {
  return row.architecture.output_modalities.includes(output);
}

function isRouter(row: ModelRow): boolean {
  return row.pricing.prompt === '-1';
}
