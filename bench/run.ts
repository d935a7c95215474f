/** `npm run bench`: how long the operations take, next to what they could not do without. See docs/benchmarks.md. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { judgeAims } from './judge-aims';
import { MODES, type Mode } from './mode';
import { printRows, type Row } from './row';
import { makeHome, startBench, type Bench } from './start-bench';
import { countCalls } from './suite-counts';
import { measureGateway } from './suite-gateway';
import { measureGrowth } from './suite-growth';
import { measureMemory } from './suite-memory';
import { burnIn, measureOperations } from './suite-operations';
import { measureRevocation } from './suite-revocation';
import { measureStart } from './suite-start';
import { measureSteps } from './suite-steps';

type Suite = (bench: Bench, mode: Mode) => Promise<Row[]>;

/** In this order: growth needs to know how many keys are stored, so it comes before those that store many. */
const SUITES: Readonly<Record<string, Suite>> = {
  growth: measureGrowth,
  operations: measureOperations,
  counts: countCalls,
  steps: measureSteps,
  revocation: measureRevocation,
  gateway: measureGateway,
  memory: measureMemory,
};

interface Options {
  readonly smoke?: boolean;
  readonly long?: boolean;
  readonly json?: string;
  readonly only?: string[];
}

async function main(): Promise<void> {
  const command = new Command('bench')
    .description('measure the operations next to their floors, on servers of its own')
    .option('--smoke', 'a short run that only shows that everything can be measured')
    .option('--long', 'more rounds and longer ones')
    .option('--json <file>', 'write the rows there')
    .option('--only <suite...>', `some suites only: ${[...Object.keys(SUITES), 'start'].join(', ')}`);
  const options = command.parse().opts<Options>();
  const mode = options.smoke === true ? MODES.smoke : options.long === true ? MODES.long : MODES.default;
  const rows = await measure(mode, options.only);
  if (options.only === undefined) rows.push(...show(judgeAims(rows)));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function measure(mode: Mode, only: readonly string[] | undefined): Promise<Row[]> {
  const { home, remove } = await makeHome();
  const rows: Row[] = [];
  try {
    const bench = await startBench(home);
    try {
      await burnIn(bench, mode);
      for (const [name, suite] of Object.entries(SUITES)) {
        if (only?.includes(name) ?? true) rows.push(...(await run(name, () => suite(bench, mode))));
      }
    } finally {
      await bench.stop();
    }
    if (only?.includes('start') ?? true) rows.push(...(await run('start', () => measureStart(home, mode))));
    return rows;
  } finally {
    await remove();
  }
}

/** One suite, with the time it took. */
async function run(name: string, suite: () => Promise<Row[]>): Promise<Row[]> {
  const startedMs = performance.now();
  const rows = show(await suite());
  console.log(`${name}: measured in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return rows;
}

function show(rows: Row[]): Row[] {
  printRows(rows);
  return rows;
}

void main();
