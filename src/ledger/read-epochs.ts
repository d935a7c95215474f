import { sql } from 'kysely';
import type { KeyRef } from '../contract/ids';
import type { Ledger } from './ledger';

/** A key and the epoch that the ledger holds for it now. */
export interface KeyEpoch {
  readonly ref: KeyRef;
  readonly epoch: number;
}

/** The epochs of these keys, in one statement; keys without a row are left out. */
export async function readEpochs(ledger: Ledger, refs: readonly KeyRef[]): Promise<KeyEpoch[]> {
  if (refs.length === 0) return [];
  const { rows } = await sql<{ tenant_id: string; service_id: string; key_name: string; epoch: number }>`
    select k.tenant_id, k.service_id, k.key_name, k.epoch
    from key_index k
    join unnest(
      ${refs.map((ref) => ref.tenantId)}::text[],
      ${refs.map((ref) => ref.serviceId)}::text[],
      ${refs.map((ref) => ref.keyName)}::text[]
    ) as asked (tenant_id, service_id, key_name) using (tenant_id, service_id, key_name)`.execute(ledger.db);
  return rows.map((row) => ({
    ref: { tenantId: row.tenant_id, serviceId: row.service_id, keyName: row.key_name },
    epoch: row.epoch,
  }));
}
