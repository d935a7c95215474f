/** The `usage` of a reply: tokens, what the account pays, and what its provider bills. */
import Big from 'big.js';
import type { ModelRow } from './openrouter-model-rows';
import { asNumber, priceOf, type TokenCount } from './openrouter-prices';

/** A call's bill. */
export interface Bill {
  /** USD the account pays OpenRouter. */
  readonly cost: Big;
  /** USD the account's own provider bills; null when the call went over OpenRouter's account there. */
  readonly upstreamCost: Big | null;
  /** As the reply carries it. */
  readonly costFields: object;
}

/** OpenRouter's part of a call that the account's own provider key served. */
const BYOK_FEE = '0.05';
const NOTHING = new Big(0);

/** The bill of a call. `unbilled`: it brought nothing, so it costs nothing. */
export function billOf(
  row: ModelRow,
  tokens: TokenCount,
  how: { readonly byok: boolean; readonly unbilled?: boolean; readonly now: Date },
): Bill {
  const listed = priceOf(row.pricing, tokens, how.now);
  const total = how.unbilled ? NOTHING : listed.total;
  const cost = how.byok ? total.times(BYOK_FEE) : total;
  const upstreamCost = how.byok ? total : null;
  return {
    cost,
    upstreamCost,
    costFields: {
      cost: asNumber(cost),
      is_byok: how.byok,
      cost_details: {
        upstream_inference_cost: upstreamCost && asNumber(upstreamCost),
        upstream_inference_prompt_cost: asNumber(how.unbilled ? NOTHING : listed.prompt),
        upstream_inference_completions_cost: asNumber(how.unbilled ? NOTHING : listed.completion),
      },
    },
  };
}

/** `usage` of a chat completion. */
export function chatUsage(tokens: TokenCount, bill: Bill): object {
  return {
    prompt_tokens: tokens.prompt,
    completion_tokens: tokens.completion,
    total_tokens: tokens.prompt + tokens.completion,
    ...bill.costFields,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}
