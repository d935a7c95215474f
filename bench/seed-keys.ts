/** Stored keys without their workflow: written through the key store and the ledger, as the steps would. */
import type { KeyRef } from '../src/contract/ids';
import { storeFirst } from '../src/contract/key-transitions';
import { indexOf, live } from '../activities/describe-key';
import { acceptOperation } from '../src/ledger/accept-operation';
import { settleOperation } from '../src/ledger/settle-operation';
import { writeKeyRecord } from '../src/vault/key-store';
import { fingerprintFields, sealFields } from '../src/vault/transit';
import { freshKey } from './http-calls';
import { forAll } from './run-loop';
import type { Bench } from './start-bench';

const WRITERS = 16;

/** `count` live keys, each with the simulator's good credential. */
export async function seedKeys(bench: Bench, count: number): Promise<KeyRef[]> {
  const refs = Array.from({ length: count }, freshKey);
  await forAll(refs, WRITERS, (ref) => seedKey(bench, ref));
  return refs;
}

async function seedKey({ roles, simulator }: Bench, ref: KeyRef): Promise<void> {
  const { ledger, vault } = roles;
  const { operation } = await acceptOperation(ledger, {
    kind: 'generate',
    ref,
    principal: 'bench',
    route: 'bench',
    params: {},
    hasInbox: false,
  });
  const [sealed, fingerprint] = await Promise.all([
    sealFields(vault.api, ref, simulator.good),
    fingerprintFields(vault.api, ref, simulator.good),
  ]);
  const now = new Date().toISOString();
  const { record } = storeFirst(
    { record: null, kvVersion: 0 },
    {
      epoch: operation.epoch,
      candidate: {
        sealed,
        fingerprint,
        hint: null,
        verdict: 'valid',
        reason: 'accepted',
        details: {},
        account: null,
        validatedAt: now,
        origin: 'supplied',
        providerHandle: null,
        storedAt: now,
        operationId: operation.id,
      },
    },
  );
  const stored = live(record);
  await writeKeyRecord(vault.worker, ref, stored, 0);
  await settleOperation(ledger, {
    operationId: operation.id,
    state: 'done',
    result: { outcome: 'stored' },
    index: indexOf(stored),
  });
}
