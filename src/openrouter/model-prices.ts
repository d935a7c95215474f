/** Prices of OpenRouter's model list, exactly: decimals in, decimals out, never a float in between. */
import Big from 'big.js';

const TOKENS_PER_MILLION = 1_000_000;
/** A decimal of bounded length: what is printed of it stays short, whatever the list says. */
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?$/;

/** Prices per token. `image` too: every row that had one in August 2026 gave it the price of a prompt token. */
const TOKEN_PRICES = [
  'image',
  'image_token',
  'image_output',
  'audio',
  'audio_output',
  'input_audio_cache',
  'internal_reasoning',
  'input_cache_read',
  'input_cache_write',
  'input_cache_write_1h',
] as const;
/** Prices per request and per search. */
const UNIT_PRICES = ['request', 'web_search'] as const;

/** Prices in USD as the list has them, per token, request or search. Null: not priced, or not known beforehand. */
export interface ListedPrices {
  readonly prompt: string | null;
  readonly completion: string | null;
  readonly request: string | null;
  readonly webSearch: string | null;
  readonly image: string | null;
  /** All but the first two, as listings show them: token prices per million. Members of unknown unit are left out. */
  readonly more: Readonly<Record<string, string>>;
  readonly hasOverrides: boolean;
  /** Highest price any override sets; null when none does. */
  readonly maxOverridePrompt: string | null;
  readonly maxOverrideCompletion: string | null;
}

/** Reads `pricing` of a row: https://openrouter.ai/docs/api-reference/list-available-models */
export function readPrices(pricing: Readonly<Record<string, unknown>>): ListedPrices {
  const overrides = Array.isArray(pricing['overrides']) ? pricing['overrides'].filter(isRecord) : [];
  const perToken = TOKEN_PRICES.map((name) => [name, perMillion(readPrice(pricing[name]))] as const);
  const perUnit = UNIT_PRICES.map((name) => [name, readPrice(pricing[name])] as const);
  return {
    prompt: readPrice(pricing['prompt']),
    completion: readPrice(pricing['completion']),
    request: readPrice(pricing['request']),
    webSearch: readPrice(pricing['web_search']),
    image: readPrice(pricing['image']),
    more: Object.fromEntries(
      [...perToken, ...perUnit].filter((one): one is [(typeof one)[0], string] => one[1] !== null),
    ),
    hasOverrides: overrides.length > 0,
    maxOverridePrompt: highest(overrides.map((one) => readPrice(one['prompt']))),
    maxOverrideCompletion: highest(overrides.map((one) => readPrice(one['completion']))),
  };
}

/**
 * A price as a plain decimal, without exponent or trailing zeros. Null for what is no price: negative numbers mean
 * "variable" (routers have "-1").
 */
export function readPrice(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !DECIMAL.test(text)) return null;
  const price = new Big(text);
  if (price.eq(0)) return '0';
  return price.lt(0) ? null : price.toFixed();
}

/** The price of a million of what `price` is the price of one of. */
export function perMillion(price: string | null): string | null {
  return price === null ? null : new Big(price).times(TOKENS_PER_MILLION).toFixed();
}

/** True when `price` is known and not above `most`. Both are decimals. */
export function isAtMost(price: string | null, most: string): boolean {
  return price !== null && new Big(price).lte(most);
}

function highest(prices: readonly (string | null)[]): string | null {
  return prices.reduce((most, price) => {
    if (price === null) return most;
    return most === null || new Big(price).gt(most) ? price : most;
  }, null);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
