/** What the gateway's endpoints need from outside; the composition roots fill it in. */
import type { ServerResponse } from 'node:http';
import type { GatewayEndpoint, GatewayPolicy } from '../contract/gateway';
import type { KeyRef } from '../contract/ids';
import type { AuthoredRow, ListedAlias, ListedModel, ModelFilter, ModelListState } from '../contract/models';

export interface ModelPorts {
  /** Thrown: `upstream_unavailable` while no list was ever fetched; `invalid_request` for a cursor that is not ours. */
  readonly list: (filter: ModelFilter) => Promise<{
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
  /** All of them as OpenRouter tells them; the same array until there is a new list. Thrown as by `list`. */
  readonly rows: () => Promise<readonly AuthoredRow[]>;
  /** The same of one. Thrown as by `get`. */
  readonly row: (id: string) => Promise<AuthoredRow>;
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
  /** Changes what is named, with its audit entry, in one transaction; answers the policy as it is then. */
  readonly write: (
    tenantId: string,
    change: Partial<GatewayPolicy>,
    principal: string,
  ) => Promise<GatewayPolicy>;
}

/** One call that is passed on. */
export interface RelayedCall {
  readonly ref: KeyRef;
  readonly principal: string;
  readonly endpoint: GatewayEndpoint;
  /** Of the request, as they came; the gateway passes on those it knows. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RelayPort {
  readonly maxBodyBytes: number;
  /** Writes the answer. Thrown while nothing of it has been written. */
  readonly relay: (call: RelayedCall, response: ServerResponse) => Promise<void>;
}
