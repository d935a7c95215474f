/** One change of a key record: read, decide, write by CAS; a lost race starts over. */
import type { KeyRef } from '../src/contract/ids';
import { KeyturnError } from '../src/contract/errors';
import type { ReadState, Transition } from '../src/contract/key-transitions';
import { readKeyRecord, VersionConflict, writeKeyRecord } from '../src/vault/key-store';
import type { VaultClient } from '../src/vault/vault-client';

const MAX_RACES = 12;

/**
 * Applies `decide` to the record until its write holds. `first` is the record where the caller has read it already.
 * Thrown: whatever `decide` throws; `vault_unavailable` after more lost races than real writers can cause.
 */
export async function writeRecord(
  vault: VaultClient,
  ref: KeyRef,
  decide: (state: ReadState) => Transition,
  first?: ReadState,
): Promise<Transition> {
  let known = first;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const state = known ?? (await readKeyRecord(vault, ref));
    known = undefined;
    const transition = decide(state);
    if (transition.kind !== 'write') return transition;
    try {
      await writeKeyRecord(vault, ref, transition.record, state.kvVersion);
      return transition;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
  throw new KeyturnError('vault_unavailable', 'too many writers race for this key');
}
