/** One accepted mutation (or validation), from the door to its end. The ledger keeps it; Temporal runs it. */
import type { ErrorCode, ErrorDetails } from './errors';
import type { KeyRef } from './ids';

export const OperationKind = {
  generate: 'generate',
  validate: 'validate',
  rotate: 'rotate',
  finish: 'finish',
  rollback: 'rollback',
  revoke: 'revoke',
} as const;
export type OperationKind = (typeof OperationKind)[keyof typeof OperationKind];

/** Kinds that hold the key's lock while open: at most one of them per key. Revoke never waits. */
export const LOCKING_KINDS: readonly OperationKind[] = ['generate', 'rotate', 'finish', 'rollback'];

export const OperationState = {
  /** In the ledger; its workflow may not have started yet. */
  accepted: 'accepted',
  /** Its workflow run is known. */
  running: 'running',
  done: 'done',
  /** Ended with an error of the table. */
  failed: 'failed',
  /** Its run ended without settling it, and nothing had taken effect. */
  abandoned: 'abandoned',
} as const;
export type OperationState = (typeof OperationState)[keyof typeof OperationState];

export const OPEN_STATES: readonly OperationState[] = ['accepted', 'running'];

/** Choices of the caller that shape the operation. No secrets. */
export interface OperationParams {
  /** generate: what to do with a verdict that says nothing. */
  readonly validation?: 'default' | 'strict' | 'skip';
  /** rotate: seconds the previous version stays available. */
  readonly graceSeconds?: number;
  readonly supersede?: boolean;
  readonly force?: boolean;
  /** finish, rollback, cancel: the rotation they speak of. */
  readonly targetOperationId?: string;
  /** validate: true when a key came with the request, false for the stored one. */
  readonly supplied?: boolean;
  readonly reason?: string;
}

/** Allow-listed facts an operation ends with; the HTTP answer is made from it. */
export type OperationResult = Readonly<
  Record<
    string,
    string | number | boolean | null | Readonly<Record<string, string | number | boolean | null>>
  >
>;

export interface Operation extends KeyRef {
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  /** The epoch read when it was accepted: what it writes carries it. */
  readonly epoch: number;
  readonly principal: string;
  readonly params: OperationParams;
  /** True when the request brought credential fields, kept sealed in the inbox. */
  readonly hasInbox: boolean;
  readonly workflowId: string;
  readonly runId: string | null;
  readonly result: OperationResult | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly errorDetails: ErrorDetails | null;
  readonly acceptedAt: string;
  readonly closedAt: string | null;
}
