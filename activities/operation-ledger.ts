/** Closing operations and retirements in the ledger. */
import { tenantChain } from '../src/contract/audit';
import type { IndexUpdate, Settlement } from '../src/contract/settlement';
import type { OperationInput, RetireInput } from '../src/contract/workflows';
import { readIndexEntry, updateIndex } from '../src/ledger/key-index';
import { settleOperation } from '../src/ledger/settle-operation';
import { clearInbox } from '../src/vault/inbox';
import type { ActivityPorts } from './ports';

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
    async settleOperation({ input, settlement, runId }: SettleArgs): Promise<void> {
      const { state, result, index, audit } = settlement;
      const error = await truerError(ports, input, settlement.error);
      const { operation } = await settleOperation(ledger, {
        operationId: input.operationId,
        acceptedFor: input,
        state,
        runId,
        audit: audit ?? {},
        ...(result === undefined ? {} : { result }),
        ...(error === undefined ? {} : { error }),
        ...(index === undefined ? {} : { index }),
      });
      if (operation.hasInbox) await clearInbox(vault, input.tenantId, input.operationId);
    },

    /** Notes that a version is gone. */
    async settleRetirement(args: {
      input: RetireInput;
      index: IndexUpdate | null | undefined;
      landed: boolean;
    }): Promise<void> {
      const { input, index, landed } = args;
      if (index === null || index === undefined) return;
      await updateIndex(
        ledger,
        input,
        index,
        landed
          ? {
              chain: tenantChain(input.tenantId),
              action: 'key.retire',
              outcome: 'done',
              principal: 'system:retire',
              serviceId: input.serviceId,
              keyName: input.keyName,
              keyId: input.keyId,
              version: input.version,
              epoch: input.epoch,
              operationId: input.operationId,
            }
          : undefined,
      );
    },
  };
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
  return { code: 'key_revoked', message: 'the key was revoked meanwhile', details: {} };
}
