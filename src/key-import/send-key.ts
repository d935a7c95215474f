/** One row, sent to a running service until there is a verdict. Sending it again does no harm: it says who it is. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import type { PlannedKey, Validation } from './plan-import';

/** Where the service is. The token is asked for anew with each request: it ends after an hour at most. */
export interface ImportTarget {
  readonly url: string;
  readonly token: () => string;
  readonly validation: Validation;
}

/** How a row ended. */
export interface RowVerdict {
  readonly place: string;
  readonly tenant_id: string;
  readonly service_id: string;
  readonly key_name: string;
  /** `unfinished`: accepted, and no end was seen; the same command again asks for it. */
  readonly outcome: 'stored' | 'unchanged' | 'failed' | 'unfinished';
  readonly verdict: string | null;
  readonly operation_id: string | null;
  readonly code: string | null;
  readonly detail: string | null;
}

const reply = z.looseObject({
  code: z.string().optional(),
  detail: z.string().optional(),
  retryable: z.boolean().optional(),
  outcome: z.string().optional(),
  verdict: z.string().optional(),
  operation_id: z.string().optional(),
});
type Reply = z.infer<typeof reply>;

const REQUEST_BOUND_MS = 40_000;
/** Longest one row is kept trying. */
const ROW_BOUND_MS = 180_000;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** A failure the service remembers under the row's own key is tried anew under this many others. */
const FRESH_TRIES = 2;
/** Not accepted, nothing remembered: the same request may be sent again. */
const BUSY = ['operation_in_progress', 'rate_limited'];

/**
 * Thrown: `unauthenticated` or `forbidden`, which every other row would meet too, and `configuration` when nothing
 * answers at the address.
 */
export async function sendKey(
  target: ImportTarget,
  key: PlannedKey,
  signal: AbortSignal,
): Promise<RowVerdict> {
  const deadlineMs = Date.now() + ROW_BOUND_MS;
  let suffix = '';
  for (let fresh = 0, attempt = 1; ; attempt += 1) {
    const answer = await post(target, key, `${key.idempotencyKey}${suffix}`);
    const { status, body } = answer;
    if (status === 401 || status === 403) {
      throw new KeyturnError(
        status === 401 ? 'unauthenticated' : 'forbidden',
        `the service refuses the token (${body.code ?? status}): set KEYTURN_TOKEN to one of role admin`,
      );
    }
    const pauseMs = answer.retryAfterMs ?? Math.min(PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    const isLast = signal.aborted || Date.now() + pauseMs > deadlineMs;
    const running = status === 202;
    const busy = status === 0 || status === 503 || status === 429 || BUSY.includes(body.code ?? '');
    if (!running && !busy) {
      if (status < 300 || body.retryable !== true || fresh >= FRESH_TRIES || isLast)
        return verdictOf(key, answer);
      fresh += 1;
      suffix = `-${randomUUID()}`;
    }
    if (isLast) return verdictOf(key, answer);
    // The same request again attaches to the operation that runs, so asking is sending.
    await delay(running ? PAUSE_MS : pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Answer {
  /** 0: the connection broke off. */
  readonly status: number;
  readonly body: Reply;
  readonly retryAfterMs: number | null;
}

async function post(target: ImportTarget, key: PlannedKey, idempotencyKey: string): Promise<Answer> {
  const { tenantId, serviceId, keyName } = key.ref;
  const body = JSON.stringify({
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    api_keys: key.fields,
    validation: target.validation,
  });
  try {
    const answered = await request(`${target.url}/api/brain/byok/generate-keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${target.token()}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body,
      headersTimeout: REQUEST_BOUND_MS,
      bodyTimeout: REQUEST_BOUND_MS,
    });
    const seconds = Number(answered.headers['retry-after'] ?? Number.NaN);
    return {
      status: answered.statusCode,
      body: reply.catch({}).parse(await answered.body.json().catch(() => ({}))),
      retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : null,
    };
  } catch (error) {
    // Its message may quote the request: only its code is looked at.
    if ((error as { code?: unknown }).code === 'ERR_INVALID_URL')
      throw new KeyturnError('configuration', 'KEYTURN_URL is no URL');
    return { status: 0, body: { detail: 'the service does not answer' }, retryAfterMs: null };
  }
}

function verdictOf(key: PlannedKey, { status, body }: Answer): RowVerdict {
  const { tenantId, serviceId, keyName } = key.ref;
  const stored = status === 200 ? 'unchanged' : 'stored';
  const failed = status === 0 || status >= 300;
  return {
    place: key.place,
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    outcome: status === 202 ? 'unfinished' : failed ? 'failed' : stored,
    verdict: body.verdict ?? null,
    operation_id: body.operation_id ?? null,
    code: failed ? (body.code ?? 'unreachable') : null,
    detail: failed ? (body.detail ?? null) : null,
  };
}
