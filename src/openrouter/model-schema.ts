/** What we read of OpenRouter's model list. Fields and values come without notice, so all else is let pass. */
import { z } from 'zod';
import type { WireModel } from '../contract/models';
import { perMillion, readPrices } from './model-prices';

/** Printable, no blanks: `author/slug`, `~author/family-latest`, `author/slug:variant`. */
const MODEL_ID = /^[\x21-\x7e]{1,200}$/;
const MAX_TEXT = 8_000;
/** The last second of the year 9999: later ones have no ISO 8601 date of the usual form. */
const MAX_SECONDS = 253_402_300_799;
/** Set for "never" by the list itself (seen in August 2026). */
const NEVER = '2098-12-31';

/** What the price of a call is reckoned with. Prices are decimals in USD; null: not priced, or not known beforehand. */
export interface ModelRow {
  readonly id: string;
  readonly promptUsdPerToken: string | null;
  readonly completionUsdPerToken: string | null;
  readonly requestUsd: string | null;
  /** Per search. */
  readonly webSearchUsd: string | null;
  /** As the list has it: per image by its name, per image token by its size. */
  readonly imageUsd: string | null;
  /** In tokens. */
  readonly contextLength: number | null;
  /** In tokens. */
  readonly maxCompletionTokens: number | null;
  /** True when prices change with the size of the prompt or the time of day. */
  readonly hasOverrides: boolean;
  /** Per token, the highest of all overrides; null when none sets it. */
  readonly maxOverridePromptUsd: string | null;
  readonly maxOverrideCompletionUsd: string | null;
}

/** A row of the list, read. */
export interface CatalogueModel {
  readonly row: ModelRow;
  /** As it came, for clients that read OpenRouter's own rows. */
  readonly wire: WireModel;
  readonly id: string;
  readonly canonicalSlug: string | null;
  readonly name: string;
  readonly author: string;
  readonly description: string;
  readonly createdSeconds: number;
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly capabilities: readonly string[];
  readonly promptUsdPerMillion: string | null;
  readonly completionUsdPerMillion: string | null;
  readonly morePrices: Readonly<Record<string, string>>;
  /** `YYYY-MM-DD`; null: never, or not set. */
  readonly expires: string | null;
  /** `alias_target` of a `~…-latest` row. */
  readonly pointsTo: string | null;
  /** Id, name and description in lower case. */
  readonly searchText: string;
}

const words = z
  .array(z.unknown())
  .catch([])
  .transform((all) => all.filter((one): one is string => typeof one === 'string' && one.length <= 100));
const tokens = z.int().positive().nullish().catch(null);
const slug = z.string().regex(MODEL_ID);
const text = z.string().transform((all) => all.slice(0, MAX_TEXT));

/** Needed are the first four; what else is absent or odd is taken as not said. */
const wireRow = z.object({
  id: slug,
  name: z.string().min(1).max(500),
  created: z.int().min(0).max(MAX_SECONDS),
  pricing: z.record(z.string(), z.unknown()),
  canonical_slug: slug.nullish().catch(null),
  alias_target: z.object({ slug }).nullish().catch(null),
  description: text.catch(''),
  context_length: tokens,
  architecture: z
    .object({ input_modalities: words, output_modalities: words })
    .catch({ input_modalities: [], output_modalities: [] }),
  top_provider: z.object({ context_length: tokens, max_completion_tokens: tokens }).nullish().catch(null),
  supported_parameters: words,
  expiration_date: z.iso.date().nullish().catch(null),
});

/** The envelope; rows are looked at one by one. */
const wireList = z.object({ data: z.array(z.unknown()) });

/** The rows of an answer of GET /models; null when it is none. */
export function readRows(answer: unknown): readonly unknown[] | null {
  return wireList.safeParse(answer).data?.data ?? null;
}

/** One row; null when it lacks what we need. */
export function readModel(value: unknown): CatalogueModel | null {
  const { data: wire } = wireRow.safeParse(value);
  if (wire === undefined) return null;
  const prices = readPrices(wire.pricing);
  const row: ModelRow = {
    id: wire.id,
    promptUsdPerToken: prices.prompt,
    completionUsdPerToken: prices.completion,
    requestUsd: prices.request,
    webSearchUsd: prices.webSearch,
    imageUsd: prices.image,
    contextLength: wire.context_length ?? wire.top_provider?.context_length ?? null,
    maxCompletionTokens: wire.top_provider?.max_completion_tokens ?? null,
    hasOverrides: prices.hasOverrides,
    maxOverridePromptUsd: prices.maxOverridePrompt,
    maxOverrideCompletionUsd: prices.maxOverrideCompletion,
  };
  return {
    row,
    wire: value as WireModel,
    id: wire.id,
    canonicalSlug: wire.canonical_slug ?? null,
    name: wire.name,
    author: authorOf(wire.id),
    description: wire.description,
    createdSeconds: wire.created,
    inputModalities: wire.architecture.input_modalities,
    outputModalities: wire.architecture.output_modalities,
    capabilities: wire.supported_parameters,
    promptUsdPerMillion: perMillion(prices.prompt),
    completionUsdPerMillion: perMillion(prices.completion),
    morePrices: prices.more,
    expires: wire.expiration_date == null || wire.expiration_date >= NEVER ? null : wire.expiration_date,
    pointsTo: wire.alias_target?.slug ?? null,
    searchText: `${wire.id}\n${wire.name}\n${wire.description}`.toLowerCase(),
  };
}

/** `~anthropic/claude-sonnet-latest` is Anthropic's, too. */
function authorOf(id: string): string {
  const end = id.indexOf('/');
  return id.slice(id.startsWith('~') ? 1 : 0, end === -1 ? id.length : end);
}
