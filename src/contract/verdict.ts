/** What a probe can say of a credential. Unknown is not invalid: only a documented refusal is `invalid`. */
export const Verdict = {
  /** The provider accepted the credential. */
  valid: 'valid',
  /** Accepted, but it lacks the scope the probe needed. */
  limited: 'limited',
  /** Accepted, but without quota or credit. */
  exhausted: 'exhausted',
  /** The provider documents this answer as "not a credential of ours". */
  invalid: 'invalid',
  /** Nothing can be said; `reason` tells why. */
  inconclusive: 'inconclusive',
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Why a verdict is what it is. Closed list: safe to store, log and show. */
export const VerdictReason = {
  accepted: 'accepted',
  missing_scope: 'missing_scope',
  quota_exhausted: 'quota_exhausted',
  rejected: 'rejected',
  /** It authenticates, but is a kind of credential that must not be used here (a management key, say). */
  wrong_kind: 'wrong_kind',
  timeout: 'timeout',
  rate_limited: 'rate_limited',
  provider_error: 'provider_error',
  unreachable: 'unreachable',
  unexpected_reply: 'unexpected_reply',
  no_probe: 'no_probe',
  skipped: 'skipped',
} as const;
export type VerdictReason = (typeof VerdictReason)[keyof typeof VerdictReason];

/** Reasons worth another try: the provider or the network was in the way, not the credential. */
export const TRANSIENT_REASONS: readonly VerdictReason[] = [
  'timeout',
  'rate_limited',
  'provider_error',
  'unreachable',
];

/** A probe's outcome. `details` holds only fields the catalogue entry allows; never credentials. */
export interface ProbeOutcome {
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
  /** Allow-listed facts from the reply: names, limits, scopes. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  /** The provider's own name for the account behind the credential, when the reply tells it. */
  readonly account: string | null;
  /** HTTP status of the deciding reply; null when none came. */
  readonly status: number | null;
  /** Seconds the provider asked to wait (Retry-After), bounded by the prober. */
  readonly retryAfterSeconds: number | null;
}

/** True when the credential is known to be alive. */
export function isAlive(verdict: Verdict): boolean {
  return verdict === 'valid' || verdict === 'limited' || verdict === 'exhausted';
}
