/**
 * How every mutation enters: ledger first (that is the promise), then the sealed key into the inbox, then the
 * workflow; then as much patience as the caller has. What breaks off in between is the reconciler's to finish.
 */
import { isKeyturnError, KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import type { PlainFields } from '../contract/keys';
import {
  OPEN_STATES,
  type Operation,
  type OperationKind,
  type OperationParams,
} from '../contract/operations';
import type { AcceptRequest, HttpPorts } from './ports';
import { BASE_PATH, type Reply, type RouteRequest } from './route';

/** One mutation, parsed. */
export interface Mutation {
  readonly kind: OperationKind;
  readonly ref: KeyRef;
  readonly params: OperationParams;
  /** The credential that came with the request. */
  readonly fields?: PlainFields;
  readonly hint?: string | null;
}

/** What the answer is made of once the operation is closed. */
export type Present = (operation: Operation) => Reply;

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Accepts a mutation and answers with its result, or with 202 when it takes longer than the caller waits.
 * Thrown: the operation's own error; `temporal_unavailable`, `vault_unavailable` or `ledger_unavailable` when
 * it could not be accepted.
 */
export async function enter(
  ports: HttpPorts,
  request: RouteRequest,
  mutation: Mutation,
  present: Present,
): Promise<Reply> {
  const { door } = ports;
  const patience = patienceOf(request, ports.settings.waitMs);
  // A revocation is fenced by the ledger alone and must not depend on Temporal.
  if (mutation.kind !== 'revoke') await door.assertTemporal();
  const idempotency = await idempotencyOf(ports, request, mutation);
  const { outcome, operation } = await accept(ports, {
    kind: mutation.kind,
    ref: mutation.ref,
    principal: request.principal.subject,
    route: request.route,
    params: mutation.params,
    hasInbox: mutation.fields !== undefined,
    ...(idempotency === undefined ? {} : { idempotency }),
  });
  const replayed = outcome === 'replayed';
  const runs = replayed || (await send(ports, operation, mutation));
  const latest = runs ? await follow(ports, operation, patience.waitMs) : operation;
  const reply = answer(ports, latest, present);
  const headers = {
    ...reply.headers,
    ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
    ...(reply.status === 202 && patience.asked !== null ? { 'Preference-Applied': patience.asked } : {}),
  };
  return { ...reply, headers };
}

/** The answer of an operation as it stands. Thrown: the error it ended with. */
export function answer(ports: HttpPorts, operation: Operation, present: Present): Reply {
  const links = linksOf(ports, operation);
  if (OPEN_STATES.includes(operation.state)) {
    const body = { kind: operation.kind, state: operation.state, operation_id: operation.id, links };
    return { status: 202, body, headers: { Location: links.operation } };
  }
  if (operation.state === 'done') return present(operation);
  throw new KeyturnError(
    operation.errorCode ?? 'internal',
    operation.errorMessage ?? 'the operation failed',
    {
      ...operation.errorDetails,
      operation_id: operation.id,
      operation: links.operation,
      ...(links.workflow === null ? {} : { workflow: links.workflow }),
    },
  );
}

/** Where an operation can be looked at. */
export function linksOf(
  ports: HttpPorts,
  operation: Operation,
): { operation: string; workflow: string | null } {
  return { operation: operationLink(operation.id), workflow: ports.workflowLink(operation) };
}

function operationLink(id: string): string {
  return `${BASE_PATH}/byok/operations/${id}`;
}

/** The common part of every answer about a key. */
export function aboutKey(ports: HttpPorts, operation: Operation): Record<string, unknown> {
  const { tenantId, serviceId, keyName, id } = operation;
  return {
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    operation_id: id,
    ...operation.result,
    links: linksOf(ports, operation),
  };
}

/** A key that is busy says with what, and where to look. */
async function accept(ports: HttpPorts, request: AcceptRequest) {
  try {
    return await ports.door.accept(request);
  } catch (error) {
    if (!isKeyturnError(error) || error.code !== 'operation_in_progress') throw error;
    const { operation_id: id, operation: kind } = error.details;
    if (typeof id !== 'string' || kind === undefined) throw error;
    throw new KeyturnError(error.code, error.message, {
      operation_id: id,
      kind,
      operation: operationLink(id),
    });
  }
}

/** True when its run was started; false when the reconciler will do so. Thrown when it was given up. */
async function send(ports: HttpPorts, operation: Operation, mutation: Mutation): Promise<boolean> {
  const { door } = ports;
  if (mutation.fields !== undefined) {
    try {
      await door.deliver(operation, mutation.fields, mutation.hint ?? null);
    } catch (error) {
      // Nothing has been started and the key is nowhere: the operation ends here, and says why.
      const known = isKeyturnError(error)
        ? error
        : new KeyturnError('internal', 'the key could not be sealed');
      await door.giveUp(operation, known);
      throw error;
    }
  }
  try {
    await door.start(operation);
    return true;
  } catch (error) {
    // Accepted is accepted: the reconciler finishes what Temporal or the ledger could not be told now.
    if (isKeyturnError(error) && isAway(error)) return false;
    if (isKeyturnError(error)) await door.giveUp(operation, error);
    throw error;
  }
}

/** The operation once it is closed or the patience is over; as last known when the ledger went away meanwhile. */
async function follow(ports: HttpPorts, operation: Operation, waitMs: number): Promise<Operation> {
  const { door } = ports;
  try {
    return await door.wait((await door.read(operation.id)) ?? operation, waitMs);
  } catch (error) {
    // What was accepted is never answered with "try again".
    if (isKeyturnError(error) && isAway(error)) return operation;
    throw error;
  }
}

function isAway(error: KeyturnError): boolean {
  return error.code === 'temporal_unavailable' || error.code === 'ledger_unavailable';
}

async function idempotencyOf(
  ports: HttpPorts,
  request: RouteRequest,
  mutation: Mutation,
): Promise<{ key: string; digest: string } | undefined> {
  const key = request.raw.get('idempotency-key');
  if (key === undefined) return undefined;
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new KeyturnError('invalid_request', 'Idempotency-Key must be 1 to 255 visible characters', {
      field: 'Idempotency-Key',
    });
  }
  const { kind, ref, params, fields } = mutation;
  const [keyDigest, digest] = await Promise.all([
    // A caller may have put anything there, so it is not kept either.
    ports.door.digest(key),
    ports.door.digest(canonical({ kind, ref, params, fields: fields ?? null })),
  ]);
  return { key: keyDigest, digest };
}

/** JSON with sorted members, so that equal requests give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** How long to wait, and which preference says so. */
interface Patience {
  readonly waitMs: number;
  readonly asked: string | null;
}

/**
 * `Prefer: wait=N` waits at most N seconds, `Prefer: respond-async` alone not at all (RFC 7240, 4.1 and 4.3).
 * What is not understood is ignored, as the standard asks.
 */
function patienceOf(request: RouteRequest, greatestMs: number): Patience {
  const preferences = (request.raw.get('prefer') ?? '').split(',').map((one) => one.split(';', 1)[0]?.trim());
  const wait = preferences
    .map((one) => /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(one ?? ''))
    .find((one) => one !== null);
  if (wait?.[1] !== undefined) {
    return { waitMs: Math.min(Number(wait[1]) * 1000, greatestMs), asked: `wait=${Number(wait[1])}` };
  }
  const isAsync = preferences.some((one) => one?.toLowerCase() === 'respond-async');
  return isAsync ? { waitMs: 0, asked: 'respond-async' } : { waitMs: greatestMs, asked: null };
}
