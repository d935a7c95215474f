/** What a tenant's calls through the gateway used and cost, summed. Pure. Amounts are decimals in USD, as text. */

/**
 * What usage can be summed by: `day` of UTC, `model` that served or else was asked for, `status` of HTTP or else how
 * the call ended.
 */
export const USAGE_DIMENSIONS = ['day', 'model', 'credential', 'status'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** Which calls to sum, and how: those of a tenant that began in `[fromMs, toMs)`, milliseconds since 1970. */
export interface UsageQuery {
  readonly tenantId: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** None of them, or any in any order: the groups are sorted by it. */
  readonly groupBy: readonly UsageDimension[];
  readonly limit: number;
  readonly cursor?: string;
}

/** Sums of one group, exact; dimensions that were not asked for are absent. */
export interface UsageSum extends Partial<Record<UsageDimension, string>> {
  readonly requests: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly cached_tokens: number;
  readonly cost_usd: string;
  readonly upstream_cost_usd: string;
  /** Calls whose cost is not known yet, or never will be. */
  readonly unpriced_requests: number;
}

/** What the platform has paid for a tenant in a month, and holds reserved. */
export interface BudgetUse {
  /** `YYYY-MM`, UTC. */
  readonly month: string;
  readonly spentUsd: string;
  readonly reservedUsd: string;
  readonly budgetUsd: string;
}
