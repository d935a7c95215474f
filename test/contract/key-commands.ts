/** Every command of the key transitions, as the operation `x` of epoch 2 sends it, and every state it can meet. */
import * as transitions from '../../src/contract/key-transitions';
import type { Candidate, ReadState, Transition } from '../../src/contract/key-transitions';
import { candidate, KV_VERSION, NOW_MS, record, slot, tombstone } from './key-records';

const read = (one: ReadState['record']): ReadState => ({ record: one, kvVersion: KV_VERSION });
const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** What may be found in the vault. Operations of epoch 2 meet it. */
export const STATES = {
  absent: { record: null, kvVersion: 0 },
  'tombstone, older epoch': read(tombstone(1, 'other')),
  'tombstone, same epoch': read(tombstone(2, 'other')),
  'tombstone of this operation': read(tombstone(2, 'x')),
  'tombstone, newer epoch': read(tombstone(3, 'other')),
  active: read(record({ current: 1 })),
  'active after a rollback': read(record({ current: 1 }, { lastVersion: 2 })),
  'active, limited': read(record({ current: { ...slot(1), verdict: 'limited' } })),
  grace: read(record({ current: 2, previous: 1 })),
  'grace with retiring': read(record({ current: 3, previous: 2, retiring: [1] })),
  'active, one place left': read(record({ current: 8, retiring: many(7) })),
  'grace, no place left': read(record({ current: 9, previous: 8, retiring: many(7) })),
  'active, no place left': read(record({ current: 9, retiring: many(8) })),
  'live, older epoch': read(record({ current: 2, previous: 1 }, { epoch: 1 })),
  'live, newer epoch': read(record({ current: 1 }, { epoch: 3 })),
  'current by this operation': read(record({ current: slot(2, 'x'), previous: 1 })),
  'previous by this operation': read(record({ current: 3, previous: slot(2, 'x') })),
  'retiring by this operation': read(record({ current: 3, retiring: [slot(2, 'x')] })),
} as const satisfies Record<string, ReadState>;
export type StateName = keyof typeof STATES;

const EPOCH = 2;
const OPERATION = 'x';

const store =
  (changes: Partial<Candidate> = {}) =>
  (state: ReadState): Transition =>
    transitions.storeFirst(state, { epoch: EPOCH, candidate: candidate(OPERATION, changes) });

const promote =
  (changes: Partial<Candidate> = {}, options: Partial<transitions.PromoteCommand> = {}) =>
  (state: ReadState): Transition =>
    transitions.promote(state, {
      epoch: EPOCH,
      candidate: candidate(OPERATION, changes),
      graceSeconds: 3600,
      nowMs: NOW_MS,
      supersede: false,
      force: false,
      ...options,
    });

const printOf = (version: number): Partial<Candidate> => ({ fingerprint: slot(version).fingerprint });
const verdict = (validatedAt: string | null, version: number) => (state: ReadState) =>
  transitions.noteVerdict(state, {
    epoch: EPOCH,
    version,
    probed: { verdict: 'inconclusive', reason: 'timeout', details: {}, account: null, validatedAt },
  });

/** Versions are those of the state `grace`: 2 is current there, 1 previous. */
export const COMMANDS = {
  storeFirst: store(),
  'storeFirst, key 1': store(printOf(1)),
  promote: promote(),
  'promote, supersede': promote({}, { supersede: true }),
  'promote, no grace': promote({}, { graceSeconds: 0 }),
  'promote, key 1': promote(printOf(1), { supersede: true, force: true }),
  'promote, other account': promote({ account: 'account 2' }),
  'promote, other account, force': promote({ account: 'account 2' }, { force: true }),
  'promote, limited': promote({ verdict: 'limited' }),
  'promote, limited, force': promote({ verdict: 'limited' }, { force: true }),
  'beginRetirement 1': (state: ReadState) => transitions.beginRetirement(state, { epoch: EPOCH, version: 1 }),
  'beginRetirement 2': (state: ReadState) => transitions.beginRetirement(state, { epoch: EPOCH, version: 2 }),
  'dropRetired 1': (state: ReadState) => transitions.dropRetired(state, { epoch: EPOCH, version: 1 }),
  'rollBack 1': (state: ReadState) => transitions.rollBack(state, { epoch: EPOCH, version: 1 }),
  'rollBack 2': (state: ReadState) => transitions.rollBack(state, { epoch: EPOCH, version: 2 }),
  bury: (state: ReadState) =>
    transitions.bury(state, { epoch: EPOCH, operationId: OPERATION, nowMs: NOW_MS }),
  'bury, next epoch': (state: ReadState) =>
    transitions.bury(state, { epoch: EPOCH + 1, operationId: OPERATION, nowMs: NOW_MS }),
  'noteVerdict 1, later': verdict('2029-02-01T00:00:00.000Z', 1),
  'noteVerdict 1, same probe': verdict('2029-01-01T00:00:00.000Z', 1),
  'noteVerdict 1, earlier probe': verdict('2028-12-01T00:00:00.000Z', 1),
} as const satisfies Record<string, (state: ReadState) => Transition>;
export type CommandName = keyof typeof COMMANDS;
