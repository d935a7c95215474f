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
import type { HttpPorts } from './ports';
import type { Reply, RouteRequest } from './route';

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
  // A revocation is fenced by the ledger alone and must not depend on Temporal.
  if (mutation.kind !== 'revoke') await door.assertTemporal();
  const idempotency = await idempotencyOf(ports, request, mutation);
  const { outcome, operation } = await door.accept({
    kind: mutation.kind,
    ref: mutation.ref,
    principal: request.principal.subject,
    route: request.route,
    params: mutation.params,
    hasInbox: mutation.fields !== undefined,
    ...(idempotency === undefined ? {} : { idempotency }),
  });
  if (outcome === 'accepted') await send(ports, operation, mutation);
  const latest = await door.wait(
    (await door.read(operation.id)) ?? operation,
    waitMsOf(request, ports.settings.waitMs),
  );
  const reply = answer(ports, latest, present);
  if (outcome === 'accepted') return reply;
  return { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } };
}

/** The answer of an operation as it stands. Thrown: the error it ended with. */
export function answer(ports: HttpPorts, operation: Operation, present: Present): Reply {
  const links = linksOf(ports, operation);
  if (OPEN_STATES.includes(operation.state)) {
    const body = { operation_id: operation.id, kind: operation.kind, state: operation.state, links };
    return {
      status: 202,
      body,
      headers: { Location: links.operation, 'Preference-Applied': 'respond-async' },
    };
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
  return { operation: `/api/brain/byok/operations/${operation.id}`, workflow: ports.workflowLink(operation) };
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

async function send(ports: HttpPorts, operation: Operation, mutation: Mutation): Promise<void> {
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
  } catch (error) {
    // Accepted is accepted: the reconciler starts it once Temporal is back; the caller gets 202 meanwhile.
    if (isKeyturnError(error) && error.code === 'temporal_unavailable') return;
    if (isKeyturnError(error)) await door.giveUp(operation, error);
    throw error;
  }
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
  return { key, digest: await ports.door.digest(canonical({ kind, ref, params, fields: fields ?? null })) };
}

/** JSON with sorted members, so that equal requests give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** `Prefer: respond-async` waits not at all, `Prefer: wait=N` at most N seconds (RFC 7240). */
function waitMsOf(request: RouteRequest, greatestMs: number): number {
  const prefer = request.raw.get('prefer') ?? '';
  if (/(^|,)\s*respond-async\b/i.test(prefer)) return 0;
  const wait = /(?:^|,)\s*wait=(\d{1,5})\b/i.exec(prefer);
  return wait === null ? greatestMs : Math.min(Number(wait[1]) * 1000, greatestMs);
}
