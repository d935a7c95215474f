/** How operations and retirements end in the ledger. Passed from workflows to activities: no secrets. */
import type { AuditEvent } from './audit';
import type { ErrorCode, ErrorDetails } from './errors';
import type { KeyState } from './keys';
import type { OperationResult } from './operations';
import type { Verdict, VerdictReason } from './verdict';

/** What a key's listing shows, taken from its record after a write. Goes from vault to ledger, never through Temporal. */
export interface IndexUpdate {
  readonly epoch: number;
  readonly seq: number;
  readonly keyId: string;
  readonly state: KeyState;
  readonly version: number;
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
  readonly hint: string | null;
  readonly fingerprint: string;
  readonly account: string | null;
  readonly validatedAt: string | null;
  readonly storedAt: string;
  readonly previousVersion: number | null;
  readonly retireAt: string | null;
  readonly retiringCount: number;
}

/** An error as the ledger keeps it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** What a step adds to the operation's audit entry. */
export type AuditFacts = Partial<Omit<AuditEvent, 'chain' | 'action' | 'outcome' | 'principal'>>;

/** The end of an operation. */
export interface Settlement {
  readonly state: 'done' | 'failed' | 'abandoned';
  readonly result?: OperationResult;
  readonly error?: Refusal;
  /**
   * What the ledger is to take from the key's record, which the settling step reads itself: its listing, or also
   * the answer to the caller. So neither hints nor fingerprints pass through Temporal.
   */
  readonly refresh?: 'listing' | 'answer';
  /** Facts for the audit entry beyond those of the operation. */
  readonly audit?: AuditFacts;
}
