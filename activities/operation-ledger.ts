/** Closing operations and retirements in the ledger. */
import { tenantChain } from '../src/contract/audit';
import type { KeyRecord } from '../src/contract/keys';
import type { Refusal, Settlement } from '../src/contract/settlement';
import type { OperationInput, RetireInput } from '../src/contract/workflows';
import { readIndexEntry, updateIndex } from '../src/ledger/key-index';
import { settleOperation, type SettleRequest } from '../src/ledger/settle-operation';
import { clearInbox } from '../src/vault/inbox';
import { readKeyRecord } from '../src/vault/key-store';
import { auditOf, indexOf, live, resultOf, type LiveRecord } from './describe-key';
import type { ActivityPorts } from './ports';
import { cancelRetirement } from './workflow-runs';

/** Arguments of {@link ledgerActivities}' settleOperation. */
export interface SettleArgs {
  readonly input: OperationInput;
  readonly settlement: Settlement;
  readonly runId: string;
}

export function ledgerActivities(ports: ActivityPorts) {
  const { ledger, vault } = ports;
  return {
    /**
     * Closes the operation (index, audit entry and state in one transaction), then clears the inbox: in this
     * order a step that runs again still finds all it needs.
     */
    async settleOperation({ input, settlement, runId }: SettleArgs): Promise<Refusal | null> {
      const ending = await complete(ports, input, settlement);
      const { operation } = await settleOperation(ledger, {
        operationId: input.operationId,
        acceptedFor: input,
        runId,
        ...ending,
      });
      if (operation.hasInbox) await clearInbox(vault, input.tenantId, input.operationId);
      const { errorCode: code, errorMessage, errorDetails } = operation;
      return code === null ? null : { code, message: errorMessage ?? '', details: errorDetails ?? {} };
    },

    /** Notes that a version is gone; nothing when a revocation has ended the key's life meanwhile. */
    async settleRetirement(input: RetireInput, landed: boolean): Promise<void> {
      const record = await readLive(ports, input);
      if (record === null) return;
      const { tenantId, serviceId, keyName, keyId, version, epoch, operationId } = input;
      const about = { serviceId, keyName, keyId, version, epoch, operationId };
      const event = {
        chain: tenantChain(tenantId),
        action: 'key.retire',
        outcome: 'done',
        principal: 'system:retire',
      } as const;
      // Two runs may retire one version; it is gone once.
      const dedupeKey = `${keyId}/${version}/retire`;
      await updateIndex(
        ledger,
        input,
        indexOf(record),
        landed ? { ...event, ...about } : undefined,
        dedupeKey,
      );
    },
  };
}

type Ending = Omit<SettleRequest, 'operationId' | 'acceptedFor' | 'runId'>;

/** The settlement with what the key's record adds to it. */
async function complete(
  ports: ActivityPorts,
  input: OperationInput,
  settlement: Settlement,
): Promise<Ending> {
  const { state, result, refresh, audit = {} } = settlement;
  if (state !== 'done') {
    const error = await truerError(ports, input, settlement.error);
    return { state, audit, ...(error === undefined ? {} : { error }) };
  }
  const answered = { state, audit, ...(result === undefined ? {} : { result }) };
  if (refresh === undefined) return answered;
  const { record: read } = await readKeyRecord(ports.vault, input);
  const record = liveIn(read, input.epoch);
  if (record !== null && refresh === 'listing') return { ...answered, index: indexOf(record) };
  if (record !== null) {
    const shown = { ...resultOf(record), ...result };
    return { state, result: shown, index: indexOf(record), audit: { ...auditOf(record), ...audit } };
  }
  await cancelStranded(ports, read, settlement);
  // What was written is gone again. To whoever asked for the key to be stored that is no success.
  return refresh === 'listing' ? answered : { state: 'failed', audit, error: REVOKED };
}

const REVOKED = { code: 'key_revoked', message: 'the key was revoked meanwhile', details: {} } as const;

/** A revocation between promotion and here has looked for the grace period before it was waited for. */
async function cancelStranded(
  ports: ActivityPorts,
  record: KeyRecord | null,
  settlement: Settlement,
): Promise<void> {
  const version = settlement.result?.['previous_version'];
  const keyId = record?.tombstone?.keyId ?? null;
  if (keyId !== null && typeof version === 'number') await cancelRetirement(ports, keyId, version);
}

async function readLive(ports: ActivityPorts, input: OperationInput): Promise<LiveRecord | null> {
  return liveIn((await readKeyRecord(ports.vault, input)).record, input.epoch);
}

/** The record while it holds a key of the epoch of this work. */
function liveIn(record: KeyRecord | null, epoch: number): LiveRecord | null {
  return record === null || record.epoch !== epoch || record.current === null ? null : live(record);
}

/** A run that a revocation cancelled says so, instead of a bare "cancelled". */
async function truerError(
  ports: ActivityPorts,
  input: OperationInput,
  error: Settlement['error'],
): Promise<Settlement['error']> {
  if (error?.code !== 'cancelled') return error;
  const entry = await readIndexEntry(ports.ledger, input);
  if (entry === null || entry.epoch === input.epoch) return error;
  return REVOKED;
}
