import { catalog } from '../../src/providers/catalog';
import { closeOutbound } from '../../src/providers/outbound';
import { probeKey } from '../../src/providers/probe';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { checkReplies } from './check-replies';
import { checkCredentials, checkFaults } from './check-simulator';
import { exampleFields } from './example-credentials';
import { REPLY_SHEETS } from './replies';
import type { ReplySheet } from './replies/reply-case';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(async () => {
  await closeOutbound();
  await simulator.close();
});

const sheetOf = (id: string): ReplySheet => REPLY_SHEETS[id] ?? { cases: [] };
const probed = catalog.filter((entry) => entry.probe !== null);

test('the simulator has every service that can be probed', () => {
  expect(simulator.services.map(({ id }) => id)).toEqual(expect.arrayContaining(probed.map(({ id }) => id)));
});

describe.each(probed.map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
  test('reads documented replies', async () => {
    expect(await checkReplies(entry, sheetOf(id))).toEqual([]);
  });

  test('tells good keys from bad ones', async () => {
    expect(await checkCredentials({ entry, simulator })).toEqual([]);
  });

  test('calls no key invalid because of trouble', async () => {
    expect(await checkFaults({ entry, simulator }, sheetOf(id))).toEqual([]);
  });
});

test.each(catalog.filter((entry) => entry.probe === null).map((entry) => [entry.id, entry] as const))(
  '%s has no check without side effects',
  async (_, entry) => {
    const outcome = await probeKey({ entry, fields: exampleFields(entry), origins: simulator.origins });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', reason: 'no_probe', status: null });
  },
);
