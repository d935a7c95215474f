/** Random histories of one key: whatever order commands arrive in, these things stay true. */
import * as transitions from '../../src/contract/key-transitions';
import { isKeyturnError } from '../../src/contract/errors';
import { MAX_RETIRING, type KeyRecord } from '../../src/contract/keys';
import type { ReadState, Transition } from '../../src/contract/key-transitions';
import { candidate, NOW_MS, slotsOf } from './key-records';

const HISTORIES = 400;
const STEPS = 60;

/** Numerical Recipes' linear congruential generator: repeatable, good enough to shuffle commands. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Command = { readonly name: string; readonly epoch: number; apply(state: ReadState): Transition };

/** A command of an operation that was accepted in this epoch, an earlier one, or the next. */
function draw(random: (below: number) => number, before: KeyRecord | null, step: number): Command {
  const epoch = before?.epoch ?? 1;
  const at = Math.max(epoch + [0, 0, 0, 0, -1][random(5)]!, 0);
  const version = Math.max((before?.lastVersion ?? 0) - random(3), 1);
  const operationId = `op${step}`;
  const flag = (): boolean => random(2) === 0;
  const one = candidate(operationId, {
    fingerprint: `print ${random(12)}`,
    account: [null, 'account 1', 'account 2'][random(3)]!,
    verdict: flag() ? 'valid' : 'limited',
  });
  const options = {
    graceSeconds: random(3) * 60,
    nowMs: NOW_MS + step * 1000,
    supersede: flag(),
    force: random(4) > 0,
  };
  const probed = {
    verdict: 'valid',
    reason: 'accepted',
    details: {},
    account: null,
    validatedAt: new Date(NOW_MS + (step - random(5)) * 1000).toISOString(),
  } as const;
  const all: readonly Command[] = [
    { name: 'storeFirst', epoch: at, apply: (s) => transitions.storeFirst(s, { epoch: at, candidate: one }) },
    {
      name: 'promote',
      epoch: at,
      apply: (s) => transitions.promote(s, { epoch: at, candidate: one, ...options }),
    },
    {
      name: 'beginRetirement',
      epoch: at,
      apply: (s) => transitions.beginRetirement(s, { epoch: at, version }),
    },
    { name: 'dropRetired', epoch: at, apply: (s) => transitions.dropRetired(s, { epoch: at, version }) },
    { name: 'rollBack', epoch: at, apply: (s) => transitions.rollBack(s, { epoch: at, version }) },
    {
      name: 'noteVerdict',
      epoch: at,
      apply: (s) => transitions.noteVerdict(s, { epoch: at, version, probed }),
    },
    {
      name: 'bury',
      epoch: epoch + 1,
      apply: (s) => transitions.bury(s, { epoch: epoch + 1, operationId, nowMs: options.nowMs }),
    },
  ];
  // Promotions are what lives are made of; the rarer ones begin or end a life.
  const weighted = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 4, 5, 5, 6];
  return all[weighted[random(weighted.length)]!]!;
}

/** The record to store, or null when the command was refused or had nothing to do. */
function attempt(command: Command, state: ReadState): KeyRecord | null {
  try {
    const transition = command.apply(state);
    return transition.kind === 'write' ? transition.record : null;
  } catch (error) {
    if (isKeyturnError(error)) return null;
    throw error;
  }
}

function assertSound(next: KeyRecord, before: KeyRecord | null): void {
  const slots = slotsOf(next);
  const versions = slots.map((slot) => slot.version);
  expect(new Set(versions).size).toBe(versions.length);
  expect(next.lastVersion).toBeGreaterThanOrEqual(Math.max(0, ...versions));
  // Live or buried, never both, never neither.
  expect(next.current === null).toBe(next.tombstone !== null);
  expect(next.previous === null).toBe(next.retireAt === null);
  expect(next.retiring.length + (next.previous === null ? 0 : 1)).toBeLessThanOrEqual(MAX_RETIRING);
  if (next.tombstone !== null) expect(JSON.stringify(next)).not.toContain('sealed');
  if (before === null) return;
  expect(next.seq).toBe(before.seq + 1);
  expect(next.epoch).toBeGreaterThanOrEqual(before.epoch);
  if (next.keyId === before.keyId) expect(next.lastVersion).toBeGreaterThanOrEqual(before.lastVersion);
}

/** One history from one seed; which commands took effect how often. */
function live(seed: number): Map<string, number> {
  const random = randomFrom(seed);
  const effects = new Map<string, number>();
  const givenOut = new Map<string, string>();
  let state: ReadState = { record: null, kvVersion: 0 };
  for (let step = 1; step <= STEPS; step += 1) {
    const before = state.record;
    const command = draw(random, before, step);
    const next = attempt(command, state);
    if (next === null) continue;
    effects.set(command.name, (effects.get(command.name) ?? 0) + 1);
    expect(command.epoch).toBeGreaterThanOrEqual(before?.epoch ?? 0);
    assertSound(next, before);
    for (const { version, operationId } of slotsOf(next)) {
      const place = `${next.keyId} v${version}`;
      expect(givenOut.get(place) ?? operationId).toBe(operationId);
      givenOut.set(place, operationId);
    }
    state = { record: next, kvVersion: state.kvVersion + 1 };
    // The same step once more, as after a crash between the write and its report.
    expect(command.apply(state)).toEqual({ kind: 'landed', record: next });
  }
  return effects;
}

test(`${HISTORIES} random histories of ${STEPS} commands`, () => {
  const total = new Map<string, number>();
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    for (const [name, count] of live(seed)) total.set(name, (total.get(name) ?? 0) + count);
  }
  // Otherwise the histories above would prove little.
  for (const name of [
    'storeFirst',
    'promote',
    'beginRetirement',
    'dropRetired',
    'rollBack',
    'noteVerdict',
    'bury',
  ]) {
    expect([name, (total.get(name) ?? 0) > 100]).toEqual([name, true]);
  }
});

test('the invariants are looked at: a broken record is noticed', () => {
  const { record } = transitions.storeFirst(
    { record: null, kvVersion: 0 },
    { epoch: 1, candidate: candidate('op1') },
  );
  const sound = record!;
  expect(() => assertSound({ ...sound, current: null }, null)).toThrow();
  expect(() => assertSound({ ...sound, lastVersion: 0 }, null)).toThrow();
  expect(() => assertSound({ ...sound, retiring: [sound.current!] }, null)).toThrow();
  expect(() => assertSound(sound, { ...sound, epoch: 2 })).toThrow();
  expect(() => assertSound(sound, sound)).toThrow();
});
