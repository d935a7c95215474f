/** What the facade needs from outside; the composition roots fill it in, tests too. */
import type { AuditEvent } from '../contract/audit';
import type { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import type { KeyState, PlainFields } from '../contract/keys';
import type { Operation, OperationKind, OperationParams } from '../contract/operations';
import type { Verdict, VerdictReason } from '../contract/verdict';
import type { Principal } from './principal';

/** A key as listings know it. */
export interface ListedKey extends KeyRef {
  readonly keyId: string | null;
  readonly epoch: number;
  readonly state: KeyState | 'none';
  readonly version: number | null;
  readonly verdict: Verdict | null;
  readonly reason: VerdictReason | null;
  readonly hint: string | null;
  readonly fingerprint: string | null;
  readonly account: string | null;
  readonly validatedAt: string | null;
  readonly storedAt: string | null;
  readonly retireAt: string | null;
  readonly previousVersion: number | null;
  readonly retiringCount: number;
  readonly fencedAt: string | null;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface AcceptRequest {
  readonly kind: OperationKind;
  readonly ref: KeyRef;
  readonly principal: string;
  readonly route: string;
  readonly params: OperationParams;
  readonly hasInbox: boolean;
  readonly idempotency?: { readonly key: string; readonly digest: string };
}

/** The steps of the door, in the order it takes them. */
export interface DoorPorts {
  /** Thrown when an operation that needs Temporal would only wait: `temporal_unavailable`. */
  readonly assertTemporal: () => Promise<void>;
  /** HMAC of a request, for Idempotency-Key: equal requests have equal digests. */
  readonly digest: (text: string) => Promise<string>;
  readonly accept: (
    request: AcceptRequest,
  ) => Promise<{ outcome: 'accepted' | 'replayed'; operation: Operation }>;
  /** Seals the fields and puts them into the inbox of the operation. */
  readonly deliver: (operation: Operation, fields: PlainFields, hint: string | null) => Promise<void>;
  /** Closes an accepted operation whose key could not be delivered. */
  readonly giveUp: (operation: Operation, error: KeyturnError) => Promise<void>;
  readonly start: (operation: Operation) => Promise<void>;
  readonly cancel: (operation: Operation) => Promise<void>;
  readonly read: (operationId: string) => Promise<Operation | null>;
  readonly wait: (operation: Operation, waitMs: number) => Promise<Operation>;
}

/** A key in clear, for the trusted service that asked for it. */
export interface ResolvedKey {
  readonly fields: PlainFields;
  readonly version: number;
  readonly epoch: number;
  readonly seq: number;
  readonly verdict: Verdict;
  readonly retireAt: string | null;
}

/** An entry of the audit trail, in its place. */
export interface ListedEvent extends AuditEvent {
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
}

/** What a check of the audit trail found. */
export interface AuditReport {
  readonly ok: boolean;
  readonly chains: readonly {
    readonly chain: string;
    readonly entries: number;
    readonly anchoredSeq: number;
    readonly unanchored: number;
    readonly problems: readonly string[];
  }[];
  readonly anchors: {
    readonly count: number;
    readonly latest: { readonly n: number; readonly at: string } | null;
    readonly problems: readonly string[];
  };
}

/** What the vault says of itself; `status` is a word of the vault room's list. */
export interface VaultReport {
  readonly status: string;
  readonly message: string;
  readonly version?: string;
  readonly latencyMs: number;
}

export interface HttpPorts {
  readonly verifyToken: (token: string) => Promise<Principal>;
  readonly door: DoorPorts;
  readonly ledger: {
    readonly listKeys: (query: {
      tenantId?: string;
      serviceId?: string;
      limit: number;
      cursor?: string;
    }) => Promise<Page<ListedKey>>;
    readonly listOperations: (query: {
      tenantId?: string;
      serviceId?: string;
      limit: number;
      cursor?: string;
    }) => Promise<Page<Operation>>;
    readonly listAudit: (query: {
      chain: string;
      afterSeq?: number;
      operationId?: string;
      limit: number;
    }) => Promise<{ entries: readonly ListedEvent[]; nextAfterSeq: number | null }>;
    readonly verifyAudit: (chain: string | null) => Promise<AuditReport>;
    readonly appendAudit: (event: AuditEvent) => Promise<void>;
  };
  /** Null in the processes that cannot decrypt. */
  readonly resolveKey: ((ref: KeyRef, stage: 'current' | 'previous') => Promise<ResolvedKey>) | null;
  readonly health: {
    readonly vault: () => Promise<VaultReport>;
    readonly ready: () => Promise<Readonly<Record<string, { ok: boolean; message?: string }>>>;
  };
  /** The Web UI's page of an operation's run; null when it is not known. */
  readonly workflowLink: (operation: Operation) => string | null;
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly observeRequest: (facts: {
    route: string;
    method: string;
    status: number;
    seconds: number;
  }) => void;
  /** Counts one validation against the tenant's and the principal's budget. Thrown when used up: `rate_limited`. */
  readonly spendValidation: (tenantId: string, principal: string, serviceId: string) => Promise<void>;
  /** Counts one read of a key in clear, likewise. */
  readonly spendRead: (tenantId: string, principal: string, serviceId: string) => Promise<void>;
  readonly logError: (error: unknown, path: string) => void;
  readonly settings: { readonly waitMs: number; readonly production: boolean };
}
