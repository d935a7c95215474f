/** Tells the ledger what was done without it. At every start before a door opens, and right after a break-glass. */
import { importRevocation } from '../ledger/import-revocation';
import type { Ledger } from '../ledger/ledger';
import type { VaultClient } from '../vault/vault-client';
import { findBuried, refOf } from './bury-key';
import { appendJournal, readJournal } from './journal';

/**
 * Imports what is not imported yet; answers how many. An intent without an end is looked up in the vault: its
 * tombstone is there, or the command never got so far and is told as abandoned. `openVault` is asked for the
 * operator role when that is needed.
 * Thrown when ledger or vault cannot be used; the next import takes up the rest.
 */
export async function importJournal(
  home: string,
  ledger: Ledger,
  openVault: () => Promise<VaultClient>,
): Promise<number> {
  const waiting = readJournal(home).filter((one) => one.phase !== 'imported');
  let vault: VaultClient | null = null;
  try {
    for (const one of waiting) {
      let done = one;
      if (one.phase === 'intent') {
        vault ??= await openVault();
        done = (await findBuried(vault, one)) ?? one;
      }
      await importRevocation(ledger, {
        id: done.id,
        at: done.at,
        ref: refOf(done),
        principal: done.principal,
        reason: done.reason,
        epoch: done.epoch,
        keyId: done.key_id,
        destroyedVersions: done.destroyed_versions,
      });
      appendJournal(home, { ...done, phase: 'imported' });
    }
    return waiting.length;
  } finally {
    await vault?.close();
  }
}
