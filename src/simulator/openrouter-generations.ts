/** The generations behind GET /generation: each is written when its reply has ended, whichever way. */
import { randomFillSync } from 'node:crypto';
import type Big from 'big.js';
import { asNumber } from './openrouter-prices';

/** What a call came to. */
export interface Generation {
  readonly id: string;
  readonly account: string;
  readonly createdAt: Date;
  readonly api: 'completions' | 'embeddings';
  readonly model: string;
  readonly provider: string;
  readonly streamed: boolean;
  readonly cancelled: boolean;
  readonly finishReason: string | null;
  readonly nativeFinishReason: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** USD: what the account pays, and what the provider bills (null unless the account's own key served). */
  readonly cost: Big;
  readonly upstreamCost: Big | null;
  readonly isByok: boolean;
  readonly durationMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly sessionId: string | null;
  /** Asks that are answered with 404 before the first that is not. */
  readonly misses: number;
}

const MAX_KEPT = 10_000;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const TAIL_LENGTH = 20;
const pool = Buffer.alloc(TAIL_LENGTH * 256);
let used = pool.length;

/** `gen-<unix seconds>-<20 letters and digits>`. */
export function newGenerationId(now: Date): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let tail = '';
  for (const end = used + TAIL_LENGTH; used < end; used += 1) {
    tail += BASE62.charAt((pool[used] ?? 0) % BASE62.length);
  }
  return `gen-${Math.floor(now.getTime() / 1000)}-${tail}`;
}

/** The last generations of one simulator. */
export class GenerationBook {
  readonly #kept = new Map<string, { generation: Generation; asks: number }>();

  /** Writes a generation; a later word on the same id counts. */
  write(generation: Generation): void {
    this.#kept.set(generation.id, { generation, asks: 0 });
    if (this.#kept.size <= MAX_KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  /** What GET /generation shows an account; null when it is unknown, another's, or not written yet. */
  read(id: string, account: string): object | null {
    const entry = this.#kept.get(id);
    if (!entry || entry.generation.account !== account) return null;
    entry.asks += 1;
    return entry.asks > entry.generation.misses ? shown(entry.generation) : null;
  }
}

function shown(generation: Generation): object {
  const { createdAt, promptTokens, completionTokens, headers, isByok } = generation;
  const cost = asNumber(generation.cost);
  const origin = headers['http-referer'] ?? null;
  return {
    id: generation.id,
    request_id: generation.id.replace(/^gen/, 'req'),
    upstream_id: generation.cancelled ? null : generation.id.replace(/^gen/, 'chatcmpl'),
    created_at: createdAt.toISOString().replace('Z', '+00:00'),
    api_type: generation.api,
    model: generation.model,
    provider_name: generation.provider,
    provider_responses: [
      {
        provider_name: generation.provider,
        status: generation.cancelled ? null : 200,
        latency: 1,
        is_byok: isByok,
      },
    ],
    router: null,
    streamed: generation.streamed,
    cancelled: generation.cancelled,
    finish_reason: generation.finishReason,
    native_finish_reason: generation.nativeFinishReason,
    tokens_prompt: promptTokens,
    tokens_completion: completionTokens,
    native_tokens_prompt: promptTokens,
    native_tokens_completion: completionTokens,
    native_tokens_completion_images: null,
    native_tokens_reasoning: 0,
    native_tokens_cached: 0,
    num_media_prompt: null,
    num_input_audio_prompt: null,
    num_media_completion: 0,
    num_search_results: null,
    num_fetches: null,
    web_search_engine: null,
    usage: cost,
    total_cost: cost,
    upstream_inference_cost: generation.upstreamCost === null ? 0 : asNumber(generation.upstreamCost),
    cache_discount: null,
    is_byok: isByok,
    latency: generation.durationMs,
    generation_time: generation.durationMs,
    moderation_latency: null,
    app_id: null,
    http_referer: origin,
    origin: origin ?? '',
    user_agent: headers['user-agent'] ?? null,
    external_user: generation.user,
    session_id: generation.sessionId,
    preset_id: null,
    service_tier: null,
    workspace_id: null,
    data_region: 'global',
    response_cache_source_id: null,
  };
}
