import { sql, type RawBuilder } from 'kysely';
import type { KeyRef } from '../contract/ids';

/** The condition that a row is of this key, for any table that has a key's three columns. */
export function matchKey(ref: KeyRef): RawBuilder<boolean> {
  return sql<boolean>`(tenant_id = ${ref.tenantId} and service_id = ${ref.serviceId} and key_name = ${ref.keyName})`;
}
