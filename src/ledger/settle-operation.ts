import { sql, type Selectable } from 'kysely';
import { tenantChain, type AuditEvent } from '../contract/audit';
import { ERRORS, KeyturnError } from '../contract/errors';
import { assertUuid, type KeyRef } from '../contract/ids';
import { OPEN_STATES, type Operation } from '../contract/operations';
import type { IndexUpdate, Settlement } from '../contract/settlement';
import { appendAudit } from './audit-trail';
import { applyIndexUpdate } from './key-index';
import type { Ledger, LedgerExecutor } from './ledger';
import { matchKey } from './match-key';
import { assertAcceptedFor, toOperation } from './operations';
import type { OperationsTable } from './schema';

/** The end of one operation. `audit` overrides what the operation itself tells. */
export interface SettleRequest extends Omit<Settlement, 'audit' | 'refresh'> {
  /** The key's new listing. */
  readonly index?: IndexUpdate;
  readonly operationId: string;
  /** The key and epoch it must have been accepted for; not given by whoever has just read it. */
  readonly acceptedFor?: KeyRef & { readonly epoch: number };
  readonly audit?: Partial<AuditEvent>;
  readonly runId?: string;
}

/** `settled`: this call closed it. `indexApplied`: the listing shows `index`, the fence let it pass. */
export interface Settled {
  readonly settled: boolean;
  readonly indexApplied: boolean;
  readonly operation: Operation;
}

/**
 * Closes an operation, shows its effect in the key index and appends its outcome, in one transaction. One
 * that is closed already is returned unchanged, so a retry does nothing.
 * Thrown when there is no such operation, or it was accepted for something else: `operation_not_found`.
 */
export async function settleOperation(ledger: Ledger, request: SettleRequest): Promise<Settled> {
  assertUuid('operation_id', request.operationId);
  return await ledger.db.transaction().execute(async (trx) => {
    if (request.error !== undefined && ERRORS[request.error.code].retryable) {
      await releaseIdempotencyKey(trx, request.operationId);
    }
    const lockedKeyId = await lockKeyOf(trx, request);
    const closed = await closeIfOpen(trx, request);
    if (closed === undefined) {
      return {
        settled: false,
        indexApplied: false,
        operation: toOperation(await readRow(trx, request.operationId)),
      };
    }
    const operation = toOperation(closed);
    const indexApplied =
      request.index !== undefined && (await applyIndexUpdate(trx, operation, request.index));
    if (request.state !== 'done') await undoPending(trx, operation);
    const keyId = indexApplied ? request.index?.keyId : lockedKeyId;
    await appendAudit(trx, outcomeEvent(operation, request, keyId ?? null), `${operation.id}/outcome`);
    return { settled: true, indexApplied, operation };
  });
}

/**
 * The caller is told to come again: the same Idempotency-Key must then not give the same failure. Before all other
 * locks, as at the door; a closed operation keeps its key.
 */
async function releaseIdempotencyKey(trx: LedgerExecutor, operationId: string): Promise<void> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('operation_id', '=', operationId)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('operations').select('id').where('id', '=', operationId).where('state', 'in', OPEN_STATES),
      ),
    )
    .execute();
}

/**
 * Locks the key's index row, when it has one, and answers its key id. The index row comes before the operation
 * row, as at the door: the same order of locks everywhere.
 */
async function lockKeyOf(trx: LedgerExecutor, request: SettleRequest): Promise<string | null> {
  const locked = await trx
    .selectFrom('operations')
    .innerJoin('key_index', (join) =>
      join
        .onRef('key_index.tenant_id', '=', 'operations.tenant_id')
        .onRef('key_index.service_id', '=', 'operations.service_id')
        .onRef('key_index.key_name', '=', 'operations.key_name'),
    )
    .selectAll('operations')
    .select('key_index.key_id')
    .where('operations.id', '=', request.operationId)
    .forUpdate('key_index')
    .executeTakeFirst();
  const operation = toOperation(locked ?? (await readRow(trx, request.operationId)));
  if (request.acceptedFor !== undefined) assertAcceptedFor(operation, request.acceptedFor);
  return locked?.key_id ?? null;
}

async function readRow(trx: LedgerExecutor, operationId: string): Promise<Selectable<OperationsTable>> {
  const row = await trx.selectFrom('operations').selectAll().where('id', '=', operationId).executeTakeFirst();
  if (row !== undefined) return row;
  throw new KeyturnError('operation_not_found', `there is no operation ${operationId}`, {
    operation_id: operationId,
  });
}

async function closeIfOpen(
  trx: LedgerExecutor,
  request: SettleRequest,
): Promise<Selectable<OperationsTable> | undefined> {
  const { result, error, runId } = request;
  return await trx
    .updateTable('operations')
    .set({
      state: request.state,
      closed_at: sql`clock_timestamp()`,
      ...(runId === undefined ? {} : { run_id: runId }),
      ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      ...(error === undefined
        ? {}
        : {
            error_code: error.code,
            error_message: error.message,
            error_details: JSON.stringify(error.details),
          }),
    })
    .where('id', '=', request.operationId)
    .where('state', 'in', OPEN_STATES)
    .returningAll()
    .executeTakeFirst();
}

/** A first store that did not happen leaves the key as it was before: revoked, or nothing. */
async function undoPending(trx: LedgerExecutor, operation: Operation): Promise<void> {
  if (operation.kind !== 'generate') return;
  await trx
    .updateTable('key_index')
    .set({
      // A straggling write of the stopped run carries the old epoch: it is fenced off like after a revocation.
      epoch: sql`epoch + 1`,
      state: sql`case when fenced_at is null then 'none' else 'revoked' end`,
      updated_at: sql`now()`,
    })
    .where(matchKey(operation))
    .where('state', '=', 'pending')
    .where('key_id', '=', operation.id)
    .execute();
}

function outcomeEvent(operation: Operation, request: SettleRequest, keyId: string | null): AuditEvent {
  return {
    chain: tenantChain(operation.tenantId),
    action: `key.${operation.kind}`,
    outcome: request.state,
    principal: operation.principal,
    serviceId: operation.serviceId,
    keyName: operation.keyName,
    keyId,
    epoch: operation.epoch,
    operationId: operation.id,
    workflowId: operation.workflowId,
    runId: operation.runId,
    ...(request.error === undefined ? {} : { errorCode: request.error.code }),
    ...request.audit,
  };
}
