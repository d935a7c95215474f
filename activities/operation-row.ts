/** The ledger row behind a workflow: Temporal's frontend could be asked for anything, the row says what was accepted. */
import { KeyturnError } from '../src/contract/errors';
import { OPEN_STATES, type Operation } from '../src/contract/operations';
import type { OperationInput } from '../src/contract/workflows';
import type { Ledger } from '../src/ledger/ledger';
import { assertAcceptedFor, readOperation } from '../src/ledger/operations';

/** Thrown when no such operation was accepted for this key and epoch: `operation_not_found`. */
export async function requireOperation(ledger: Ledger, input: OperationInput): Promise<Operation> {
  const operation = await readOperation(ledger, input.operationId);
  if (operation === null) {
    throw new KeyturnError('operation_not_found', `there is no operation ${input.operationId}`);
  }
  assertAcceptedFor(operation, input);
  return operation;
}

/** Thrown when the operation ended without effect, too: a straggler of a stopped run must write nothing. */
export async function requireLiveOperation(ledger: Ledger, input: OperationInput): Promise<Operation> {
  const operation = await requireOperation(ledger, input);
  if (operation.state === 'failed' || operation.state === 'abandoned') {
    throw new KeyturnError('operation_not_found', `operation ${input.operationId} is closed already`);
  }
  return operation;
}

/** Thrown when the operation was closed already, too: `operation_not_found`. */
export async function requireOpenOperation(ledger: Ledger, input: OperationInput): Promise<Operation> {
  const operation = await requireOperation(ledger, input);
  if (!OPEN_STATES.includes(operation.state)) {
    throw new KeyturnError('operation_not_found', `operation ${input.operationId} is closed already`);
  }
  return operation;
}
