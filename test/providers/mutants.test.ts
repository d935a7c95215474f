/** Each entry with each small mistake must be found by the very checks of every-provider.test.ts. */
import { catalog } from '../../src/providers/catalog';
import { closeOutbound } from '../../src/providers/outbound';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { checkReplies } from './check-replies';
import { checkCredentials } from './check-simulator';
import { copyOf, mutantsOf, type Mutant } from './mutate-entry';
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

/** The first mistakes found. */
async function findMistakes({ entry, part }: Mutant): Promise<string[]> {
  const sheet: ReplySheet = REPLY_SHEETS[entry.id] ?? { cases: [] };
  const checks = [
    () => checkReplies(entry, sheet, { firstOnly: true }),
    () => checkCredentials({ entry, simulator }, { firstOnly: true }),
  ];
  // The likelier one first; the verdict is the same either way.
  for (const check of part === 'rule' ? checks : checks.toReversed()) {
    const mistakes = await check();
    if (mistakes.length > 0) return mistakes;
  }
  return [];
}

const probed = catalog.filter((entry) => entry.probe !== null);

test.each(probed.map((entry) => [entry.id, entry] as const))('%s: no mutant survives', async (_, entry) => {
  const mutants = mutantsOf(entry);
  const survivors: string[] = [];
  for (const mutant of mutants) {
    if ((await findMistakes(mutant)).length === 0) survivors.push(mutant.name);
  }
  expect(mutants.length).toBeGreaterThan(5);
  expect(survivors).toEqual([]);
});

test('the checks find nothing in the entries as they are', async () => {
  for (const entry of probed) {
    expect(await findMistakes({ name: entry.id, entry: copyOf(entry), part: 'rule' })).toEqual([]);
  }
});
