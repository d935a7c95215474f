/** generate, validate, rotate and revoke over HTTP, beside the bare work under them, round by round. */
import type { KeyRef } from '../src/contract/ids';
import { createFloors, type Stored } from './floors';
import { freshKey, httpCalls } from './http-calls';
import { readIndexEntry } from '../src/ledger/key-index';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { forAll, runLoop } from './run-loop';
import { seedKeys } from './seed-keys';
import type { Bench } from './start-bench';
import { median, medianOf, type Summary } from './statistics';

/** More stored keys than a cell can use up: a fast machine's operations in its time. */
const KEYS_PER_SECOND = 70;

/** A floor is the sum of its parts' p50: they follow each other. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  generate: ['bare workflow', 'vault: store', 'probe'],
  validate: ['bare workflow', 'vault: validate', 'probe'],
  'rotate, grace 0': ['bare workflow', 'vault: store', 'probe'],
  'rotate, grace 1 d': ['bare workflow', 'vault: store', 'probe'],
  revoke: ['bare workflow', 'vault: revoke'],
};

type Round = Map<string, Summary>;

/** Workflows of both kinds, before anything is measured. */
export async function burnIn(bench: Bench, mode: Mode): Promise<void> {
  await forAll(Array.from({ length: mode.burnIn }), 4, createFloors(bench).workflow);
  await forAll(Array.from({ length: mode.burnIn }, freshKey), 4, httpCalls(bench).generate);
}

export async function measureOperations(bench: Bench, mode: Mode): Promise<Row[]> {
  const cells = createCells(bench, mode);
  const rounds = new Map<number, Round[]>(mode.concurrencies.map((concurrency) => [concurrency, []]));
  for (let round = 0; round < mode.rounds; round += 1) {
    for (const concurrency of mode.concurrencies) {
      const measured: Round = new Map();
      for (const [name, cell] of Object.entries(cells)) measured.set(name, await cell(concurrency));
      rounds.get(concurrency)?.push(measured);
    }
  }
  return mode.concurrencies.flatMap((concurrency) => toRows(concurrency, rounds.get(concurrency) ?? []));
}

/** In the order in which a round runs them: each operation close to the floors it is compared with. */
function createCells(bench: Bench, mode: Mode): Record<string, (concurrency: number) => Promise<Summary>> {
  const floors = createFloors(bench);
  const calls = httpCalls(bench);
  const loop = (act: () => Promise<unknown>) => (concurrency: number) =>
    runLoop({ concurrency, durationMs: mode.cellMs, act });
  const countFor = (concurrency: number): number =>
    Math.ceil((mode.cellMs / 1000) * KEYS_PER_SECOND) + concurrency;
  const onKeys =
    (act: (ref: KeyRef) => Promise<unknown>, after?: (refs: readonly KeyRef[]) => Promise<void>) =>
    async (concurrency: number) => {
      const supply = await seedKeys(bench, countFor(concurrency));
      const used: KeyRef[] = [];
      const measured = await runLoop({
        concurrency,
        durationMs: mode.cellMs,
        supply,
        act: (ref) => act(ref).finally(() => used.push(ref)),
      });
      await after?.(used);
      return measured;
    };
  const onStored = (act: (stored: Stored) => Promise<unknown>) => async (concurrency: number) => {
    const supply = await forAll(Array.from({ length: countFor(concurrency) }), 16, floors.storeOnce);
    return runLoop({ concurrency, durationMs: mode.cellMs, supply, act });
  };
  return {
    'bare workflow': loop(floors.workflow),
    'vault: store': loop(floors.vaultStore),
    probe: loop(floors.probe),
    generate: loop(() => calls.generate(freshKey())),
    'rotate, grace 1 d': onKeys((ref) => calls.rotate(ref, 86_400)),
    'vault: validate': onStored(floors.vaultValidate),
    validate: onKeys(calls.validate),
    'vault: revoke': onStored(floors.vaultRevoke),
    revoke: onKeys(calls.revoke),
    'sql: store': loop(floors.sqlStore),
    'rotate, grace 0': onKeys(
      (ref) => calls.rotate(ref, 0),
      (refs) => retired(bench, refs),
    ),
  };
}

/** Retirements go on after the answer; the next cell must not pay for them. */
async function retired({ roles }: Bench, refs: readonly KeyRef[]): Promise<void> {
  for (const ref of refs) {
    for (;;) {
      const entry = await readIndexEntry(roles.ledger, ref);
      if (entry?.state !== 'grace' && entry?.retiringCount === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function toRows(concurrency: number, rounds: readonly Round[]): Row[] {
  const names = [...(rounds[0]?.keys() ?? [])];
  return names.map((name) => {
    const own = rounds.map((round) => cell(round, name));
    const { p50Ms, p95Ms, perSecond } = medianOf(own);
    const parts = FLOORS[name];
    const common = {
      suite: 'operations',
      case: name,
      concurrency,
      p50_ms: p50Ms,
      p95_ms: p95Ms,
      per_second: perSecond,
    };
    if (parts === undefined) return row(common);
    const floors = rounds.map((round) => parts.reduce((sum, part) => sum + cell(round, part).p50Ms, 0));
    const shares = rounds.map(
      (round) => cell(round, name).perSecond / cell(round, 'bare workflow').perSecond,
    );
    return row({
      ...common,
      floor: median(floors),
      ratio: median(own.map((summary, index) => summary.p50Ms / (floors[index] ?? NaN))),
      figures: { throughput_share: median(shares) },
    });
  });
}

function cell(round: Round, name: string): Summary {
  const summary = round.get(name);
  if (summary === undefined) throw new Error(`${name} was not measured`);
  return summary;
}
