import { sql, type Selectable } from 'kysely';
import { tenantChain } from '../contract/audit';
import { KeyturnError } from '../contract/errors';
import { DEFAULT_POLICY, type GatewayPolicy } from '../contract/gateway';
import { assertId } from '../contract/ids';
import { appendAudit } from './audit-trail';
import type { Ledger, LedgerExecutor } from './ledger';
import type { GatewayPoliciesTable } from './schema';
import { isAmount } from './usage-row';

/** The tenant's policy, or the defaults when nothing was decided for it. Thrown for a name that is no id: `invalid_request`. */
export async function readGatewayPolicy(ledger: Ledger, tenantId: string): Promise<GatewayPolicy> {
  assertId('tenant_id', tenantId);
  return (await selectPolicy(ledger.db, tenantId)) ?? DEFAULT_POLICY;
}

/**
 * Changes what `change` names and keeps the rest; the audit entry, with what stood before, is written in the same
 * transaction. Returns the policy as it stands then. It rules the next call: the gateway reads it for each one.
 * Thrown for a name that is no id, or a budget that is no decimal: `invalid_request`.
 */
export async function writeGatewayPolicy(
  ledger: Ledger,
  tenantId: string,
  change: Partial<GatewayPolicy>,
  principal: string,
): Promise<GatewayPolicy> {
  assertId('tenant_id', tenantId);
  if (typeof change.monthlyBudgetUsd === 'string' && !isAmount(change.monthlyBudgetUsd)) {
    throw new KeyturnError('invalid_request', 'monthly_budget_usd must be a decimal in USD', {
      field: 'monthly_budget_usd',
    });
  }
  return await ledger.db.transaction().execute(async (trx) => {
    const before = await lockPolicy(trx, tenantId);
    const wanted = { ...before, ...change };
    const written = await trx
      .updateTable('gateway_policies')
      .set({
        platform_fallback: wanted.platformFallback,
        monthly_budget_usd: wanted.monthlyBudgetUsd,
        updated_at: sql`now()`,
      })
      .where('tenant_id', '=', tenantId)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    const after = toPolicy(written);
    await appendAudit(trx, {
      chain: tenantChain(tenantId),
      action: 'gateway.policy',
      outcome: 'done',
      principal,
      details: {
        platform_fallback: after.platformFallback,
        monthly_budget_usd: after.monthlyBudgetUsd,
        platform_fallback_before: before.platformFallback,
        monthly_budget_usd_before: before.monthlyBudgetUsd,
      },
    });
    return after;
  });
}

/** Two changes at once are made one after the other, each on what the other left. */
async function lockPolicy(trx: LedgerExecutor, tenantId: string): Promise<GatewayPolicy> {
  await trx
    .insertInto('gateway_policies')
    .values({
      tenant_id: tenantId,
      platform_fallback: DEFAULT_POLICY.platformFallback,
      monthly_budget_usd: DEFAULT_POLICY.monthlyBudgetUsd,
    })
    .onConflict((conflict) => conflict.column('tenant_id').doNothing())
    .execute();
  const row = await trx
    .selectFrom('gateway_policies')
    .select(COLUMNS)
    .where('tenant_id', '=', tenantId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return toPolicy(row);
}

type PolicyRow = Pick<Selectable<GatewayPoliciesTable>, 'platform_fallback' | 'monthly_budget_usd'>;

const COLUMNS = [
  'platform_fallback' as const,
  sql<string | null>`trim_scale(monthly_budget_usd)::text`.as('monthly_budget_usd'),
] as const;

async function selectPolicy(db: LedgerExecutor, tenantId: string): Promise<GatewayPolicy | null> {
  const row = await db
    .selectFrom('gateway_policies')
    .select(COLUMNS)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  return row === undefined ? null : toPolicy(row);
}

function toPolicy(row: PolicyRow): GatewayPolicy {
  return { platformFallback: row.platform_fallback, monthlyBudgetUsd: row.monthly_budget_usd };
}
