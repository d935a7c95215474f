/** Models as Keyturn shows them. Members are named as on the wire. Pure. */

/** Exact decimals in USD. A token price is per million tokens; null when it is not known beforehand (a router's). */
export interface ModelPricing {
  readonly prompt: string | null;
  readonly completion: string | null;
  /** Further prices the list names: per million tokens, but `request` per request and `web_search` per search. */
  readonly more: Readonly<Record<string, string>>;
  /** True when prices change with the size of the prompt or the time of day. */
  readonly has_overrides: boolean;
}

/** A model as we show it. */
export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly description: string;
  /** ISO 8601. */
  readonly created: string;
  /** In tokens. */
  readonly context_length: number | null;
  /** In tokens. */
  readonly max_completion_tokens: number | null;
  readonly input_modalities: readonly string[];
  readonly output_modalities: readonly string[];
  /** The request's parameters the model understands, e.g. `tools`, `reasoning`, `structured_outputs`. */
  readonly capabilities: readonly string[];
  readonly pricing_per_million: ModelPricing;
  /** `YYYY-MM-DD`; null when no end is set. */
  readonly expires: string | null;
  /** Words for people: expires soon, is a moving alias, has no fixed price. */
  readonly warnings: readonly string[];
  /** For `~…-latest` ids: the concrete id now. */
  readonly points_to: string | null;
  /** Our own aliases that mean this model now. */
  readonly aliases: readonly string[];
}

/** A row of OpenRouter's list as it came: these, and whatever else it tells. */
export interface WireModel {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly [member: string]: unknown;
}

/** Such a row, and whose model it is. */
export interface AuthoredRow {
  readonly wire: WireModel;
  readonly author: string;
}

/** Which models, and which page of them. What is absent does not filter. */
export interface ModelFilter {
  /** Words that id, name or description must have, all of them. */
  readonly q?: string | undefined;
  readonly author?: string | undefined;
  /** Input or output modality, e.g. `image`. */
  readonly modality?: string | undefined;
  readonly capability?: string | undefined;
  /** Most a million prompt tokens may cost, a decimal in USD. A model without a known price is left out. */
  readonly maxPrice?: string | undefined;
  /** Least context length, in tokens. */
  readonly minContext?: number | undefined;
  /** Most models of a page. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Where the list stands. */
export interface ModelListState {
  /** ISO 8601 time of the last successful fetch. */
  readonly fetchedAt: string;
  /** True when a refresh was due and failed. */
  readonly stale: boolean;
}

/** An alias of ours, as it stands. */
export interface ListedAlias {
  readonly alias: string;
  readonly candidates: readonly string[];
  /** What the first candidate in the list means; null when none is in it. */
  readonly resolves_to: string | null;
}
