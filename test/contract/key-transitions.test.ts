/** State × command: what each transition makes of each record it can meet. */
import { beginRetirement, bury, noteVerdict, promote, rollBack } from '../../src/contract/key-transitions';
import { MAX_RETIRING } from '../../src/contract/keys';
import { COMMANDS, STATES, type CommandName, type StateName } from './key-commands';
import { EXPECTED } from './key-outcomes';
import { candidate, KV_VERSION, NOW_MS, outcomeOf, record, slot } from './key-records';

const states = Object.keys(STATES) as StateName[];
const commands = Object.keys(COMMANDS) as CommandName[];

describe.each(states)('%s', (state) => {
  test.each(commands)('%s', (command) => {
    expect(outcomeOf(STATES[state], COMMANDS[command])).toBe(EXPECTED[state][command]);
  });
});

test('slots move unchanged', () => {
  const before = record({ current: 2, previous: 1 });
  const state = { record: before, kvVersion: KV_VERSION };
  const back = rollBack(state, { epoch: 2, version: 1 });
  expect(back.record).toMatchObject({ current: before.previous, retiring: [before.current] });
  const retired = beginRetirement(state, { epoch: 2, version: 1 });
  expect(retired.record).toMatchObject({ current: before.current, retiring: [before.previous] });
  const command = { epoch: 2, candidate: candidate('x'), graceSeconds: 60, nowMs: NOW_MS };
  const promoted = promote(state, { ...command, supersede: true, force: false });
  expect(promoted.record).toMatchObject({
    current: { ...candidate('x'), version: 3 },
    previous: before.current,
    retiring: [before.previous],
  });
});

test('a tombstone keeps nothing of the key', () => {
  const live = record({ current: 3, previous: 2, retiring: [1] });
  const buried = bury({ record: live, kvVersion: KV_VERSION }, { epoch: 3, operationId: 'x', nowMs: NOW_MS });
  expect(buried.record?.tombstone).toMatchObject({ keyId: 'key1', retiringVersions: [1, 2] });
  for (const kept of ['sealed', 'print of', 'account 1']) {
    expect(JSON.stringify(live)).toContain(kept);
    expect(JSON.stringify(buried)).not.toContain(kept);
  }
});

test('at most eight versions ever wait, counting the one that a rollback or the end of a grace puts aside', () => {
  const full = Array.from({ length: MAX_RETIRING - 1 }, (_, i) => i + 1);
  const state = { record: record({ current: 9, previous: 8, retiring: full }), kvVersion: KV_VERSION };
  for (const next of [
    beginRetirement(state, { epoch: 2, version: 8 }),
    rollBack(state, { epoch: 2, version: 8 }),
  ]) {
    expect(next.record?.retiring).toHaveLength(MAX_RETIRING);
  }
});

test('an outage during a validation does not forget the account, and so opens no way for another one', () => {
  const state = { record: record({ current: 1 }), kvVersion: KV_VERSION };
  const probed = {
    verdict: 'inconclusive',
    reason: 'timeout',
    details: {},
    account: null,
    validatedAt: '2029-02-01T00:00:00.000Z',
  } as const;
  const noted = noteVerdict(state, { epoch: 2, version: 1, probed });
  expect(noted.record?.current).toEqual({ ...slot(1), ...probed, account: 'account 1' });
  const command = { epoch: 2, candidate: candidate('x', { account: 'account 2' }), graceSeconds: 60 };
  expect(() =>
    promote(
      { record: noted.record, kvVersion: 8 },
      { ...command, nowMs: NOW_MS, supersede: false, force: false },
    ),
  ).toThrow(expect.objectContaining({ code: 'different_account' }));
});
