/** What the gateway's endpoints need from outside; the composition roots fill it in. */
import type { GatewayPolicy } from '../contract/gateway';

/** Prices as exact decimals in USD; token prices per million tokens. Null: unknown beforehand (a router's), or not priced. */
export interface ModelPricing {
  readonly prompt: string | null;
  readonly completion: string | null;
  /** Further prices the list names (per million tokens, but `request` per request and `image` per image). */
  readonly more: Readonly<Record<string, string>>;
  /** True when prices change with the size of the prompt or the time of day. */
  readonly has_overrides: boolean;
}

/** A model as we show it. */
export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly description: string;
  /** ISO 8601. */
  readonly created: string;
  readonly context_length: number | null;
  readonly max_completion_tokens: number | null;
  readonly input_modalities: readonly string[];
  readonly output_modalities: readonly string[];
  /** The request's parameters the model understands, e.g. `tools`, `reasoning`, `structured_outputs`. */
  readonly capabilities: readonly string[];
  readonly pricing_per_million: ModelPricing;
  /** `YYYY-MM-DD`; null when no end is set. */
  readonly expires: string | null;
  /** Words for people: expires soon, is a moving alias, has no fixed price. */
  readonly warnings: readonly string[];
  /** For `~…-latest` ids: the concrete id now. */
  readonly points_to: string | null;
  /** Our own aliases that mean this model now. */
  readonly aliases: readonly string[];
}

export interface ModelFilter {
  readonly q?: string;
  readonly author?: string;
  /** Input or output modality, e.g. `image`. */
  readonly modality?: string;
  readonly capability?: string;
  /** Most a million prompt tokens may cost, a decimal in USD. */
  readonly maxPrice?: string;
  /** Least context length, in tokens. */
  readonly minContext?: number;
  readonly limit: number;
  readonly cursor?: string;
}

/** Where the list stands. */
export interface ModelListState {
  /** ISO 8601 time of the last successful fetch. */
  readonly fetchedAt: string;
  /** True when a refresh was due and failed. */
  readonly stale: boolean;
}

/** An alias of ours, as it stands. */
export interface ListedAlias {
  readonly alias: string;
  readonly candidates: readonly string[];
  /** The first candidate that is in the list; null when none is. */
  readonly resolves_to: string | null;
}

export interface ModelPorts {
  /** Thrown: `upstream_unavailable` while no list was ever fetched; `invalid_request` for a cursor that is not ours. */
  readonly list: (
    filter: ModelFilter,
  ) => Promise<{
    models: readonly ListedModel[];
    nextCursor: string | null;
    total: number;
    state: ModelListState;
  }>;
  readonly aliases: () => Promise<readonly ListedAlias[]>;
  /** By id, alias, or request-time variant. Thrown: `model_not_found` with the nearest ids in `nearest`. */
  readonly get: (
    id: string,
  ) => Promise<{ model: ListedModel; resolvedFrom: string | null; state: ModelListState }>;
}

/** Which columns usage is summed by. */
export const USAGE_DIMENSIONS = ['day', 'model', 'credential', 'status'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** Sums of one group; the dimensions that were not asked for are absent. Amounts are decimals in USD. */
export interface UsageSum {
  readonly day?: string;
  readonly model?: string;
  readonly credential?: string;
  readonly status?: string;
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

export interface UsageQuery {
  readonly tenantId: string;
  /** Milliseconds since 1970, inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly groupBy: readonly UsageDimension[];
  readonly limit: number;
  readonly cursor?: string;
}

/** What the platform has paid for a tenant in the current month. Decimals in USD. */
export interface BudgetState {
  /** `YYYY-MM`, UTC. */
  readonly month: string;
  readonly spentUsd: string;
  readonly reservedUsd: string;
  readonly budgetUsd: string;
}

export interface UsagePorts {
  readonly summarise: (
    query: UsageQuery,
  ) => Promise<{ sums: readonly UsageSum[]; nextCursor: string | null; total: UsageSum }>;
  readonly readBudget: (tenantId: string) => Promise<BudgetState>;
}

export interface PolicyPorts {
  readonly read: (tenantId: string) => Promise<GatewayPolicy>;
  /** Written with its audit entry, in one transaction. */
  readonly write: (tenantId: string, policy: GatewayPolicy, principal: string) => Promise<void>;
}
