/** The facts of a call that OpenRouter's answers and generations carry. Tolerant: its fields come and go. */
import type { MeteredUsage, Metered } from './meter-answer';

type Json = Readonly<Record<string, unknown>>;

/** Amounts keep the digits they were sent with. */
const AMOUNTS = ['cost', 'total_cost', 'usage', 'upstream_inference_cost'];
const GENERATION_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** Longest name of a model that is kept. */
export const MAX_MODEL_LENGTH = 256;

/** Of one JSON text: a whole answer or one event. Null when it is neither. */
export function readUsage(text: string): Metered | null {
  const answer = parseExactly(text);
  if (answer === null) return null;
  const choices = Array.isArray(answer['choices']) ? answer['choices'].map(objectOf) : [];
  const failed =
    'error' in answer || choices.some((choice) => 'error' in choice || choice['finish_reason'] === 'error');
  const usage = objectOf(answer['usage']);
  return {
    failed,
    usage: known({
      servedModel: modelOf(answer['model']),
      generationId: idOf(answer['id']),
      promptTokens: countOf(usage['prompt_tokens']),
      completionTokens: countOf(usage['completion_tokens']),
      reasoningTokens: countOf(objectOf(usage['completion_tokens_details'])['reasoning_tokens']),
      cachedTokens: countOf(objectOf(usage['prompt_tokens_details'])['cached_tokens']),
      costUsd: amountOf(usage['cost']),
      upstreamCostUsd: amountOf(objectOf(usage['cost_details'])['upstream_inference_cost']),
      isByok: typeof usage['is_byok'] === 'boolean' ? usage['is_byok'] : null,
    }),
  };
}

/** Of the answer of `GET /generation`. Null when it is not one with a cost. */
export function readGeneration(text: string): Partial<MeteredUsage> | null {
  const answer = parseExactly(text);
  const data = objectOf(answer?.['data']);
  const costUsd = amountOf(data['total_cost'] ?? data['usage']);
  if (costUsd === null) return null;
  return known({
    servedModel: modelOf(data['model']),
    generationId: null,
    promptTokens: countOf(data['tokens_prompt'] ?? data['native_tokens_prompt']),
    completionTokens: countOf(data['tokens_completion'] ?? data['native_tokens_completion']),
    reasoningTokens: countOf(data['native_tokens_reasoning']),
    cachedTokens: countOf(data['native_tokens_cached']),
    costUsd,
    upstreamCostUsd: amountOf(data['upstream_inference_cost']),
    isByok: typeof data['is_byok'] === 'boolean' ? data['is_byok'] : null,
  });
}

/** JSON with its amounts as the text they were written in: a float would round them. */
function parseExactly(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text, keepAmounts as (key: string, value: unknown) => unknown);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** The third argument: https://github.com/tc39/proposal-json-parse-with-source, in Node since 21. */
function keepAmounts(key: string, value: unknown, context: { source?: string }): unknown {
  return typeof value === 'number' && AMOUNTS.includes(key) ? (context.source ?? String(value)) : value;
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** JSON's numbers are PostgreSQL's, too; one that nobody could be billed is none. */
function amountOf(value: unknown): string | null {
  return typeof value === 'string' && /^\d{1,12}(?:\.\d{1,30})?(?:[eE]-?\d{1,2})?$/.test(value)
    ? value
    : null;
}

function modelOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_MODEL_LENGTH) : null;
}

function idOf(value: unknown): string | null {
  return typeof value === 'string' && GENERATION_ID.test(value) ? value : null;
}

/** What is not known says nothing: a later event must not erase what an earlier one told. */
function known(usage: MeteredUsage): Partial<MeteredUsage> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}
