/** What the platform may still pay: reserved before a call, told of when it runs low. */
import Big from 'big.js';
import type { Config } from './config';
import type { GatewayPolicy, UsageRecord } from './contract/gateway';
import type { Ledger } from './ledger/ledger';
import { reserveSpend } from './ledger/platform-spend';
import type { Logger } from './log';
import type { Reservation } from './openrouter/relay-ports';

/** Makes the step. Thrown by it: `ledger_unavailable`: then nobody pays. */
export function createReservations(deps: { config: Config; ledger: Ledger; log: Logger }) {
  const { config, ledger, log } = deps;
  const warned = new Set<string>();
  const warn = (scope: string, month: string, spentUsd: string, budgetUsd: string): void => {
    const limit = new Big(budgetUsd).times(config.KEYTURN_BUDGET_WARNING_PERCENT).div(100);
    const name = `${scope} ${month}`;
    if (new Big(spentUsd).lt(limit) || warned.has(name)) return;
    // Once a month and process: who reads it has the rest of the month to act.
    warned.add(name);
    log.warn({ scope, month, spent_usd: spentUsd, budget_usd: budgetUsd }, 'the platform’s budget runs low');
  };
  return async (record: UsageRecord, amountUsd: string, policy: GatewayPolicy): Promise<Reservation> => {
    const tenantBudgetUsd = policy.monthlyBudgetUsd ?? config.KEYTURN_TENANT_BUDGET_USD;
    const totalBudgetUsd = config.KEYTURN_PLATFORM_BUDGET_USD;
    const decision = await reserveSpend(ledger, { record, amountUsd, tenantBudgetUsd, totalBudgetUsd });
    const month = record.startedAt.slice(0, 7);
    if (!decision.granted) return decision;
    const { tenantSpentUsd, totalSpentUsd } = decision;
    warn(`tenant:${record.tenantId}`, month, tenantSpentUsd, tenantBudgetUsd);
    warn('total', month, totalSpentUsd, totalBudgetUsd);
    return { granted: true, spentUsd: tenantSpentUsd, budgetUsd: tenantBudgetUsd };
  };
}
