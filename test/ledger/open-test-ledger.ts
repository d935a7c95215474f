/** A fresh migrated ledger for a test file, and short words for what its tests do again and again. */
import { Client } from 'pg';
import type { KeyRef } from '../../src/contract/ids';
import type { IndexUpdate } from '../../src/contract/settlement';
import { acceptOperation, type AcceptRequest, type Acceptance } from '../../src/ledger/accept-operation';
import { readIndexEntry, type KeyIndexEntry } from '../../src/ledger/key-index';
import { migrateLedger, openLedger, type Ledger } from '../../src/ledger/ledger';
import { settleOperation } from '../../src/ledger/settle-operation';
import { createTestDatabase } from '../support/stack';

export interface TestLedger {
  readonly ledger: Ledger;
  readonly databaseUrl: string;
  readonly adminDatabaseUrl: string;
  /** SQL as the superuser, outside the ledger's own code. */
  readonly query: (statement: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  readonly close: () => Promise<void>;
}

export async function openTestLedger(): Promise<TestLedger> {
  const { databaseUrl, adminDatabaseUrl, drop } = await createTestDatabase();
  const ledger = openLedger({ databaseUrl });
  await migrateLedger(ledger);
  const superuser = new Client({ connectionString: adminDatabaseUrl });
  await superuser.connect();
  return {
    ledger,
    databaseUrl,
    adminDatabaseUrl,
    query: async (statement, values = []) => (await superuser.query(statement, values)).rows,
    close: async () => {
      await superuser.end();
      await ledger.close();
      await drop();
    },
  };
}

let counter = 0;

/** A key no other test uses. */
export function newRef(tenantId = 'acme'): KeyRef {
  counter += 1;
  return { tenantId, serviceId: 'openrouter', keyName: `k${counter}` };
}

export async function accept(
  ledger: Ledger,
  request: Pick<AcceptRequest, 'kind' | 'ref'> & Partial<AcceptRequest>,
): Promise<Acceptance> {
  return await acceptOperation(ledger, {
    principal: 'user:1',
    route: `POST /byok/${request.kind}`,
    params: {},
    hasInbox: false,
    ...request,
  });
}

export function indexUpdate(fields: Partial<IndexUpdate> & Pick<IndexUpdate, 'keyId'>): IndexUpdate {
  return {
    epoch: 1,
    seq: 1,
    state: 'active',
    version: 1,
    verdict: 'valid',
    reason: 'accepted',
    hint: 'abcd',
    fingerprint: 'f'.repeat(64),
    account: null,
    validatedAt: '2026-01-01T00:00:00.000Z',
    storedAt: '2026-01-01T00:00:00.000Z',
    previousVersion: null,
    retireAt: null,
    retiringCount: 0,
    ...fields,
  };
}

/** Takes a key to `active` through the door, as a worker would. Returns the life's key id. */
export async function store(ledger: Ledger, ref: KeyRef): Promise<string> {
  const { operation } = await accept(ledger, { kind: 'generate', ref });
  await settleOperation(ledger, {
    operationId: operation.id,
    state: 'done',
    index: indexUpdate({ keyId: operation.id, epoch: operation.epoch }),
  });
  return operation.id;
}

/** Takes a stored key into a grace period of version 1. */
export async function rotateIntoGrace(ledger: Ledger, ref: KeyRef, keyId: string): Promise<string> {
  const { operation } = await accept(ledger, { kind: 'rotate', ref });
  await settleOperation(ledger, {
    operationId: operation.id,
    state: 'done',
    index: indexUpdate({
      keyId,
      epoch: operation.epoch,
      seq: 2,
      state: 'grace',
      version: 2,
      previousVersion: 1,
      retireAt: '2027-01-01T00:00:00.000Z',
    }),
  });
  return operation.id;
}

export async function entryOf(ledger: Ledger, ref: KeyRef): Promise<KeyIndexEntry> {
  const entry = await readIndexEntry(ledger, ref);
  if (entry === null) throw new Error('the key has no index row');
  return entry;
}
