import { sql, type Selectable } from 'kysely';
import { KeyturnError } from '../contract/errors';
import { assertKeyRef, assertUuid, UUID_PATTERN, type KeyRef } from '../contract/ids';
import { OPEN_STATES, type Operation } from '../contract/operations';
import type { Ledger } from './ledger';
import { matchKey } from './match-key';
import { assertLimit, decodeCursor, toPage } from './page-cursor';
import type { OperationsTable } from './schema';

const STREAM_PAGE = 500;

/** An operation from its row. */
export function toOperation(row: Selectable<OperationsTable>): Operation {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    serviceId: row.service_id,
    keyName: row.key_name,
    kind: row.kind,
    state: row.state,
    epoch: row.epoch,
    principal: row.principal,
    params: row.params,
    hasInbox: row.has_inbox,
    workflowId: row.workflow_id,
    runId: row.run_id,
    result: row.result,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    errorDetails: row.error_details,
    acceptedAt: row.accepted_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
  };
}

/**
 * Notes the Temporal run of an operation: accepted becomes running. The first run id stays, unless `replace`
 * says that the reconciler started a new run. A closed operation keeps its state and only gains a missing id.
 * Thrown when there is no such operation: `operation_not_found`.
 */
export async function recordRun(
  ledger: Ledger,
  operationId: string,
  runId: string,
  options: { replace?: boolean } = {},
): Promise<void> {
  assertUuid('operation_id', operationId);
  const updated = await ledger.db
    .updateTable('operations')
    .set({
      state: sql`case when state = 'accepted' then 'running' else state end`,
      run_id:
        options.replace === true
          ? sql`case when state in ('accepted', 'running') then ${runId} else coalesce(run_id, ${runId}) end`
          : sql`coalesce(run_id, ${runId})`,
    })
    .where('id', '=', operationId)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) {
    throw new KeyturnError('operation_not_found', `there is no operation ${operationId}`, {
      operation_id: operationId,
    });
  }
}

/** The operation, or null when there is none. */
export async function readOperation(ledger: Ledger, operationId: string): Promise<Operation | null> {
  assertUuid('operation_id', operationId);
  const row = await ledger.db
    .selectFrom('operations')
    .selectAll()
    .where('id', '=', operationId)
    .executeTakeFirst();
  return row === undefined ? null : toOperation(row);
}

/** True when the operation was accepted for this key and epoch. */
export function isAcceptedFor(operation: Operation, wanted: KeyRef & { readonly epoch: number }): boolean {
  return (
    operation.tenantId === wanted.tenantId &&
    operation.serviceId === wanted.serviceId &&
    operation.keyName === wanted.keyName &&
    operation.epoch === wanted.epoch
  );
}

/**
 * Thrown when the operation was accepted for another key or epoch: `operation_not_found`. What a workflow was
 * started with could be anything; the ledger says what was accepted.
 */
export function assertAcceptedFor(operation: Operation, wanted: KeyRef & { readonly epoch: number }): void {
  if (!isAcceptedFor(operation, wanted)) {
    throw new KeyturnError('operation_not_found', `operation ${operation.id} was not accepted for this key`);
  }
}

/** Operations, newest first. Ids are UUIDv7, so their order is that of acceptance to the millisecond. */
export async function listOperations(
  ledger: Ledger,
  filter: { tenantId?: string; serviceId?: string; limit: number; cursor?: string },
): Promise<{ items: Operation[]; nextCursor: string | null }> {
  assertLimit(filter.limit);
  let query = ledger.db
    .selectFrom('operations')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(filter.limit + 1);
  if (filter.tenantId !== undefined) query = query.where('tenant_id', '=', filter.tenantId);
  if (filter.serviceId !== undefined) query = query.where('service_id', '=', filter.serviceId);
  if (filter.cursor !== undefined) {
    const [id = ''] = decodeCursor(filter.cursor, [UUID_PATTERN]);
    query = query.where('id', '<', id);
  }
  return toPage(await query.execute(), {
    limit: filter.limit,
    toItem: toOperation,
    sortKey: (row) => [row.id],
  });
}

/**
 * Open operations accepted at least `olderThanMs` milliseconds ago, oldest first: what the reconciler looks
 * at. `afterId` goes on behind a full batch, so that long-running ones do not hide the rest.
 */
export async function listOpenOperations(
  ledger: Ledger,
  filter: { olderThanMs: number; limit: number; afterId?: string },
): Promise<Operation[]> {
  assertLimit(filter.limit);
  let query = ledger.db
    .selectFrom('operations')
    .selectAll()
    .where('state', 'in', OPEN_STATES)
    .where('accepted_at', '<=', sql<Date>`now() - make_interval(secs => ${filter.olderThanMs / 1000})`)
    .orderBy('id')
    .limit(filter.limit);
  if (filter.afterId !== undefined) query = query.where('id', '>', filter.afterId);
  return (await query.execute()).map(toOperation);
}

/**
 * Open operations of a key accepted under an older epoch: what a revocation cancels. Not other revocations
 * (they unwind an older life) and not the validation of a key that came with its request.
 */
export async function listOpenRuns(ledger: Ledger, ref: KeyRef, belowEpoch: number): Promise<Operation[]> {
  assertKeyRef(ref);
  const rows = await ledger.db
    .selectFrom('operations')
    .selectAll()
    .where(matchKey(ref))
    .where('state', 'in', OPEN_STATES)
    .where('epoch', '<', belowEpoch)
    .where('kind', '<>', 'revoke')
    .where(sql<boolean>`not (kind = 'validate' and coalesce((params->>'supplied')::boolean, false))`)
    .orderBy('id')
    .execute();
  return rows.map(toOperation);
}

/** Every operation, newest first, read in pages: for checks over the whole ledger. */
export async function* streamOperations(ledger: Ledger): AsyncGenerator<Operation> {
  let cursor: string | undefined;
  for (;;) {
    const page = await listOperations(ledger, { limit: STREAM_PAGE, ...(cursor && { cursor }) });
    yield* page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

/** What the latest rotation of a key's life put aside, if there was one. */
export async function readLastRotation(
  ledger: Ledger,
  ref: KeyRef,
  epoch: number,
): Promise<{ keyId: string; previousVersion: number } | null> {
  assertKeyRef(ref);
  const row = await ledger.db
    .selectFrom('operations')
    .select('result')
    .where(matchKey(ref))
    .where('kind', '=', 'rotate')
    .where('state', '=', 'done')
    .where('epoch', '=', epoch)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { key_id: keyId, previous_version: previousVersion } = row?.result ?? {};
  return typeof keyId === 'string' && typeof previousVersion === 'number' ? { keyId, previousVersion } : null;
}

/** Tenants of the operations with a key in the inbox that closed last, the latest first. */
export async function listInboxTenants(ledger: Ledger, limit: number): Promise<string[]> {
  assertLimit(limit);
  const rows = await ledger.db
    .selectFrom('operations')
    .select('tenant_id')
    .where('has_inbox', '=', true)
    .where('state', 'not in', OPEN_STATES)
    .groupBy('tenant_id')
    .orderBy(sql`max(closed_at)`, 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.tenant_id);
}
