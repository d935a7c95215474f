/** The door's rules: which operation a key's state and lock admit, and what accepting it does to the key. */
import { sql, type Selectable } from 'kysely';
import { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import { LOCKING_KINDS, OPEN_STATES, type OperationKind, type OperationParams } from '../contract/operations';
import { workflowIds } from '../contract/workflows';
import type { LedgerExecutor } from './ledger';
import { matchKey } from './match-key';
import type { KeyIndexTable } from './schema';

type IndexRow = Selectable<KeyIndexTable>;

interface Asked {
  readonly kind: OperationKind;
  readonly ref: KeyRef;
  readonly params: OperationParams;
}

/** What was decided. With `replays`, an earlier operation already is what was asked for. */
export interface Admission {
  readonly epoch: number;
  readonly keyId: string | null;
  readonly workflowId: string;
  readonly replays?: string;
}

/**
 * Locks the key's row (made for a first generate), checks lock and state, and makes the change to the key
 * that acceptance means. Thrown when refused; nothing is changed then, the transaction rolls back.
 */
export async function admitOperation(
  trx: LedgerExecutor,
  asked: Asked,
  operationId: string,
): Promise<Admission> {
  const row = await lockRow(trx, asked);
  if (LOCKING_KINDS.includes(asked.kind)) await refuseWhileLocked(trx, asked.ref);
  switch (asked.kind) {
    case 'generate':
      return await admitGenerate(trx, asked.ref, row, operationId);
    case 'rotate':
      return admitRotate(asked, row);
    case 'validate':
      return admitValidate(asked, row, operationId);
    case 'finish':
    case 'rollback':
      return admitRetirement(row);
    case 'revoke':
      return await admitRevoke(trx, asked.ref, row);
  }
}

async function lockRow(trx: LedgerExecutor, { kind, ref }: Asked): Promise<IndexRow | undefined> {
  if (kind !== 'generate') {
    return await trx.selectFrom('key_index').selectAll().where(matchKey(ref)).forUpdate().executeTakeFirst();
  }
  // Made or found, it is locked and read in one round trip; the update of a found row changes nothing.
  return await trx
    .insertInto('key_index')
    .values({
      tenant_id: ref.tenantId,
      service_id: ref.serviceId,
      key_name: ref.keyName,
      epoch: 1,
      seq: 0,
      state: 'none',
    })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'service_id', 'key_name'])
        .doUpdateSet({ updated_at: sql`key_index.updated_at` }),
    )
    .returningAll()
    .executeTakeFirst();
}

async function refuseWhileLocked(trx: LedgerExecutor, ref: KeyRef): Promise<void> {
  // Its own statement, after the row lock was granted: it sees what the last holder committed.
  const holder = await trx
    .selectFrom('operations')
    .select(['id', 'kind'])
    .where(matchKey(ref))
    .where('state', 'in', OPEN_STATES)
    .where('kind', 'in', LOCKING_KINDS)
    .executeTakeFirst();
  if (holder === undefined) return;
  throw new KeyturnError(
    'operation_in_progress',
    `${holder.kind} ${holder.id} is still running on this key`,
    {
      operation_id: holder.id,
      operation: holder.kind,
    },
  );
}

async function admitGenerate(
  trx: LedgerExecutor,
  ref: KeyRef,
  row: IndexRow | undefined,
  operationId: string,
): Promise<Admission> {
  if (row === undefined) throw new KeyturnError('internal', 'the key has no row although one was just made');
  const workflowId = workflowIds.key(ref);
  if (row.state !== 'none' && row.state !== 'revoked')
    return { epoch: row.epoch, keyId: row.key_id, workflowId };
  // A new life: nothing of the former one may show while it is pending, nor make its first update look old.
  await trx
    .updateTable('key_index')
    .set({
      state: 'pending',
      key_id: operationId,
      seq: 0,
      version: null,
      verdict: null,
      reason: null,
      hint: null,
      fingerprint: null,
      account: null,
      validated_at: null,
      stored_at: null,
      previous_version: null,
      retire_at: null,
      retiring_count: 0,
      updated_at: sql`now()`,
    })
    .where(matchKey(ref))
    .execute();
  return { epoch: row.epoch, keyId: operationId, workflowId };
}

function admitRotate({ ref, params }: Asked, row: IndexRow | undefined): Admission {
  const live = requireLive(row);
  if (live.state === 'grace' && params.supersede !== true && params.graceSeconds !== 0) {
    throw new KeyturnError('in_grace', 'finish or roll back the last rotation, or send supersede', {
      retire_at: live.retire_at?.toISOString() ?? null,
    });
  }
  return { epoch: live.epoch, keyId: live.key_id, workflowId: workflowIds.key(ref) };
}

function admitValidate({ params }: Asked, row: IndexRow | undefined, operationId: string): Admission {
  const workflowId = workflowIds.validate(operationId);
  if (params.supplied === true) return { epoch: row?.epoch ?? 0, keyId: null, workflowId };
  const live = requireLive(row);
  return { epoch: live.epoch, keyId: live.key_id, workflowId };
}

function admitRetirement(row: IndexRow | undefined): Admission {
  if (row?.state !== 'grace' || row.key_id === null || row.previous_version === null) {
    throw new KeyturnError('not_in_grace', 'there is no previous version to finish or to roll back to');
  }
  return {
    epoch: row.epoch,
    keyId: row.key_id,
    workflowId: workflowIds.retire(row.key_id, row.previous_version),
  };
}

async function admitRevoke(trx: LedgerExecutor, ref: KeyRef, row: IndexRow | undefined): Promise<Admission> {
  if (row === undefined || row.state === 'none' || row.state === 'revoked') {
    const latest = await readLatestRevocation(trx, ref);
    if (latest !== undefined && (latest.state === 'done' || OPEN_STATES.includes(latest.state))) {
      return { epoch: latest.epoch, keyId: null, workflowId: latest.workflow_id, replays: latest.id };
    }
    // A revocation that failed, or came from outside, is carried out again under a new epoch.
    if (latest === undefined && row?.state !== 'revoked') throw notFound();
  }
  if (row === undefined || row.key_id === null) throw notFound();
  const epoch = row.epoch + 1;
  await trx
    .updateTable('key_index')
    .set({
      epoch,
      state: 'revoked',
      previous_version: null,
      retire_at: null,
      fenced_at: sql`now()`,
      updated_at: sql`now()`,
    })
    .where(matchKey(ref))
    .execute();
  return { epoch, keyId: row.key_id, workflowId: workflowIds.revoke(row.key_id, epoch) };
}

async function readLatestRevocation(trx: LedgerExecutor, ref: KeyRef) {
  return await trx
    .selectFrom('operations')
    .select(['id', 'state', 'epoch', 'workflow_id'])
    .where(matchKey(ref))
    .where('kind', '=', 'revoke')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function requireLive(row: IndexRow | undefined): IndexRow {
  if (row?.state === 'active' || row?.state === 'grace') return row;
  if (row?.state === 'revoked')
    throw new KeyturnError('key_revoked', 'the key was revoked; store it again first');
  throw notFound();
}

function notFound(): KeyturnError {
  return new KeyturnError('key_not_found', 'no key of this name is stored for this service');
}
