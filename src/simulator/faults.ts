/** Faults that can be put on a simulated provider. */
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ServiceDefinition } from './define-service';
import type { SimulatedReply } from './service';

const times = z.int().positive().optional();

/** A fault; with `times` it wears off after that many requests. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    times,
  }),
  /** 429 with Retry-After and the provider's own body. */
  z.strictObject({ kind: z.literal('rate_limited'), retryAfterSeconds: z.number().nonnegative(), times }),
  /** The provider's own 5xx, else a plain 503. */
  z.strictObject({ kind: z.literal('outage'), times }),
  /** Takes the request and never answers. */
  z.strictObject({ kind: z.literal('hang'), times }),
  /** Cuts the connection. */
  z.strictObject({ kind: z.literal('reset'), times }),
  /** Does what was asked, and cuts the connection instead of answering. */
  z.strictObject({ kind: z.literal('lost_reply'), times }),
  /** 200, said to be JSON, and is not. */
  z.strictObject({ kind: z.literal('garbage'), times }),
  /** The normal reply after a pause. */
  z.strictObject({ kind: z.literal('slow'), delayMs: z.number().nonnegative(), times }),
  /** 200 and 64 MiB of JSON. */
  z.strictObject({ kind: z.literal('huge'), times }),
  z.strictObject({ kind: z.literal('redirect'), location: z.string().min(1), times }),
]);
export type Fault = z.infer<typeof faultSchema>;

const HUGE_BYTES = 64 * 1024 * 1024;

/** Answers in the way of the fault; `normal` makes the reply that would have come without it. */
export function sendFault(
  fault: Fault,
  definition: ServiceDefinition,
  response: ServerResponse,
  normal: () => SimulatedReply,
): void {
  switch (fault.kind) {
    case 'status':
      sendReply(response, {
        status: fault.status,
        body: fault.body ?? '',
        ...(fault.headers && { headers: fault.headers }),
      });
      return;
    case 'rate_limited': {
      const own = definition.rateLimited ?? { status: 429, body: { error: 'Too many requests' } };
      sendReply(response, {
        ...own,
        headers: { ...own.headers, 'retry-after': String(fault.retryAfterSeconds) },
      });
      return;
    }
    case 'outage':
      sendReply(response, definition.outage ?? { status: 503, body: 'Service Unavailable' });
      return;
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'lost_reply':
      normal();
      response.socket?.resetAndDestroy();
      return;
    case 'garbage':
      sendReply(response, {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '\u0000<!doctype html>{"ok": tru',
      });
      return;
    case 'slow':
      setTimeout(() => sendReply(response, normal()), fault.delayMs).unref();
      return;
    case 'huge':
      sendHuge(response);
      return;
    case 'redirect':
      sendReply(response, { status: 302, headers: { location: fault.location }, body: '' });
  }
}

/** Sends a reply: objects as JSON, strings as they are. */
export function sendReply(response: ServerResponse, reply: SimulatedReply): void {
  if (response.destroyed) return;
  if (reply.send) {
    reply.send(response);
    return;
  }
  const text =
    reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  const type =
    typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  response.writeHead(reply.status, {
    ...(text !== '' && { 'content-type': type }),
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  });
  response.end(text);
}

function sendHuge(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"data":"');
  const chunk = Buffer.alloc(64 * 1024, 'a');
  let sent = 0;
  const push = (): void => {
    while (sent < HUGE_BYTES && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', push);
        return;
      }
    }
    if (!response.destroyed) response.end('"}');
  };
  push();
}
