/** Whose credential a call through the gateway uses, who pays for it, and what is noted of it. Pure. */

/** When a tenant's calls may use the platform's credential instead of the tenant's own. */
export const PlatformFallback = {
  /** Never: the tenant's own key or a refusal. */
  never: 'never',
  /** While the tenant has stored no key. The default. A revoked key is not a missing one. */
  when_missing: 'when_missing',
  /** Also when the tenant's key has no credit or quota left. */
  when_exhausted: 'when_exhausted',
  /** Also while the tenant's key is rate-limited, and after it was revoked. */
  always: 'always',
} as const;
export type PlatformFallback = (typeof PlatformFallback)[keyof typeof PlatformFallback];

/** Where the credential of a call came from. */
export const CredentialSource = {
  tenant: 'tenant',
  /** The platform's key in the vault. */
  platform: 'platform',
  /** The platform's key in the environment of the gateway. */
  env: 'env',
} as const;
export type CredentialSource = (typeof CredentialSource)[keyof typeof CredentialSource];

/** Why a call did not use the tenant's key. An invalid key is no reason, nor is a vault or ledger that is away. */
export const FallbackReason = {
  missing: 'missing',
  exhausted: 'exhausted',
  rate_limited: 'rate_limited',
  revoked: 'revoked',
} as const;
export type FallbackReason = (typeof FallbackReason)[keyof typeof FallbackReason];

const ALLOWED: Readonly<Record<PlatformFallback, readonly FallbackReason[]>> = {
  never: [],
  when_missing: ['missing'],
  when_exhausted: ['missing', 'exhausted'],
  always: ['missing', 'exhausted', 'rate_limited', 'revoked'],
};

/** True when the policy lets the platform pay for this reason. */
export function allowsFallback(policy: PlatformFallback, reason: FallbackReason): boolean {
  return ALLOWED[policy].includes(reason);
}

/** What the platform has decided for one tenant; a tenant without a row has the defaults. */
export interface GatewayPolicy {
  readonly platformFallback: PlatformFallback;
  /** Most the platform pays for this tenant in a calendar month (UTC), a decimal in USD; null: the configured default. */
  readonly monthlyBudgetUsd: string | null;
}

export const DEFAULT_POLICY: GatewayPolicy = { platformFallback: 'when_missing', monthlyBudgetUsd: null };

/** Which of the upstream's endpoints a call went to. */
export const GatewayEndpoint = { chat: 'chat.completions', embeddings: 'embeddings' } as const;
export type GatewayEndpoint = (typeof GatewayEndpoint)[keyof typeof GatewayEndpoint];

/**
 * How a call ended. `open` until then; `refused` when the upstream answered with an error status or an error in its
 * body, `aborted` when the client hung up, the key was revoked or a deadline passed on the way.
 */
export const UsageOutcome = { open: 'open', done: 'done', refused: 'refused', aborted: 'aborted' } as const;
export type UsageOutcome = (typeof UsageOutcome)[keyof typeof UsageOutcome];

/** One call through the gateway. Amounts are decimals in USD, as text: never floats. No content, no credential. */
export interface UsageRecord {
  /** UUIDv7, made when the call was accepted. */
  readonly id: string;
  readonly tenantId: string;
  readonly principal: string;
  readonly endpoint: GatewayEndpoint;
  readonly streamed: boolean;
  /** As asked for: an id or an alias, cut to 256 characters. */
  readonly model: string;
  /** What the upstream says it used; null while unknown. */
  readonly servedModel: string | null;
  readonly credential: CredentialSource;
  /** Version of the tenant's key; null for the platform's. */
  readonly keyVersion: number | null;
  readonly fallbackReason: FallbackReason | null;
  readonly outcome: UsageOutcome;
  /** HTTP status of the upstream; null when there was none. */
  readonly status: number | null;
  readonly generationId: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly cachedTokens: number | null;
  /** What OpenRouter charged. For a call with a BYOK credential at OpenRouter this is its fee alone. */
  readonly costUsd: string | null;
  /** What the model's own provider charged besides (`cost_details.upstream_inference_cost`). */
  readonly upstreamCostUsd: string | null;
  readonly isByok: boolean | null;
  /** Of the platform's budget, for the platform's credentials only. */
  readonly reservedUsd: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number | null;
  /** From acceptance to the first data of the answer. */
  readonly firstDataMs: number | null;
}

/** The credential of one call, in clear. Lives as long as the call, and in the gateway's cache. */
export interface CallCredential {
  readonly source: CredentialSource;
  readonly apiKey: string;
  /** Version and epoch of the tenant's key; null for the platform's. */
  readonly keyVersion: number | null;
  readonly epoch: number | null;
  /** Null for the tenant's own key. */
  readonly fallbackReason: FallbackReason | null;
}
