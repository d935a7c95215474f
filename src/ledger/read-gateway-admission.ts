import { sql } from 'kysely';
import type { GatewayPolicy, PlatformFallback } from '../contract/gateway';
import type { KeyRef } from '../contract/ids';
import type { Verdict } from '../contract/verdict';
import type { Ledger } from './ledger';
import type { IndexState } from './schema';

/** What the ledger says of a key: serve a record only while its epoch is this one. */
export interface AdmittedKey {
  /** `none` and `pending`: nothing is stored yet. */
  readonly state: IndexState;
  readonly epoch: number;
  readonly seq: number;
  readonly version: number | null;
  readonly verdict: Verdict | null;
}

/** All that a call through the gateway needs of the ledger. Null: there is no row. */
export interface GatewayAdmission {
  readonly key: AdmittedKey | null;
  readonly policy: GatewayPolicy | null;
}

interface Row {
  readonly state: IndexState | null;
  readonly epoch: number;
  readonly seq: number;
  readonly version: number | null;
  readonly verdict: Verdict | null;
  readonly platform_fallback: PlatformFallback | null;
  readonly monthly_budget_usd: string | null;
}

/**
 * The key's place in the index and its tenant's policy, in one statement: the one look at the ledger that every call
 * through the gateway waits for. `ref` must hold ids: they were checked at the door.
 * Thrown when the ledger cannot be used: `ledger_unavailable`.
 */
export async function readGatewayAdmission(ledger: Ledger, ref: KeyRef): Promise<GatewayAdmission> {
  const { rows } = await sql<Row>`
    select * from gateway_admission(${ref.tenantId}, ${ref.serviceId}, ${ref.keyName})`.execute(ledger.db);
  const [row] = rows;
  if (row === undefined) throw new Error('gateway_admission returned no row');
  const { state, epoch, seq, version, verdict, platform_fallback: platformFallback } = row;
  return {
    key: state === null ? null : { state, epoch, seq, version, verdict },
    policy: platformFallback === null ? null : { platformFallback, monthlyBudgetUsd: row.monthly_budget_usd },
  };
}
