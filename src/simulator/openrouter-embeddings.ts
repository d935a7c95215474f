/**
 * POST /api/v1/embeddings. The vectors are made by feature hashing: each word, and more weakly each run of three
 * letters, adds to places its hash chooses. So texts that share words are near each other, in any language.
 */
import type { Call } from './define-service';
import { sendBody } from './openrouter-body';
import { wordsOf } from './openrouter-answer';
import { badRequest } from './openrouter-errors';
import { newGenerationId } from './openrouter-generations';
import {
  acceptsGzip,
  chooseModel,
  generationHeaders,
  providerOf,
  readInference,
  settle,
  type OpenRouterState,
} from './openrouter-inference';
import { countTokens } from './openrouter-prices';
import { billOf } from './openrouter-usage';
import type { SimulatedReply } from './service';

const DEFAULT_DIMENSIONS = 256;
const MAX_DIMENSIONS = 4_096;
const MAX_INPUTS = 2_048;
const TRIGRAM_WEIGHT = 0.25;

/** One thing to embed. */
interface EmbeddingInput {
  readonly words: readonly string[];
  readonly tokens: number;
}

/** Answers one call. */
export function answerEmbeddings(state: OpenRouterState, call: Call): SimulatedReply {
  const read = readInference(state, call);
  if ('refusal' in read) return read.refusal;
  const { body, scenario } = read.request;
  const inputs = readInputs(body['input']);
  const { dimensions = DEFAULT_DIMENSIONS, encoding_format: format = 'float' } = body;
  const usable = typeof dimensions === 'number' && Number.isInteger(dimensions) && dimensions >= 1;
  if (!inputs || typeof body['model'] !== 'string' || !usable || dimensions > MAX_DIMENSIONS)
    return badRequest;
  if (format !== 'float' && format !== 'base64') return badRequest;
  const longest = inputs.reduce((most, { tokens }) => Math.max(most, tokens), 0);
  const chosen = chooseModel(state, call, body, { output: 'embeddings', promptTokens: longest });
  if ('refusal' in chosen) return chosen.refusal;

  const now = new Date();
  const id = newGenerationId(now);
  const { row } = chosen;
  const prompt = inputs.reduce((sum, { tokens }) => sum + tokens, 0);
  const bill = billOf(row, { prompt, completion: 0 }, { byok: scenario.byok, now });
  const text = JSON.stringify({
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = embed(input.words, dimensions);
      return { object: 'embedding', index, embedding: format === 'float' ? [...vector] : base64Of(vector) };
    }),
    model: row.id,
    id,
    provider: providerOf(row),
    ...(scenario.usage !== 'none' && {
      usage: { prompt_tokens: prompt, total_tokens: prompt, ...bill.costFields },
    }),
    ...(scenario.unknownFields && { simulated_field: true }),
  });
  const headers = generationHeaders(id, 'application/json');
  return {
    status: 200,
    headers,
    send(response) {
      state.observer.track(response, scenario.start === 'reset');
      void sendBody(response, {
        status: 200,
        headers,
        pieces: [text],
        scenario,
        acceptsGzip: acceptsGzip(call),
        ended: (how) =>
          settle(state, call, {
            id,
            account: call.account,
            createdAt: now,
            api: 'embeddings',
            model: row.id,
            provider: providerOf(row),
            streamed: false,
            cancelled: how === 'cancelled',
            finishReason: null,
            nativeFinishReason: null,
            promptTokens: prompt,
            completionTokens: 0,
            cost: bill.cost,
            upstreamCost: bill.upstreamCost,
            isByok: scenario.byok,
            durationMs: Date.now() - now.getTime(),
            headers: call.request.headers,
            user: typeof body['user'] === 'string' ? body['user'] : null,
            sessionId: null,
            misses: scenario.generationMisses,
          }),
      });
    },
  };
}

/** A vector of length 1. */
export function embed(words: readonly string[], dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  const add = (feature: string, weight: number): void => {
    const hash = hashFeature(feature);
    const at = hash % dimensions;
    vector[at] = (vector[at] ?? 0) + ((hash >>> 31) % 2 === 0 ? weight : -weight);
  };
  for (const word of words) {
    add(word, 1);
    for (let at = 0; at + 3 <= word.length; at += 1) add(`~${word.slice(at, at + 3)}`, TRIGRAM_WEIGHT);
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  // Nothing to go by: still a vector of length 1.
  if (length === 0) vector[0] = 1;
  else for (let at = 0; at < dimensions; at += 1) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}

/** A string, strings, tokens, lists of tokens, or `{content: [{type: "text", text}]}`. Null for anything else. */
function readInputs(value: unknown): readonly EmbeddingInput[] | null {
  if (typeof value === 'string') return value === '' ? null : [ofText(value)];
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_INPUTS) return null;
  if (typeof value[0] === 'number') return isTokens(value) ? [ofTokens(value)] : null;
  const inputs: EmbeddingInput[] = [];
  for (const entry of value as unknown[]) {
    if (typeof entry === 'string' && entry !== '') inputs.push(ofText(entry));
    else if (isTokens(entry)) inputs.push(ofTokens(entry));
    else {
      const parts = (entry as { content?: unknown } | null)?.content;
      if (!Array.isArray(parts)) return null;
      inputs.push(
        ofText(
          (parts as { text?: unknown }[])
            .map(({ text }) => (typeof text === 'string' ? text : ''))
            .join('\n'),
        ),
      );
    }
  }
  return inputs;
}

function ofText(text: string): EmbeddingInput {
  return { words: wordsOf(text), tokens: countTokens(text.length) };
}

function ofTokens(tokens: readonly number[]): EmbeddingInput {
  return { words: tokens.map((token) => `token${token}`), tokens: tokens.length };
}

function isTokens(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token));
}

/** Little-endian 32-bit floats, as OpenAI's clients read them. */
function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

/** FNV-1a with a final mix, 32 bits. */
function hashFeature(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
