/** What HTTP, workflows and tests must agree on: names, ids, inputs, results, messages. Only ids enter Temporal. */
import { assertKeyRef, assertUuid, type KeyRef } from './ids';
import { KeyturnError } from './errors';

/** Search attributes, all of type Keyword. */
export const SEARCH_ATTRIBUTES = ['TenantId', 'ServiceId', 'Operation', 'Outcome'] as const;

/** Input of every workflow that carries out one operation. */
export interface OperationInput extends KeyRef {
  readonly operationId: string;
  readonly epoch: number;
}

/** Input of {@link workflowIds.retire}'s workflow. */
export interface RetireInput extends KeyRef {
  /** The rotation that put the version aside. */
  readonly operationId: string;
  readonly epoch: number;
  readonly keyId: string;
  readonly version: number;
  /** Milliseconds since 1970: when the grace period ends. Null: when someone says so. */
  readonly retireAtMs: number | null;
}

/** How a workflow ended, in words for the Web UI. */
export interface WorkflowOutcome {
  readonly outcome: string;
}

/** Workflow ids. `key/…` doubles as the lock: Temporal runs one workflow per id. */
export const workflowIds = {
  key: (ref: KeyRef): string => `key/${ref.tenantId}/${ref.serviceId}/${ref.keyName}`,
  validate: (operationId: string): string => `validate/${operationId}`,
  retire: (keyId: string, version: number): string => `retire/${keyId}/${version}`,
  revoke: (keyId: string, epoch: number): string => `revoke/${keyId}/${epoch}`,
  close: (operationId: string): string => `close/${operationId}`,
} as const;

/** Update and signal names of retireKey. Each carries an operation id, never a key. */
export const FINISH_UPDATE = 'finish';
export const ROLLBACK_UPDATE = 'rollback';
export const RETIRE_NOW_SIGNAL = 'retireNow';

/** Thrown when a workflow was started with anything but ids and an epoch: `invalid_request`. */
export function parseOperationInput(input: OperationInput): OperationInput {
  assertKeyRef(input);
  assertUuid('operationId', input.operationId);
  assertCount('epoch', input.epoch);
  const { tenantId, serviceId, keyName, operationId, epoch } = input;
  return { tenantId, serviceId, keyName, operationId, epoch };
}

/** Thrown when retireKey was started with anything but its input: `invalid_request`. */
export function parseRetireInput(input: RetireInput): RetireInput {
  assertUuid('keyId', input.keyId);
  assertCount('version', input.version);
  if (input.retireAtMs !== null) assertCount('retireAtMs', input.retireAtMs);
  const { keyId, version, retireAtMs } = input;
  return { ...parseOperationInput(input), keyId, version, retireAtMs };
}

function assertCount(field: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new KeyturnError('invalid_request', `${field} must be a whole number`, { field });
  }
}
