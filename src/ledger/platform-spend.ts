import { sql } from 'kysely';
import { KeyturnError } from '../contract/errors';
import type { UsageRecord } from '../contract/gateway';
import type { BudgetUse } from '../contract/usage';
import { assertId } from '../contract/ids';
import type { Ledger } from './ledger';
import { toUsageRow } from './usage-row';

/** Any size: what is larger than the books can hold is larger than every budget. */
const DECIMAL = /^\d{1,60}(?:\.\d{1,60})?(?:e[+-]?\d{1,2})?$/i;

/** One call that the platform would pay for. Amounts are decimals in USD. */
export interface SpendRequest {
  /** `open`, with the credential `platform` or `env`; becomes the call's row when the reservation is granted. */
  readonly record: UsageRecord;
  /** Most the call can cost. */
  readonly amountUsd: string;
  /** Most the platform pays in a month (UTC) for this tenant, and for all together. */
  readonly tenantBudgetUsd: string;
  readonly totalBudgetUsd: string;
}

/** Spent is what was paid and what is reserved, this amount included when it was granted. */
export type SpendDecision =
  | { readonly granted: true; readonly tenantSpentUsd: string; readonly totalSpentUsd: string }
  | {
      readonly granted: false;
      readonly scope: 'tenant' | 'total';
      readonly spentUsd: string;
      readonly budgetUsd: string;
    };

interface Row {
  readonly refused_scope: 'tenant' | 'total' | null;
  readonly tenant_spent: string;
  readonly total_spent: string;
}

/**
 * Takes the amount out of both budgets of the month the call began in, or out of none, in one round trip; no number of
 * calls at once can exceed a budget. Asked again for the same call it takes nothing more. An amount of 0 is granted
 * always. `recordUsage` ends the reservation.
 * Thrown when an amount is no decimal or the call has ended: `internal`; when the ledger cannot be used:
 * `ledger_unavailable`, and then the reservation may stand.
 */
export async function reserveSpend(ledger: Ledger, request: SpendRequest): Promise<SpendDecision> {
  const { record, amountUsd, tenantBudgetUsd, totalBudgetUsd } = request;
  for (const [name, amount] of Object.entries({ amountUsd, tenantBudgetUsd, totalBudgetUsd })) {
    if (!DECIMAL.test(amount)) throw new KeyturnError('internal', `${name} is no amount in USD`);
  }
  const { rows } = await sql<Row>`
    select refused_scope, trim_scale(tenant_spent)::text as tenant_spent, trim_scale(total_spent)::text as total_spent
    from gateway_reserve(${JSON.stringify(toUsageRow(record))}::jsonb, ${amountUsd}::numeric,
      ${tenantBudgetUsd}::numeric, ${totalBudgetUsd}::numeric)`.execute(ledger.db);
  const [row] = rows;
  if (row === undefined) throw new Error('gateway_reserve returned no row');
  const { refused_scope: scope, tenant_spent: tenantSpentUsd, total_spent: totalSpentUsd } = row;
  if (scope === null) return { granted: true, tenantSpentUsd, totalSpentUsd };
  return scope === 'tenant'
    ? { granted: false, scope, spentUsd: tenantSpentUsd, budgetUsd: tenantBudgetUsd }
    : { granted: false, scope, spentUsd: totalSpentUsd, budgetUsd: totalBudgetUsd };
}

/**
 * What the platform has paid and holds reserved for a tenant in `month` (`YYYY-MM`, UTC). `budgetUsd` is the budget
 * that rules the tenant: its policy's, or the configured one.
 */
export async function readBudget(
  ledger: Ledger,
  request: { tenantId: string; month: string; budgetUsd: string },
): Promise<BudgetUse> {
  const { tenantId, month, budgetUsd } = request;
  assertId('tenant_id', tenantId);
  const { rows } = await sql<{ settled: string; reserved: string }>`
    select trim_scale(settled)::text as settled, trim_scale(reserved)::text as reserved
    from platform_spend where scope = ${`tenant:${tenantId}`} and month = ${month}`.execute(ledger.db);
  return { month, spentUsd: rows[0]?.settled ?? '0', reservedUsd: rows[0]?.reserved ?? '0', budgetUsd };
}
