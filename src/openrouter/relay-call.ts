/** The story of one call: read it, choose a credential, send it on, pass the answer back, note what it cost. */
import type { ServerResponse } from 'node:http';
import { isKeyturnError, type KeyturnError } from '../contract/errors';
import type { UsageRecord } from '../contract/gateway';
import { makeAttempts, type Attempted, type Prepared } from './make-attempts';
import { createMeter } from './meter-answer';
import { headersForClient } from './pass-headers';
import { readCall } from './read-call';
import { MAX_MODEL_LENGTH } from './read-usage';
import { ClientGone, faultOf, relayAnswer } from './relay-answer';
import type { AskedCall, BrokenBy, RelayPorts } from './relay-ports';

/** In place of a model's name that is not in OpenRouter's list. */
const UNLISTED = '(unlisted)';

/**
 * Answers with what OpenRouter answers, bytes and status.
 * Thrown while nothing has been written: the call is refused here, or OpenRouter cannot be reached.
 */
export async function relayCall(
  ports: RelayPorts,
  asked: AskedCall,
  response: ServerResponse,
): Promise<void> {
  const startedMs = performance.now();
  const abort = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) abort.abort(new ClientGone('the caller hung up'));
  });
  const prepared = prepare(ports, asked);
  const attempted = await makeAttempts(ports, prepared, abort).catch((error: unknown) => {
    const broken = abort.signal.aborted || (isKeyturnError(error) && error.code.startsWith('upstream_'));
    if (broken) ports.observe.brokenOff(brokenBy(faultOf(error, abort.signal)));
    if (abort.signal.reason instanceof ClientGone) return null;
    throw error;
  });
  if (attempted === null) return;
  const closeRecord = (end: Partial<UsageRecord>): void => {
    const record = { ...attempted.record, ...end, durationMs: sinceMs(startedMs) };
    ports.usage.put(record);
    ports.observe.ended(record);
  };
  try {
    await passBack(ports, { attempted, prepared, abort, startedMs, closeRecord }, response);
  } finally {
    attempted.release();
  }
}

function prepare(ports: RelayPorts, asked: AskedCall): Prepared {
  const call = readCall(asked.body);
  const resolved = call.model === null ? null : ports.models.resolve(call.model);
  const changed = resolved !== null && resolved.resolvedFrom !== null;
  return {
    asked,
    call,
    resolved,
    bytes: changed ? call.withModel(resolved.model) : call.bytes,
    record: {
      id: ports.newId(),
      tenantId: asked.ref.tenantId,
      principal: asked.principal,
      endpoint: asked.endpoint,
      streamed: call.streamed,
      model: nameOf(call.model, resolved),
      startedAt: new Date().toISOString(),
    },
  };
}

/** A name that is no model's may be anything, also a key pasted in its place: it is not kept. */
function nameOf(asked: string | null, resolved: Prepared['resolved']): string {
  if (asked === null) return '';
  const known = resolved !== null && (resolved.row !== null || resolved.resolvedFrom !== null);
  return known ? asked.slice(0, MAX_MODEL_LENGTH) : UNLISTED;
}

interface Passing {
  readonly attempted: Attempted;
  readonly prepared: Prepared;
  readonly abort: AbortController;
  readonly startedMs: number;
  readonly closeRecord: (end: Partial<UsageRecord>) => void;
}

async function passBack(ports: RelayPorts, passing: Passing, response: ServerResponse): Promise<void> {
  const { attempted, prepared, abort, startedMs, closeRecord } = passing;
  const { reply, record } = attempted;
  const headers = headersForClient(reply.headers);
  const meter = createMeter(headers['content-type'] ?? '', headers['content-encoding'] ?? '');
  // The row is there from now on: whoever is billed finds the call, however it ends.
  ports.usage.put(record);
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries({ ...headers, ...tell(attempted, prepared) })) {
    response.setHeader(name, value);
  }
  if (headers['content-type']?.startsWith('text/event-stream') === true) response.flushHeaders();

  const { firstDataTimeoutMs } = ports;
  const { fault, firstDataAtMs } = await relayAnswer({ reply, response, meter, abort, firstDataTimeoutMs });
  const metered = meter.finish();
  const refused = reply.status >= 400 || metered.failed;
  closeRecord({
    ...metered.usage,
    generationId: record.generationId ?? metered.usage.generationId ?? null,
    outcome: fault !== null ? 'aborted' : refused ? 'refused' : 'done',
    // An error status costs nothing; a call that was broken off may have cost something.
    ...(reply.status >= 400 ? { costUsd: '0' } : {}),
    firstDataMs: firstDataAtMs === null ? null : Math.round(firstDataAtMs - startedMs),
  });
  if (fault === null) return;
  ports.observe.brokenOff(brokenBy(fault));
  if (response.headersSent || fault instanceof ClientGone) return;
  for (const name of response.getHeaderNames()) if (name in headers) response.removeHeader(name);
  throw fault;
}

/** Who served the call, and what was made of its model. */
function tell(
  { credential, budget, refusedFallback }: Attempted,
  { resolved, record }: Prepared,
): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-keyturn-call': record.id,
    'x-keyturn-credential': credential.source,
    ...(credential.keyVersion === null ? {} : { 'x-keyturn-key-version': String(credential.keyVersion) }),
    ...(credential.fallbackReason === null ? {} : { 'x-keyturn-fallback-reason': credential.fallbackReason }),
    ...(refusedFallback === null ? {} : { 'x-keyturn-fallback-refused': refusedFallback }),
    ...(budget === null ? {} : { 'x-keyturn-budget': budget }),
    ...(resolved?.resolvedFrom == null
      ? {}
      : {
          'x-keyturn-model': encodeURI(resolved.model),
          'x-keyturn-resolved-from': encodeURI(resolved.resolvedFrom),
        }),
  };
}

function brokenBy(fault: KeyturnError | ClientGone): BrokenBy {
  if (fault instanceof ClientGone) return 'client';
  if (fault.code === 'key_revoked') return 'revoked';
  if (fault.code === 'ledger_unavailable') return 'fence';
  if (fault.code === 'abandoned') return 'shutdown';
  return fault.code === 'upstream_timeout' ? 'deadline' : 'upstream';
}

function sinceMs(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}
