/** The tables of the ledger, as kysely sees them. The DDL is in migrations/. */
import type { ColumnType, JSONColumnType } from 'kysely';
import type { ErrorCode, ErrorDetails } from '../contract/errors';
import type {
  CredentialSource,
  FallbackReason,
  GatewayEndpoint,
  PlatformFallback,
  UsageOutcome,
} from '../contract/gateway';
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

export interface GatewayPoliciesTable {
  tenant_id: string;
  platform_fallback: PlatformFallback;
  monthly_budget_usd: string | null;
  updated_at: Timestamp;
}

/** Written by the functions of migration 0003 alone: they book what a row means for the platform's budget. */
export interface GatewayUsageTable {
  id: string;
  tenant_id: string;
  principal: string;
  endpoint: GatewayEndpoint;
  streamed: boolean;
  model: string;
  served_model: string | null;
  credential: CredentialSource;
  key_version: number | null;
  fallback_reason: FallbackReason | null;
  outcome: UsageOutcome;
  status: number | null;
  generation_id: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  reasoning_tokens: number | null;
  cached_tokens: number | null;
  cost_usd: string | null;
  upstream_cost_usd: string | null;
  is_byok: boolean | null;
  reserved_usd: string | null;
  started_at: Timestamp;
  duration_ms: number | null;
  first_data_ms: number | null;
  attempts: number;
  next_attempt_at: NullableTimestamp;
  given_up_at: NullableTimestamp;
  estimated: boolean;
}

export interface PlatformSpendTable {
  /** `tenant:{id}` or `total`. */
  scope: string;
  /** `YYYY-MM`, UTC. */
  month: string;
  settled: string;
  reserved: string;
}

export interface LedgerSchema {
  key_index: KeyIndexTable;
  operations: OperationsTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_heads: AuditHeadsTable;
  audit_anchored: AuditAnchoredTable;
  audit_entries: AuditEntriesTable;
  gateway_policies: GatewayPoliciesTable;
  gateway_usage: GatewayUsageTable;
  platform_spend: PlatformSpendTable;
}
