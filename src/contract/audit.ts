/** What the audit trail can say. One table: resource → actions; an event is `resource.action`. */
export const AUDIT_ACTIONS = {
  key: ['generate', 'validate', 'rotate', 'finish', 'rollback', 'cancel', 'retire', 'revoke', 'read'],
  tenant: ['offboard'],
  audit: ['import'],
  access: ['denied'],
  gateway: ['policy', 'use'],
  platform: ['write'],
} as const;

type Actions = typeof AUDIT_ACTIONS;
export type AuditAction = { [R in keyof Actions & string]: `${R}.${Actions[R][number]}` }[keyof Actions &
  string];

/** `intent` before the first side effect, the others after. */
export const AUDIT_OUTCOMES = ['intent', 'done', 'refused', 'failed', 'abandoned'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** The chain of what belongs to no tenant. A tenant's chain is `tenant:{id}`. */
export const PLATFORM_CHAIN = 'platform';

/** Name of a tenant's chain. */
export function tenantChain(tenantId: string): string {
  return `tenant:${tenantId}`;
}

/** One entry before the ledger gives it its place, time and hash. No secrets, fingerprints truncated. */
export interface AuditEvent {
  readonly chain: string;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** Who: the token's subject, or `system:…`. */
  readonly principal: string;
  readonly serviceId?: string;
  readonly keyName?: string;
  readonly keyId?: string | null;
  readonly version?: number;
  readonly epoch?: number;
  /** First 16 characters of the fingerprint's digest. */
  readonly fingerprint?: string;
  readonly operationId?: string;
  readonly workflowId?: string;
  readonly runId?: string | null;
  readonly verdict?: string;
  readonly errorCode?: string;
  readonly reason?: string;
  /** Further allow-listed facts. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}
