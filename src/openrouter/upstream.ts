/** One request to OpenRouter and the head of its answer; the body is left to flow. */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { KeyturnError } from '../contract/errors';

/** OpenRouter's API: https://openrouter.ai/docs/api-reference/overview */
export const OPENROUTER_ORIGIN = 'https://openrouter.ai';
const HOST = new URL(OPENROUTER_ORIGIN).host;
const BASE = '/api/v1';
const USER_AGENT = 'keyturn';

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  /** Below the API's base, with its query. */
  readonly path: string;
  readonly apiKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly signal: AbortSignal;
}

export interface UpstreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Sends one. Thrown: `upstream_timeout`, `upstream_unavailable`; the signal's reason when it was aborted. */
export type SendUpstream = (request: UpstreamRequest) => Promise<UpstreamReply>;

export interface UpstreamOptions {
  /** Connects here instead; the Host header stays OpenRouter's. */
  readonly origin: string | undefined;
  readonly dispatcher: Dispatcher;
  /** Longest until the answer's headers, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Longest silence between two pieces of its body, in milliseconds. */
  readonly idleTimeoutMs: number;
}

export function createUpstream(options: UpstreamOptions): SendUpstream {
  const { dispatcher, headersTimeoutMs, idleTimeoutMs } = options;
  const origin = options.origin ?? OPENROUTER_ORIGIN;
  return async ({ method, path, apiKey, headers, body, signal }) => {
    try {
      const reply = await dispatcher.request({
        origin,
        method,
        path: BASE + path,
        headers: { ...headers, host: HOST, authorization: `Bearer ${apiKey}`, 'user-agent': USER_AGENT },
        body,
        signal,
        headersTimeout: headersTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      });
      return { status: reply.statusCode, headers: reply.headers, body: reply.body };
    } catch (error) {
      signal.throwIfAborted();
      throw translate(error);
    }
  };
}

/** Codes of undici: https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md. Its texts may name addresses. */
export function translate(error: unknown): KeyturnError {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string' && /TIMEOUT|ETIMEDOUT/.test(code)) {
    return new KeyturnError('upstream_timeout', 'OpenRouter did not answer in time');
  }
  return new KeyturnError('upstream_unavailable', 'OpenRouter cannot be reached');
}
