/** The facts of a call that OpenRouter's answers and generations carry. Tolerant: its fields come and go. */
import { isDeepStrictEqual } from 'node:util';
import type { MeteredUsage, Metered } from './meter-answer';

type Json = Readonly<Record<string, unknown>>;

/** Amounts keep the digits they were sent with. */
const AMOUNTS = ['cost', 'total_cost', 'usage', 'upstream_inference_cost'];
const GENERATION_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** Longest name of a model that is kept. */
export const MAX_MODEL_LENGTH = 256;

/** Of one JSON text: a whole answer or one event. Null when it is neither. */
export function readUsage(text: string): Metered | null {
  const answer = parse(text);
  if (answer === null) return null;
  const choices = Array.isArray(answer['choices']) ? answer['choices'].map(objectOf) : [];
  const failed =
    'error' in answer || choices.some((choice) => 'error' in choice || choice['finish_reason'] === 'error');
  const usage = exactUsage(text, answer['usage']);
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

/**
 * The usage with its amounts as they were written. Asking how each was written makes parsing slow, and an answer may
 * hold a million numbers, so only the usage's own text is parsed so where it is found; else all of it.
 */
function exactUsage(text: string, usage: unknown): Json {
  if (typeof usage !== 'object' || usage === null) return {};
  const own = lastObjectNamed('usage', text);
  // Another object of that name would say something else.
  const isIt = own !== null && isDeepStrictEqual(parse(own), usage);
  return isIt ? objectOf(parseExactly(own)) : objectOf(parseExactly(text)?.['usage']);
}

/** The text of it; null when there is none, or it has no end. */
function lastObjectNamed(name: string, text: string): string | null {
  const at = text.lastIndexOf(`"${name}"`);
  const start = at < 0 ? -1 : text.indexOf('{', at);
  if (start < 0) return null;
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (quoted && character === '\\') index += 1;
    else if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '{') depth += 1;
    else if (character === '}' && --depth === 0) return text.slice(start, index + 1);
  }
  return null;
}

function parse(text: string, reviver?: (key: string, value: unknown) => unknown): Json | null {
  try {
    const value: unknown = JSON.parse(text, reviver);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** JSON with its amounts as the text they were written in: a float would round them. */
function parseExactly(text: string): Json | null {
  return parse(text, keepAmounts as (key: string, value: unknown) => unknown);
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
