/** The bare work under each operation, alone: what no design of ours could do without. */
import { randomUUID } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { KeyRecord } from '../src/contract/keys';
import { live } from '../activities/describe-key';
import { bury, storeFirst, type Candidate } from '../src/contract/key-transitions';
import { acceptOperation } from '../src/ledger/accept-operation';
import { readIndexEntry } from '../src/ledger/key-index';
import { readOperation, recordRun } from '../src/ledger/operations';
import { settleOperation } from '../src/ledger/settle-operation';
import { findService } from '../src/providers/catalog';
import { probeKey } from '../src/providers/probe';
import { clearInbox, putInbox, readInbox } from '../src/vault/inbox';
import { destroyVersionsBelow, readKeyRecord, writeKeyRecord } from '../src/vault/key-store';
import { fingerprintFields, openFields, sealFields } from '../src/vault/transit';
import type { bareWorkflow } from './floor-workflow';
import { freshKey, SERVICE } from './http-calls';
import { FLOOR_QUEUE, type Bench } from './start-bench';

export type Floors = ReturnType<typeof createFloors>;

/** Each does once what the operation of that name does with one outside system. */
export function createFloors(bench: Bench) {
  const { roles, simulator, config } = bench;
  const { ledger, vault } = roles;
  const entry = findService(SERVICE);
  if (entry === undefined) throw new Error(`${SERVICE} is not in the catalogue`);

  const seal = async () => {
    const ref = freshKey();
    const [sealed, fingerprint] = await Promise.all([
      sealFields(vault.api, ref, simulator.good),
      fingerprintFields(vault.api, ref, simulator.good),
    ]);
    return { ref, sealed, fingerprint };
  };
  const storeOnce = async () => {
    const { ref, sealed, fingerprint } = await seal();
    const operationId = uuidv7();
    const state = await readKeyRecord(vault.worker, ref);
    const record = firstRecord({ ...CANDIDATE, sealed, fingerprint, operationId });
    await writeKeyRecord(vault.worker, ref, record, state.kvVersion);
    return { ref, record, sealed };
  };

  return {
    /** A bare workflow with one activity, on the same server, connection and process, started eagerly. */
    workflow: () =>
      roles.temporal.client.workflow.execute<typeof bareWorkflow>('bareWorkflow', {
        workflowId: `bench/${randomUUID()}`,
        taskQueue: FLOOR_QUEUE,
        requestEagerStart: true,
      }),
    /** The probe of the catalogue, against the simulator. */
    probe: () =>
      probeKey({
        entry,
        fields: simulator.good,
        origins: config.providerOrigins,
        timeoutMs: config.KEYTURN_PROBE_TIMEOUT_MS,
      }),
    /** Seal and fingerprint, inbox, open, store, read back, clear: what generate and rotate ask of the vault, in that order. */
    vaultStore: async () => {
      const { ref, sealed, fingerprint } = await seal();
      const operationId = uuidv7();
      const { tenantId } = ref;
      await putInbox(vault.api, tenantId, operationId, { sealed, fingerprint, hint: null });
      await readInbox(vault.worker, tenantId, operationId);
      await openFields(vault.worker, ref, sealed);
      const [, state] = await Promise.all([
        readInbox(vault.worker, tenantId, operationId),
        readKeyRecord(vault.worker, ref),
      ]);
      const record = firstRecord({ ...CANDIDATE, sealed, fingerprint, operationId });
      await writeKeyRecord(vault.worker, ref, record, state.kvVersion);
      await readKeyRecord(vault.worker, ref);
      await clearInbox(vault.worker, tenantId, operationId);
    },
    storeOnce,
    /** Read, open, read, note the verdict, read back: what validating a stored key asks of the vault. Takes a stored key. */
    vaultValidate: async ({ ref, record, sealed }: Stored) => {
      await readKeyRecord(vault.worker, ref);
      await openFields(vault.worker, ref, sealed);
      const state = await readKeyRecord(vault.worker, ref);
      await writeKeyRecord(vault.worker, ref, record, state.kvVersion);
      await readKeyRecord(vault.worker, ref);
    },
    /** Tombstone, and destruction of what is older: what revoking asks of the vault. Takes a stored key. */
    vaultRevoke: async ({ ref, record }: Stored) => {
      const state = await readKeyRecord(vault.worker, ref);
      const command = { epoch: record.epoch + 1, operationId: uuidv7(), nowMs: Date.now() };
      const buried = bury(state, command).record;
      if (buried === null) throw new Error('there is nothing to bury');
      const version = await writeKeyRecord(vault.worker, ref, buried, state.kvVersion);
      await destroyVersionsBelow(vault.worker, ref, version);
    },
    /** Acceptance, run id, the reads of the steps, settlement: what generate asks of the ledger. */
    sqlStore: async () => {
      const ref = freshKey();
      const { operation } = await acceptOperation(ledger, {
        kind: 'generate',
        ref,
        principal: 'bench',
        route: 'bench',
        params: {},
        hasInbox: false,
      });
      await recordRun(ledger, operation.id, randomUUID());
      await readOperation(ledger, operation.id);
      await Promise.all([readOperation(ledger, operation.id), readIndexEntry(ledger, ref)]);
      await settleOperation(ledger, { operationId: operation.id, state: 'done', result: {} });
      await readOperation(ledger, operation.id);
    },
  };
}

/** A key as the floors store it. */
export interface Stored {
  readonly ref: Parameters<typeof readKeyRecord>[1];
  readonly record: KeyRecord;
  readonly sealed: Candidate['sealed'];
}

const CANDIDATE = {
  hint: null,
  verdict: 'valid',
  reason: 'accepted',
  details: {},
  account: null,
  validatedAt: new Date(0).toISOString(),
  origin: 'supplied',
  providerHandle: null,
  storedAt: new Date(0).toISOString(),
} as const;

function firstRecord(candidate: Candidate): KeyRecord {
  const { record } = storeFirst({ record: null, kvVersion: 0 }, { epoch: 1, candidate });
  return live(record);
}
