/** Does an operation cost more when more keys are stored? Each size is compared with the bare workflow beside it. */
import { listKeys } from '../src/ledger/key-index';
import { createFloors } from './floors';
import { freshKey, httpCalls } from './http-calls';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { runLoop } from './run-loop';
import { seedKeys } from './seed-keys';
import type { Bench } from './start-bench';
import { median, medianOf, type Summary } from './statistics';

const ROUNDS = 5;

export async function measureGrowth(bench: Bench, mode: Mode): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of mode.growth) {
    await seedKeys(bench, Math.max(size - (await countKeys(bench)), 0));
    rows.push(...(await measureAt(bench, mode, size)));
  }
  return rows;
}

async function countKeys({ roles }: Bench): Promise<number> {
  const { count } = await roles.ledger.db
    .selectFrom('key_index')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function measureAt(bench: Bench, mode: Mode, size: number): Promise<Row[]> {
  const { generate } = httpCalls(bench);
  const floors = createFloors(bench);
  const stored = await countKeys(bench);
  const measured: Record<'bare' | 'generate' | 'list', Summary[]> = { bare: [], generate: [], list: [] };
  const loop = (act: () => Promise<unknown>): Promise<Summary> =>
    runLoop({ concurrency: 1, durationMs: mode.cellMs, act });
  for (let round = 0; round < Math.min(mode.rounds, ROUNDS); round += 1) {
    measured.bare.push(await loop(floors.workflow));
    measured.generate.push(await loop(() => generate(freshKey())));
    measured.list.push(await loop(() => listKeys(bench.roles.ledger, { tenantId: 'tenant-7', limit: 50 })));
  }
  const common = { suite: 'growth', concurrency: 1 };
  const of = ({ p50Ms, p95Ms, perSecond }: Summary) => ({
    p50_ms: p50Ms,
    p95_ms: p95Ms,
    per_second: perSecond,
  });
  const ratios = measured.generate.map((own, round) => own.p50Ms / (measured.bare[round]?.p50Ms ?? NaN));
  return [
    row({
      ...common,
      case: `generate, ${size} keys stored`,
      ...of(medianOf(measured.generate)),
      floor: medianOf(measured.bare).p50Ms,
      ratio: median(ratios),
      figures: { keys_stored: stored },
    }),
    row({ ...common, case: `list a tenant, ${size} keys stored`, ...of(medianOf(measured.list)) }),
  ];
}
