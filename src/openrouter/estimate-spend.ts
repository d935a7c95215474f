/** The most a call can cost, before it is made: what is reserved of the platform's budget. */
import Big from 'big.js';
import { KeyturnError } from '../contract/errors';
import type { Call } from './read-call';

/** Prices of a model in USD, as exact decimals; null: unknown beforehand. */
export interface ModelPrices {
  readonly promptUsdPerToken: string | null;
  readonly completionUsdPerToken: string | null;
  readonly requestUsd: string | null;
  readonly webSearchUsd: string | null;
  readonly contextLength: number | null;
  readonly maxCompletionTokens: number | null;
  /** The dearest prices that apply under some condition; null when there are none. */
  readonly maxOverridePromptUsd: string | null;
  readonly maxOverrideCompletionUsd: string | null;
}

/** Searches a plugin makes for one answer at most: https://openrouter.ai/docs/features/web-search */
const MAX_SEARCHES = 10;
/** Of an answer whose model names no bound. */
const UNBOUNDED_TOKENS = 128_000;

/**
 * Price times greatest number of tokens, the dearest of all models that may answer. A token is at least one byte of
 * the body, so its length bounds the prompt; what is attached may be fetched, so the model's context bounds it.
 * Thrown when a price is not known: `price_unknown`.
 */
export function estimateSpend(call: Call, models: readonly (ModelPrices | null)[]): string {
  const amounts = models.map((prices) => estimateOne(call, prices));
  const dearest = amounts.reduce((a, b) => (a.gt(b) ? a : b), new Big(0));
  return dearest.toFixed();
}

function estimateOne(call: Call, prices: ModelPrices | null): Big {
  if (prices === null || prices.promptUsdPerToken === null || prices.completionUsdPerToken === null) {
    throw unknownPrice();
  }
  const context = prices.contextLength ?? Infinity;
  const prompt = Math.min(call.hasAttachments ? Infinity : call.bytes.length, context);
  if (prompt === Infinity) throw unknownPrice();
  const completion = Math.min(
    call.maxTokens ?? Infinity,
    prices.maxCompletionTokens ?? Infinity,
    prices.contextLength ?? UNBOUNDED_TOKENS,
  );
  const searches = call.mayCostMore ? MAX_SEARCHES : 0;
  return dearer(prices.promptUsdPerToken, prices.maxOverridePromptUsd)
    .times(prompt)
    .plus(dearer(prices.completionUsdPerToken, prices.maxOverrideCompletionUsd).times(completion))
    .plus(new Big(prices.requestUsd ?? 0))
    .plus(new Big(prices.webSearchUsd ?? 0).times(searches));
}

function unknownPrice(): KeyturnError {
  return new KeyturnError('price_unknown', 'the price of this model is not known beforehand', {
    field: 'model',
  });
}

function dearer(price: string, other: string | null): Big {
  const usual = new Big(price);
  return other !== null && usual.lt(other) ? new Big(other) : usual;
}
