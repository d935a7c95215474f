/** Ends calls under way whose key was revoked, or whose key nobody can look up any more. */
import { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';
import type { Ledger } from '../ledger/ledger';
import { readEpochs } from '../ledger/read-epochs';

/** The calls under way, as far as the fence knows them. */
export interface FencedCalls {
  readonly keysInUse: () => readonly { readonly ref: KeyRef; readonly epoch: number }[];
  readonly abortBefore: (ref: KeyRef, epoch: number) => number;
  readonly abortKeys: (reason: KeyturnError) => number;
}

/** How long calls may go on while the ledger cannot tell whether their key still is one, in milliseconds. */
const BLIND_MS = 10_000;

/**
 * One pass: a look at the ledger for all keys in use, if there are any. Answers how many calls it ended.
 * Thrown: `ledger_unavailable`, and all calls are ended once it has been away for {@link BLIND_MS}.
 */
export function createFence(ledger: Ledger, calls: FencedCalls): () => Promise<number> {
  let sawAtMs = performance.now();
  return async () => {
    const used = calls.keysInUse();
    try {
      const epochs =
        used.length === 0
          ? []
          : await readEpochs(
              ledger,
              used.map(({ ref }) => ref),
            );
      sawAtMs = performance.now();
      return epochs.reduce((ended, { ref, epoch }) => ended + calls.abortBefore(ref, epoch), 0);
    } catch (error) {
      if (performance.now() - sawAtMs > BLIND_MS) {
        calls.abortKeys(
          new KeyturnError('ledger_unavailable', 'whether the key may still be used cannot be told'),
        );
      }
      throw error;
    }
  };
}
