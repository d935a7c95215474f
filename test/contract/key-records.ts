/** Key records to apply commands to, and a one-line picture of a record to compare. */
import { slotOf, type Candidate, type ReadState, type Transition } from '../../src/contract/key-transitions';
import { isKeyturnError } from '../../src/contract/errors';
import { slotsOf } from '../../src/contract/key-transitions';
import type { KeyRecord, KeySlot, SealedKey } from '../../src/contract/keys';

export { slotOf, slotsOf };

/** The KV version of every state: a life that begins now is born at the next one. */
export const KV_VERSION = 7;
export const NOW_MS = Date.parse('2030-01-01T00:00:00.000Z');

/** A candidate as the operation `operationId` brings it. */
export function candidate(operationId: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    sealed: `sealed by ${operationId}` as SealedKey,
    fingerprint: `print of ${operationId}`,
    hint: null,
    verdict: 'valid',
    reason: 'accepted',
    details: {},
    account: 'account 1',
    validatedAt: '2029-01-01T00:00:00.000Z',
    origin: 'supplied',
    providerHandle: null,
    storedAt: '2029-01-01T00:00:00.000Z',
    operationId,
    ...changes,
  };
}

/** Version `version` of a key, stored by `by` (by default an operation of its own). */
export function slot(version: number, by = `op${version}`): KeySlot {
  return { ...candidate(by), version };
}

/** A live record of epoch 2. Slots are given by their version. */
export function record(
  slots: {
    current: KeySlot | number;
    previous?: KeySlot | number;
    retiring?: readonly (KeySlot | number)[];
  },
  changes: Partial<KeyRecord> = {},
): KeyRecord {
  const toSlot = (one: KeySlot | number): KeySlot => (typeof one === 'number' ? slot(one) : one);
  const current = toSlot(slots.current);
  const previous = slots.previous === undefined ? null : toSlot(slots.previous);
  const retiring = (slots.retiring ?? []).map(toSlot);
  const used = [current, previous, ...retiring].map((one) => one?.version ?? 0);
  return {
    schema: 1,
    epoch: 2,
    seq: 5,
    keyId: 'key1',
    bornVersion: 4,
    lastVersion: Math.max(...used),
    current,
    previous,
    retireAt: previous === null ? null : '2030-01-02T00:00:00.000Z',
    retiring,
    tombstone: null,
    ...changes,
  };
}

/** What is left of a key that `by` revoked. */
export function tombstone(epoch: number, by: string): KeyRecord {
  return {
    ...record({ current: 1 }, { epoch, current: null, lastVersion: 3 }),
    tombstone: {
      revokedAt: '2029-06-01T00:00:00.000Z',
      operationId: by,
      keyId: 'key1',
      retiringVersions: [2],
    },
  };
}

/** `write e2 s6 b4 v3 c3 p2 r1 +3600` · `landed` · `superseded` · an error's code. */
export function outcomeOf(state: ReadState, decide: (state: ReadState) => Transition): string {
  try {
    const transition = decide(state);
    if (transition.kind !== 'write') {
      // Nothing is written: then it must hand back exactly what was read.
      return transition.record === state.record ? transition.kind : `${transition.kind}, changed`;
    }
    return `write ${picture(transition.record)}`;
  } catch (error) {
    if (isKeyturnError(error)) return error.code;
    throw error;
  }
}

/** Epoch, seq, birth, last version, then the slots (and the seconds until retirement) or the tombstone. */
export function picture(one: KeyRecord): string {
  const parts = [`e${one.epoch}`, `s${one.seq}`, `b${one.bornVersion}`, `v${one.lastVersion}`, one.keyId];
  if (one.current !== null) parts.push(`c${one.current.version}`);
  if (one.previous !== null) parts.push(`p${one.previous.version}`);
  if (one.retiring.length > 0) parts.push(`r${one.retiring.map((each) => each.version).join(',')}`);
  if (one.retireAt !== null) parts.push(`+${(Date.parse(one.retireAt) - NOW_MS) / 1000}`);
  if (one.tombstone !== null) {
    const { operationId, keyId, retiringVersions } = one.tombstone;
    parts.push(`buried by ${operationId}: ${keyId} [${retiringVersions.join(',')}]`);
  }
  return parts.join(' ');
}
