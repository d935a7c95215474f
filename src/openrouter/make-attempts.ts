/**
 * Sends a call until there is an answer to pass on: once; again with the key as it is now after a 401; again with the
 * platform's credential where the tenant's policy allows it. Never more often.
 */
import { Readable } from 'node:stream';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { CallCredential, FallbackReason, GatewayPolicy, UsageRecord } from '../contract/gateway';
import { estimateSpend, type ModelPrices } from './estimate-spend';
import { inflate } from './meter-answer';
import { headersForUpstream } from './pass-headers';
import type { Call } from './read-call';
import { ClientGone, faultOf } from './relay-answer';
import type { AskedCall, RelayPorts } from './relay-ports';
import { translate, type UpstreamReply } from './upstream';

/** A call, read. */
export interface Prepared {
  readonly asked: AskedCall;
  readonly call: Call;
  readonly resolved: { model: string; resolvedFrom: string | null; row: ModelPrices | null } | null;
  /** The body as it is sent. */
  readonly bytes: Buffer;
  readonly record: Pick<
    UsageRecord,
    'id' | 'tenantId' | 'principal' | 'endpoint' | 'streamed' | 'model' | 'startedAt'
  >;
}

/** An answer that is to be passed on. */
export interface Attempted {
  readonly reply: UpstreamReply;
  readonly credential: CallCredential;
  /** Open, with what the answer's head tells. */
  readonly record: UsageRecord;
  /** How much of the tenant's budget is used, for the platform's credentials: `1.25/5`. */
  readonly budget: string | null;
  /** Why the platform did not pay although the policy would have it so. */
  readonly refusedFallback: string | null;
  /** The call is over. */
  readonly release: () => void;
}

/** Path of each endpoint below OpenRouter's base. */
const PATHS = { 'chat.completions': '/chat/completions', embeddings: '/embeddings' } as const;
/** Greatest error body that is read to decide; OpenRouter's are below 4 KiB. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Thrown: `key_not_found`, `key_revoked`; `budget_exceeded`, `price_unknown`, `platform_key_unusable`;
 * `upstream_…`, `vault_…`, `ledger_unavailable`.
 */
export async function makeAttempts(
  ports: RelayPorts,
  prepared: Prepared,
  abort: AbortController,
): Promise<Attempted> {
  const { ref } = prepared.asked;
  const { credential, policy } = await ports.credentials.choose(ref);
  const first = await attempt(ports, { prepared, credential, policy, abort });
  if (first.reply.status === 401) return await retryUnauthorized(ports, { prepared, policy, abort }, first);
  return await fallBackWhenSpent(ports, { prepared, policy, abort }, first);
}

interface Asked {
  readonly prepared: Prepared;
  readonly policy: GatewayPolicy;
  readonly abort: AbortController;
}

/** The key may have been rotated since it was cached: it is read once more, and used if it is another one. */
async function retryUnauthorized(ports: RelayPorts, asked: Asked, first: Attempted): Promise<Attempted> {
  const kept = await keepError(first);
  const again = await releasing(kept, () =>
    ports.credentials.reread(asked.prepared.asked.ref, first.credential),
  );
  if (again === null) return ofUsableKey(ports, kept);
  kept.release();
  const second = await attempt(ports, { ...asked, credential: again });
  if (second.reply.status === 401) return ofUsableKey(ports, await keepError(second));
  return await fallBackWhenSpent(ports, asked, second);
}

async function fallBackWhenSpent(ports: RelayPorts, asked: Asked, first: Attempted): Promise<Attempted> {
  if (![402, 403, 429].includes(first.reply.status)) return first;
  const { text, ...kept } = await keepError(first);
  const reason = reasonOf(first.reply.status, text);
  if (reason === null) return kept;
  if (first.credential.source !== 'tenant') return reason === 'exhausted' ? ofUsableKey(ports, kept) : kept;
  const credential = await releasing(kept, () => ports.credentials.fallBack(asked.policy, reason));
  if (credential === null) return kept;
  try {
    const second = await attempt(ports, { ...asked, credential });
    kept.release();
    return [401, 402].includes(second.reply.status) ? ofUsableKey(ports, await keepError(second)) : second;
  } catch (error) {
    // The tenant's own answer says more than that somebody else did not pay.
    if (
      isKeyturnError(error) &&
      ['budget_exceeded', 'price_unknown', 'platform_key_unusable'].includes(error.code)
    )
      return { ...kept, refusedFallback: error.code };
    kept.release();
    throw error;
  }
}

/** 402, and 403 with these words, mean no credit: seen of the real service in 2026, although its documentation says 402. */
function reasonOf(status: number, text: string): FallbackReason | null {
  if (status === 429) return 'rate_limited';
  if (status === 402) return 'exhausted';
  return /key limit exceeded/i.test(text) ? 'exhausted' : null;
}

/** An answer about the platform's own key is none of the tenant's business. */
function ofUsableKey(ports: RelayPorts, attempted: Attempted): Attempted {
  if (attempted.credential.source === 'tenant') return attempted;
  const { status } = attempted.reply;
  const record: UsageRecord = { ...attempted.record, outcome: 'refused', costUsd: '0' };
  ports.usage.put(record);
  ports.observe.ended(record);
  ports.observe.platformKeyRefused();
  attempted.release();
  throw new KeyturnError(
    'platform_key_unusable',
    'the platform’s own OpenRouter key is refused or has no credit',
    {
      provider_status: status,
    },
  );
}

async function attempt(
  ports: RelayPorts,
  { prepared, credential, policy, abort }: Asked & { readonly credential: CallCredential },
): Promise<Attempted> {
  const opened = openRecord(prepared, credential);
  const { record, budget } = await reserve(ports, { prepared, credential, policy, record: opened });
  const release = watch(ports, { prepared, credential, abort });
  try {
    const reply = await ports.send({
      method: 'POST',
      path: PATHS[prepared.asked.endpoint],
      apiKey: credential.apiKey,
      headers: requestHeaders(prepared),
      body: prepared.bytes,
      signal: abort.signal,
    });
    const generationId = textOf(reply.headers['x-generation-id']);
    const answered = { ...record, status: reply.status, generationId };
    return { reply, credential, record: answered, budget, refusedFallback: null, release };
  } catch (error) {
    release();
    const fault = faultOf(error, abort.signal);
    // Who could not be reached has done nothing; anyone else may have.
    const costUsd = !(fault instanceof ClientGone) && fault.code === 'upstream_unavailable' ? '0' : null;
    const ended: UsageRecord = { ...record, outcome: 'aborted', costUsd };
    ports.usage.put(ended);
    ports.observe.ended(ended);
    throw fault;
  }
}

/** A stream is read event by event on the way, so it is not asked for compressed. */
function requestHeaders({ asked, call }: Prepared): Record<string, string> {
  const headers = headersForUpstream(asked.headers);
  return call.streamed ? { ...headers, 'accept-encoding': 'identity' } : headers;
}

/** A revocation ends the calls with the revoked key, and a shutdown those that last too long. */
function watch(
  ports: RelayPorts,
  { prepared, credential, abort }: { prepared: Prepared; credential: CallCredential; abort: AbortController },
): () => void {
  return ports.openCalls.add({
    ref: prepared.asked.ref,
    epoch: credential.epoch,
    abort: (reason) => abort.abort(reason),
  });
}

async function reserve(
  ports: RelayPorts,
  call: { prepared: Prepared; credential: CallCredential; policy: GatewayPolicy; record: UsageRecord },
): Promise<{ record: UsageRecord; budget: string | null }> {
  const { prepared, credential, policy, record } = call;
  if (credential.source === 'tenant') return { record, budget: null };
  const { resolved, call: asked } = prepared;
  const models = asked.models.map((model) => ports.models.resolve(model).row);
  const amountUsd = estimateSpend(asked, [resolved?.row ?? null, ...models]);
  const reserved = { ...record, reservedUsd: amountUsd };
  const reservation = await ports.spend.reserve(reserved, amountUsd, policy);
  const budget = `${reservation.spentUsd}/${reservation.budgetUsd}`;
  if (reservation.granted) return { record: reserved, budget };
  throw new KeyturnError(
    'budget_exceeded',
    `this call may cost ${amountUsd} USD, and the platform’s budget of this month has not that much left; send max_tokens to make it smaller`,
    {
      scope: reservation.scope,
      needed_usd: amountUsd,
      // What all tenants together have spent is not for one of them.
      ...(reservation.scope === 'tenant'
        ? { spent_usd: reservation.spentUsd, budget_usd: reservation.budgetUsd }
        : {}),
    },
  );
}

function openRecord({ record }: Prepared, credential: CallCredential): UsageRecord {
  return {
    ...record,
    credential: credential.source,
    keyVersion: credential.keyVersion,
    fallbackReason: credential.fallbackReason,
    outcome: 'open',
    servedModel: null,
    status: null,
    generationId: null,
    promptTokens: null,
    completionTokens: null,
    reasoningTokens: null,
    cachedTokens: null,
    costUsd: null,
    upstreamCostUsd: null,
    isByok: null,
    reservedUsd: null,
    durationMs: null,
    firstDataMs: null,
  };
}

/**
 * Reads an error's body, to decide by it; it can still be passed on.
 * Thrown when it breaks off or has no end: `upstream_unavailable`, and the call is over.
 */
async function keepError(attempted: Attempted): Promise<Attempted & { readonly text: string }> {
  const { reply } = attempted;
  const chunks: Buffer[] = [];
  let size = 0;
  await releasing(attempted, async () => {
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) throw new Error('too large');
      chunks.push(chunk);
    }
  });
  const bytes = Buffer.concat(chunks);
  const text = inflate(bytes, textOf(reply.headers['content-encoding']) ?? '') ?? '';
  return { ...attempted, reply: { ...reply, body: Readable.from([bytes]) }, text };
}

async function releasing<T>(attempted: Attempted, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    attempted.release();
    throw isKeyturnError(error) || error instanceof ClientGone ? error : translate(error);
  }
}

function textOf(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value) ? value : null;
}
