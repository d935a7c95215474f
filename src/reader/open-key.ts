/** Opens a key for a reader that may have it. The ledger's fence decides; without the ledger nobody is served. */
import { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import type { KeySlot, PlainFields } from '../contract/keys';
import { readIndexEntry } from '../ledger/key-index';
import type { Ledger } from '../ledger/ledger';
import { readKeyRecord } from '../vault/key-store';
import { openFields } from '../vault/transit';
import type { VaultClient } from '../vault/vault-client';

export interface OpenedKey {
  readonly fields: PlainFields;
  readonly version: number;
  readonly epoch: number;
  readonly seq: number;
  readonly verdict: KeySlot['verdict'];
  readonly retireAt: string | null;
}

/**
 * The current version, or during a grace period the previous one.
 * Thrown: `key_not_found`, `key_revoked`, `not_in_grace`; `ledger_unavailable` or `vault_unavailable` when the
 * fence or the key cannot be read: never a key that may have been revoked.
 */
export async function openKey(
  ports: { ledger: Ledger; vault: VaultClient },
  ref: KeyRef,
  stage: 'current' | 'previous',
): Promise<OpenedKey> {
  const entry = await readIndexEntry(ports.ledger, ref);
  if (entry === null || entry.state === 'none' || entry.state === 'pending') {
    throw new KeyturnError('key_not_found', 'no key is stored for this service');
  }
  if (entry.state === 'revoked') throw new KeyturnError('key_revoked', 'the key was revoked');
  return await openAtEpoch(ports.vault, ref, { epoch: entry.epoch, stage });
}

/**
 * The key of a record whose epoch is the one the ledger's index has.
 * Thrown: `key_revoked` when it is not, `not_in_grace`; `vault_unavailable`.
 */
export async function openAtEpoch(
  vault: VaultClient,
  ref: KeyRef,
  { epoch, stage }: { epoch: number; stage: 'current' | 'previous' },
): Promise<OpenedKey> {
  const { record } = await readKeyRecord(vault, ref);
  if (record === null || record.epoch !== epoch || record.current === null) {
    throw new KeyturnError('key_revoked', 'the key was revoked');
  }
  const slot = stage === 'current' ? record.current : record.previous;
  const over = record.retireAt !== null && Date.parse(record.retireAt) <= Date.now();
  // Its time is up, also while its retirement is late.
  if (slot === null || (stage === 'previous' && over)) {
    throw new KeyturnError('not_in_grace', 'there is no previous version');
  }
  const fields = await openFields(vault, ref, slot.sealed);
  const { version, verdict } = slot;
  return { fields, version, epoch: record.epoch, seq: record.seq, verdict, retireAt: record.retireAt };
}
