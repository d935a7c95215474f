/** The benchmark measures everything it speaks of. Nothing is said here about how fast anything is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const RUN = join(__dirname, '../scripts/run.mjs');
/** Far beyond the 40 seconds it is meant for: this only ends a run that hangs. */
const HANGS_AFTER_MS = 240_000;

const measured = z.number().positive().nullable();
const rowSchema = z.strictObject({
  suite: z.string().min(1),
  case: z.string().min(1),
  concurrency: z.int().min(1).nullable(),
  p50_ms: z.number().min(0).nullable(),
  p95_ms: measured,
  per_second: measured,
  floor: measured,
  ratio: measured,
  figures: z.record(z.string(), z.number()).optional(),
});
type Row = z.infer<typeof rowSchema>;

let folder: string;
let rows: Row[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-test-'));
  const file = join(folder, 'rows.json');
  const child = spawnSync(process.execPath, [RUN, 'bench', '--smoke', '--json', file], {
    encoding: 'utf8',
    timeout: HANGS_AFTER_MS,
  });
  if (child.status !== 0) throw new Error(`the benchmark ended with ${child.status}:\n${child.stderr}`);
  rows = z.array(rowSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
}, HANGS_AFTER_MS + 5_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rowsOf(suite: string): Row[] {
  return rows.filter((row) => row.suite === suite);
}

function figuresOf(suite: string, name: string): Record<string, number> {
  const found = rowsOf(suite).find((row) => row.case === name);
  if (found?.figures === undefined) throw new Error(`${suite} says nothing of ${name}`);
  return found.figures;
}

test('every operation is measured next to its floor, one at a time and several', () => {
  for (const name of ['generate', 'validate', 'rotate, grace 0', 'rotate, grace 1 d', 'revoke']) {
    const own = rowsOf('operations').filter((row) => row.case === name);
    expect(own.map((row) => row.concurrency)).toEqual([1, 8]);
    for (const { p50_ms, p95_ms, per_second, floor, ratio } of own) {
      expect(p95_ms).toBeGreaterThanOrEqual(p50_ms ?? Infinity);
      expect(per_second).toBeGreaterThan(0);
      expect(ratio).toBeCloseTo((p50_ms ?? NaN) / (floor ?? NaN), 1);
    }
  }
});

test('a floor is what was measured of its parts', () => {
  const p50Of = (name: string): number =>
    rowsOf('operations').find((row) => row.case === name && row.concurrency === 1)?.p50_ms ?? NaN;
  const generate = rowsOf('operations').find((row) => row.case === 'generate' && row.concurrency === 1);
  const parts = p50Of('bare workflow') + p50Of('vault: store') + p50Of('probe');
  expect((generate?.floor ?? NaN) / parts).toBeCloseTo(1, 1);
});

test('history events, workflow tasks, vault calls and SQL round trips keep to their bounds', () => {
  const generate = figuresOf('counts per operation', 'generate');
  expect(generate['history_events_max']).toBeLessThanOrEqual(14);
  expect(generate['workflow_tasks_max']).toBeLessThanOrEqual(2);
  expect(generate['vault_calls']).toBeLessThanOrEqual(10);
  expect(generate['sql_round_trips']).toBeLessThanOrEqual(20);
  for (const name of ['validate', 'rotate, grace 1 d', 'revoke']) {
    const figures = figuresOf('counts per operation', name);
    for (const what of ['history_events', 'workflow_tasks', 'vault_calls', 'sql_round_trips']) {
      expect(figures[what]).toBeGreaterThan(0);
    }
  }
});

test('a listing is one statement', () => {
  const listing = figuresOf('counts per operation', 'list keys');
  expect(listing['keys_listed']).toBeGreaterThan(100);
  expect(listing).toMatchObject({ sql_round_trips: 1, vault_calls: 0 });
});

test('nobody who asks after the answer to DELETE is served', () => {
  const bound = figuresOf('revocation', 'from the answer to DELETE to the first refusal');
  expect(bound['served_though_asked_after_the_answer']).toBe(0);
});

test('what the gateway adds is measured next to the straight call, and each of its calls is in the usage', () => {
  for (const kind of ['whole answer', 'stream', 'paced stream']) {
    const own = rowsOf('gateway').filter((row) => row.case === `${kind}: keyturn`);
    expect(own.map((row) => row.concurrency)).toEqual([1, 8]);
    for (const { concurrency, floor, figures } of own) {
      const straight = rowsOf('gateway').find(
        (row) => row.case === `${kind}: direct` && row.concurrency === concurrency,
      );
      expect(floor).toBe(straight?.p50_ms);
      // A median of what each round added, so not quite the difference of the medians.
      const measured = ['added_p50_ms', 'cpu_ms', 'rss_mib'].map((name) => Number.isFinite(figures?.[name]));
      expect(measured).toEqual([true, true, true]);
    }
  }
  const { calls = NaN, booked } = figuresOf('gateway', 'keyturn: calls that are in the usage');
  expect(calls).toBeGreaterThan(10);
  expect(booked).toBe(calls);
});

test('steps, growth, memory and start are there, and each aim is judged', () => {
  expect(rowsOf('steps of generate').map((row) => row.case)).toEqual(
    expect.arrayContaining(['whole request', 'door accept', 'activity storeKey', 'activity settleOperation']),
  );
  expect(rowsOf('growth')).toHaveLength(4);
  expect(rowsOf('memory').every((row) => (row.figures?.['rss_mib'] ?? 0) > 0)).toBe(true);
  expect(rowsOf('start')).toHaveLength(1);
  expect(rowsOf('aims').length).toBeGreaterThanOrEqual(11);
  for (const { figures } of rowsOf('aims')) {
    expect(figures?.['measured']).not.toBeNaN();
    expect([0, 1]).toContain(figures?.['met']);
  }
});
