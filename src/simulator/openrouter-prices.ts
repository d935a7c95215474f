/** What a call costs: exact decimals by the prices of the model's row. */
import Big from 'big.js';
import type { ModelPricing } from './openrouter-model-rows';

/** Tokens of one call. */
export interface TokenCount {
  readonly prompt: number;
  readonly completion: number;
}

/** USD, exact. */
export interface CallCost {
  readonly prompt: Big;
  readonly completion: Big;
  readonly total: Big;
}

/** The simulator's rule, for any model: four characters (UTF-16 units) a token, rounded up, at least one. */
export function countTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / CHARACTERS_PER_TOKEN));
}

/** Characters the simulator counts as one token. */
export const CHARACTERS_PER_TOKEN = 4;

/** The price of a call at `now`, overrides applied. */
export function priceOf(pricing: ModelPricing, tokens: TokenCount, now: Date): CallCost {
  const prices = effective(pricing, tokens.prompt, now);
  const prompt = new Big(prices.prompt).times(tokens.prompt);
  const completion = new Big(prices.completion).times(tokens.completion);
  return { prompt, completion, total: prompt.plus(completion).plus(prices.request ?? '0') };
}

/** As JSON carries it: the shortest number that reads back as the same double. */
export function asNumber(amount: Big): number {
  return Number(amount.toString());
}

function effective(pricing: ModelPricing, promptTokens: number, now: Date): ModelPricing {
  if (!pricing.overrides) return pricing;
  const time = now.toISOString().slice(11, 16).replace(':', '');
  const applying = pricing.overrides.filter(
    ({ min_prompt_tokens: least = 0, utc_start: start, utc_end: end }) =>
      promptTokens >= least && (start === undefined || end === undefined || isWithin(time, start, end)),
  );
  return Object.assign({}, pricing, ...applying) as ModelPricing;
}

/** `HHMM` texts compare as times; a window may reach over midnight. */
function isWithin(time: string, start: string, end: string): boolean {
  return start <= end ? time >= start && time < end : time >= start || time < end;
}
