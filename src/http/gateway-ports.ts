/** What the gateway's endpoints need from outside; the composition roots fill it in. */
import type { ServerResponse } from 'node:http';
import type { GatewayEndpoint, GatewayPolicy } from '../contract/gateway';
import type { KeyRef } from '../contract/ids';
import type { AuthoredRow, ListedAlias, ListedModel, ModelFilter, ModelListState } from '../contract/models';
import type { BudgetUse, UsageQuery, UsageSum } from '../contract/usage';

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

export interface UsagePorts {
  readonly summarise: (
    query: UsageQuery,
  ) => Promise<{ sums: readonly UsageSum[]; nextCursor: string | null; total: UsageSum }>;
  readonly readBudget: (tenantId: string) => Promise<BudgetUse>;
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
