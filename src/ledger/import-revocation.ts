import { sql } from 'kysely';
import { PLATFORM_CHAIN, tenantChain } from '../contract/audit';
import { assertKeyRef, type KeyRef } from '../contract/ids';
import { appendAudit } from './audit-trail';
import type { Ledger } from './ledger';
import { matchKey } from './match-key';

/** A revocation that was carried out in the vault alone. */
export interface OutsideRevocation {
  /** Names it for ever: what is known already is not imported twice. */
  readonly id: string;
  /** ISO 8601: when it was asked for. */
  readonly at: string;
  readonly ref: KeyRef;
  readonly principal: string;
  readonly reason: string;
  /** Of the tombstone; null when none was written. */
  readonly epoch: number | null;
  readonly keyId: string | null;
  readonly destroyedVersions: number | null;
}

/**
 * Lifts the key's fence to the tombstone's epoch, so that no life before it is served or stored, and tells the
 * audit trail. A fence that lies higher already stays. Idempotent.
 */
export async function importRevocation(ledger: Ledger, outside: OutsideRevocation): Promise<void> {
  const { id, ref, principal, reason, epoch, keyId } = outside;
  assertKeyRef(ref);
  const about = { serviceId: ref.serviceId, keyName: ref.keyName, operationId: id, principal, reason };
  const facts = {
    what: 'break-glass',
    at: outside.at,
    tenant_id: ref.tenantId,
    destroyed_versions: outside.destroyedVersions,
  };
  await ledger.db.transaction().execute(async (trx) => {
    if (epoch !== null) {
      await trx
        .insertInto('key_index')
        .values({
          tenant_id: ref.tenantId,
          service_id: ref.serviceId,
          key_name: ref.keyName,
          epoch: 1,
          seq: 0,
          state: 'none',
        })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'service_id', 'key_name']).doNothing())
        .execute();
      await trx
        .updateTable('key_index')
        .set({
          epoch,
          state: 'revoked',
          key_id: sql`coalesce(key_id, ${keyId})`,
          previous_version: null,
          retire_at: null,
          fenced_at: sql`now()`,
          updated_at: sql`now()`,
        })
        .where(matchKey(ref))
        .where('epoch', '<', epoch)
        .execute();
    }
    await appendAudit(
      trx,
      {
        ...about,
        chain: tenantChain(ref.tenantId),
        action: 'key.revoke',
        outcome: epoch === null ? 'abandoned' : 'done',
        keyId,
        ...(epoch === null ? {} : { epoch }),
        details: facts,
      },
      `${id}/break-glass`,
    );
    await appendAudit(
      trx,
      { ...about, chain: PLATFORM_CHAIN, action: 'audit.import', outcome: 'done', details: facts },
      `${id}/import`,
    );
  });
}
