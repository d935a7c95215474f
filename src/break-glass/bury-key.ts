/**
 * Ends a key's life in the vault alone, for the hour in which Temporal or the ledger is away.
 *
 * How readers are fenced: while the ledger is down they serve nothing at all; once it is up, the record's epoch is
 * not the one in the ledger's index, and no reader serves such a record, no writer changes it. The import then lifts
 * the index to the tombstone's epoch, and a new life may begin from there.
 */
import { userInfo } from 'node:os';
import { uuidv7 } from 'uuidv7';
import { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import { bury } from '../contract/key-transitions';
import { destroyVersionsBelow, readKeyRecord, VersionConflict, writeKeyRecord } from '../vault/key-store';
import type { VaultClient } from '../vault/vault-client';
import { appendJournal, readJournal, type JournalEntry } from './journal';

/**
 * How far the tombstone's epoch lies above the record's. Each revocation that the door accepted and the worker has
 * not carried out yet puts the ledger one ahead of the vault: the tombstone must lie above all of them, or a key
 * that was accepted after one of those could still be stored over it.
 */
export const EPOCH_LEAP = 1000;
const MAX_RACES = 12;

/**
 * Writes the tombstone and destroys everything older; journalled before and after. The same command after a crash
 * goes on where it was. `vault` holds the operator role.
 * Thrown when there is no such key and not `force` (`key_not_found`), or the vault cannot (`vault_…`).
 */
export async function buryKeyNow(
  vault: VaultClient,
  home: string,
  asked: { ref: KeyRef; reason: string; force: boolean },
): Promise<JournalEntry> {
  const { ref, reason, force } = asked;
  const { record } = await readKeyRecord(vault, ref);
  if (record === null && !force) {
    throw new KeyturnError(
      'key_not_found',
      'the vault holds no such key; --force writes a tombstone all the same, for one that is on its way there',
    );
  }
  const open = readJournal(home).find((one) => one.phase === 'intent' && isAbout(one, ref));
  const intent: JournalEntry = open ?? {
    id: uuidv7(),
    at: new Date().toISOString(),
    phase: 'intent',
    tenant_id: ref.tenantId,
    service_id: ref.serviceId,
    key_name: ref.keyName,
    reason,
    principal: `break-glass:${userInfo().username}`,
    epoch: null,
    key_id: record?.keyId ?? null,
    destroyed_versions: null,
  };
  if (open === undefined) appendJournal(home, intent);
  const done = await carryOut(vault, ref, intent);
  appendJournal(home, done);
  return done;
}

/** What an intent left in the vault, when its tombstone is there; null when it is not. */
export async function findBuried(vault: VaultClient, intent: JournalEntry): Promise<JournalEntry | null> {
  const ref = refOf(intent);
  const { record } = await readKeyRecord(vault, ref);
  return record?.tombstone?.operationId === intent.id ? carryOut(vault, ref, intent) : null;
}

/** The key an entry is about. */
export function refOf(one: JournalEntry): KeyRef {
  return { tenantId: one.tenant_id, serviceId: one.service_id, keyName: one.key_name };
}

async function carryOut(vault: VaultClient, ref: KeyRef, intent: JournalEntry): Promise<JournalEntry> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const state = await readKeyRecord(vault, ref);
    const landed = state.record?.tombstone?.operationId === intent.id;
    const epoch = landed ? (state.record?.epoch ?? 0) : (state.record?.epoch ?? 0) + EPOCH_LEAP;
    const transition = bury(state, { epoch, operationId: intent.id, nowMs: Date.now() });
    const { record } = transition;
    if (record === null) break;
    try {
      if (transition.kind === 'write') await writeKeyRecord(vault, ref, record, state.kvVersion);
    } catch (error) {
      if (error instanceof VersionConflict) continue;
      throw error;
    }
    const destroyed = await destroyVersionsBelow(vault, ref, record.bornVersion);
    return {
      ...intent,
      phase: 'done',
      epoch: record.epoch,
      key_id: record.tombstone?.keyId ?? null,
      destroyed_versions: destroyed,
    };
  }
  throw new KeyturnError('vault_unavailable', 'too many writers race for this key; run the command again');
}

function isAbout(one: JournalEntry, ref: KeyRef): boolean {
  return one.tenant_id === ref.tenantId && one.service_id === ref.serviceId && one.key_name === ref.keyName;
}
