/**
 * Retires versions that nobody retires any more: the run that did was terminated between putting a version aside and
 * dropping it. The worker role does it, since only the key's record tells which versions those are.
 */
import { listRetiring } from './ledger/key-index';
import type { Ledger } from './ledger/ledger';
import { startRetirement } from './temporal/start-retirement';
import type { Temporal } from './temporal/connect-temporal';
import { readKeyRecord } from './vault/key-store';
import type { VaultClient } from './vault/vault-client';

const BATCH = 100;

export interface SweepPorts {
  readonly ledger: Ledger;
  readonly vault: VaultClient;
  readonly temporal: Temporal;
  readonly taskQueue: string;
  /** Milliseconds after which a version that waits has been forgotten: far longer than a retirement takes. */
  readonly olderThanMs: number;
}

/** How many retirements were started. Thrown when ledger, vault or Temporal does not answer. */
export async function sweepRetiring(ports: SweepPorts): Promise<number> {
  let started = 0;
  for (const entry of await listRetiring(ports.ledger, { olderThanMs: ports.olderThanMs, limit: BATCH })) {
    const { tenantId, serviceId, keyName, epoch, keyId } = entry;
    const { record } = await readKeyRecord(ports.vault, entry);
    if (record === null || record.epoch !== epoch || keyId === null) continue;
    for (const { version } of record.retiring) {
      // Its rotation is long settled; the key's id stands in for it.
      const input = {
        tenantId,
        serviceId,
        keyName,
        epoch,
        keyId,
        version,
        operationId: keyId,
        retireAtMs: 0,
      };
      const { client } = ports.temporal;
      if (await startRetirement({ client, taskQueue: ports.taskQueue }, input)) started += 1;
    }
  }
  return started;
}
