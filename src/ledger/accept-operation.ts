import { uuidv7 } from 'uuidv7';
import { tenantChain, type AuditEvent } from '../contract/audit';
import { isKeyturnError, KeyturnError, type ErrorCode } from '../contract/errors';
import { assertKeyRef, type KeyRef } from '../contract/ids';
import type { Operation, OperationKind, OperationParams } from '../contract/operations';
import { admitOperation, type Admission } from './admit-operation';
import { appendAudit } from './audit-trail';
import { claimIdempotencyKey, pointIdempotencyKey } from './idempotency-keys';
import type { Ledger, LedgerExecutor } from './ledger';
import { toOperation } from './operations';

/** What the door asks of the ledger. `idempotency.digest` stands for the body without telling it. */
export interface AcceptRequest {
  readonly kind: OperationKind;
  readonly ref: KeyRef;
  readonly principal: string;
  readonly route: string;
  readonly params: OperationParams;
  readonly hasInbox: boolean;
  readonly idempotency?: { readonly key: string; readonly digest: string };
}

/** `replayed`: an earlier request was the same; its operation, whatever its state. */
export interface Acceptance {
  readonly outcome: 'accepted' | 'replayed';
  readonly operation: Operation;
}

/** Answers for what the caller asked, as opposed to faults of ours: these leave a `refused` entry. */
const REFUSALS: readonly ErrorCode[] = [
  'idempotency_key_reused',
  'in_grace',
  'key_not_found',
  'key_revoked',
  'not_in_grace',
  'operation_in_progress',
];

/**
 * Accepts an operation in one transaction: lock, state, fence, intent. For a revocation this **is** the
 * moment it takes effect: the key's epoch rises, and no reader serves a record of an older one.
 * Thrown when refused: `idempotency_key_reused`, `operation_in_progress`, `key_not_found`, `key_revoked`,
 * `in_grace`, `not_in_grace`; the refusal is in the audit trail before it is thrown.
 */
export async function acceptOperation(ledger: Ledger, request: AcceptRequest): Promise<Acceptance> {
  assertKeyRef(request.ref);
  const operationId = uuidv7();
  try {
    return await ledger.db.transaction().execute((trx) => accept(trx, request, operationId));
  } catch (error) {
    if (isKeyturnError(error) && REFUSALS.includes(error.code)) {
      await appendAudit(ledger, { ...auditFacts(request), outcome: 'refused', errorCode: error.code });
    }
    throw error;
  }
}

async function accept(trx: LedgerExecutor, request: AcceptRequest, operationId: string): Promise<Acceptance> {
  if (request.idempotency !== undefined) {
    const known = await claimIdempotencyKey(trx, { ...request, ...request.idempotency, operationId });
    if (known !== null) return { outcome: 'replayed', operation: await readKnown(trx, known) };
  }
  const admission = await admitOperation(trx, request, operationId);
  if (admission.replays !== undefined) {
    if (request.idempotency !== undefined) {
      await pointIdempotencyKey(trx, {
        ...request,
        key: request.idempotency.key,
        operationId: admission.replays,
      });
    }
    return { outcome: 'replayed', operation: await readKnown(trx, admission.replays) };
  }
  const operation = await insertOperation(trx, request, { ...admission, operationId });
  await appendAudit(trx, {
    ...auditFacts(request),
    outcome: 'intent',
    keyId: admission.keyId,
    epoch: operation.epoch,
    operationId,
    workflowId: operation.workflowId,
  });
  return { outcome: 'accepted', operation };
}

async function insertOperation(
  trx: LedgerExecutor,
  request: AcceptRequest,
  admission: Admission & { operationId: string },
): Promise<Operation> {
  const row = await trx
    .insertInto('operations')
    .values({
      id: admission.operationId,
      tenant_id: request.ref.tenantId,
      service_id: request.ref.serviceId,
      key_name: request.ref.keyName,
      kind: request.kind,
      state: 'accepted',
      epoch: admission.epoch,
      principal: request.principal,
      route: request.route,
      params: JSON.stringify(request.params),
      has_inbox: request.hasInbox,
      workflow_id: admission.workflowId,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toOperation(row);
}

async function readKnown(trx: LedgerExecutor, operationId: string): Promise<Operation> {
  const row = await trx.selectFrom('operations').selectAll().where('id', '=', operationId).executeTakeFirst();
  if (row === undefined) throw new KeyturnError('internal', `the ledger lost operation ${operationId}`);
  return toOperation(row);
}

function auditFacts(request: AcceptRequest): Omit<AuditEvent, 'outcome'> {
  const { kind, ref, params } = request;
  return {
    chain: tenantChain(ref.tenantId),
    action: `key.${kind}`,
    principal: request.principal,
    serviceId: ref.serviceId,
    keyName: ref.keyName,
    ...(params.reason === undefined ? {} : { reason: params.reason }),
  };
}
