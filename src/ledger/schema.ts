/** The tables of the ledger, as kysely sees them. The DDL is in migrations/. */
import type { ColumnType, JSONColumnType } from 'kysely';
import type { ErrorCode, ErrorDetails } from '../contract/errors';
import type { KeyState } from '../contract/keys';
import type { OperationKind, OperationParams, OperationResult, OperationState } from '../contract/operations';
import type { Verdict, VerdictReason } from '../contract/verdict';

/** Read as a Date, written as ISO 8601. */
type Timestamp = ColumnType<Date, string | undefined, string>;
type NullableTimestamp = ColumnType<Date | null, string | null | undefined, string | null>;

/** A key's state, or `none`: a row made for its lock, with nothing stored yet. Listings hide `none`. */
export type IndexState = KeyState | 'none';

export interface KeyIndexTable {
  tenant_id: string;
  service_id: string;
  key_name: string;
  epoch: number;
  seq: number;
  key_id: string | null;
  state: IndexState;
  version: number | null;
  verdict: Verdict | null;
  reason: VerdictReason | null;
  hint: string | null;
  fingerprint: string | null;
  account: string | null;
  validated_at: NullableTimestamp;
  stored_at: NullableTimestamp;
  previous_version: number | null;
  retire_at: NullableTimestamp;
  retiring_count: ColumnType<number, number | undefined, number>;
  fenced_at: NullableTimestamp;
  updated_at: Timestamp;
}

export interface OperationsTable {
  id: string;
  tenant_id: string;
  service_id: string;
  key_name: string;
  kind: OperationKind;
  state: OperationState;
  epoch: number;
  principal: string;
  route: string;
  params: JSONColumnType<OperationParams>;
  has_inbox: boolean;
  workflow_id: string;
  run_id: string | null;
  result: JSONColumnType<OperationResult> | null;
  error_code: ErrorCode | null;
  error_message: string | null;
  error_details: JSONColumnType<ErrorDetails> | null;
  accepted_at: Timestamp;
  closed_at: NullableTimestamp;
}

export interface IdempotencyKeysTable {
  principal: string;
  route: string;
  key: string;
  digest: string;
  operation_id: string;
  created_at: Timestamp;
}

export interface AuditHeadsTable {
  chain: string;
  seq: string;
  hash: Buffer;
}

export interface AuditAnchoredTable {
  chain: string;
  seq: string;
}

export interface AuditEntriesTable {
  chain: string;
  seq: string;
  prev_hash: Buffer;
  hash: Buffer;
  entry: string;
  dedupe_key: string | null;
}

export interface LedgerSchema {
  key_index: KeyIndexTable;
  operations: OperationsTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_heads: AuditHeadsTable;
  audit_anchored: AuditAnchoredTable;
  audit_entries: AuditEntriesTable;
}
