/** From the gateway's cells to rows: each contender beside the straight call of the same rounds. */
import type { CallKind, CallTime } from './gateway-calls';
import type { Contender } from './gateway-contenders';
import { readRssMiB } from './process-usage';
import { row, type Row } from './row';
import { median, percentile } from './statistics';

/** One contender with one kind of call at one concurrency in one round. */
export interface Cell {
  readonly contender: Contender['name'];
  readonly kind: CallKind;
  readonly concurrency: number;
  readonly round: number;
  readonly times: readonly CallTime[];
  readonly perSecond: number;
  /** Of the contender's process, with what it did after its answers. NaN: it has none, or it is not told. */
  readonly cpuMs: number;
  /** Of PostgreSQL meanwhile; NaN for those who do not use it. */
  readonly ledgerCpuMs: number;
}

/** A hundredth of fewer is nobody in particular. */
const ENOUGH_FOR_P99 = 1_000;

/** One row per kind, concurrency and contender, in order of their cells. */
export function toRows(cells: readonly Cell[], contenders: readonly Contender[]): Row[] {
  const groups = Map.groupBy(cells, ({ kind, concurrency }) => `${kind}/${concurrency}`);
  return [...groups.values()].flatMap((group) => {
    const of = (name: Contender['name']): Cell[] =>
      group.filter(({ contender }) => contender === name).toSorted((a, b) => a.round - b.round);
    return contenders.map((contender) => toRow(contender, of(contender.name), of('direct')));
  });
}

function toRow(contender: Contender, own: readonly Cell[], direct: readonly Cell[]): Row {
  const [first] = own;
  if (first === undefined) throw new Error(`${contender.name} was not measured`);
  const latency = compare(own, direct, 'latencyMs');
  const floor = median(direct.map((cell) => p50(cell, 'latencyMs')));
  const between = contender.name !== 'direct';
  const calls = sum(own, ({ times }) => times.length);
  const cpuMs = sum(own, (cell) => cell.cpuMs) / calls;
  return row({
    suite: 'gateway',
    case: `${first.kind}: ${contender.name}`,
    concurrency: first.concurrency,
    p50_ms: latency.p50,
    p95_ms: percentile(all(own, 'latencyMs'), 0.95),
    per_second: median(own.map(({ perSecond }) => perSecond)),
    ...(between
      ? {
          floor,
          ratio: median(own.map((cell, at) => p50(cell, 'latencyMs') / p50At(direct, at, 'latencyMs'))),
        }
      : {}),
    figures: measured({
      calls,
      p99_ms: latency.p99,
      added_p50_ms: between ? latency.addedP50 : NaN,
      added_p99_ms: between ? latency.addedP99 : NaN,
      ...(first.kind === 'whole answer' ? {} : firstData(own, direct, between)),
      cpu_ms: cpuMs,
      per_core_second: 1000 / cpuMs,
      ledger_cpu_ms: sum(own, ({ ledgerCpuMs }) => ledgerCpuMs) / calls,
      rss_mib: contender.pid === null ? NaN : readRssMiB(contender.pid),
    }),
  });
}

function firstData(own: readonly Cell[], direct: readonly Cell[], between: boolean): Record<string, number> {
  const { p50: first, addedP50, addedP99 } = compare(own, direct, 'firstDataMs');
  return {
    first_data_p50_ms: first,
    added_first_data_p50_ms: between ? addedP50 : NaN,
    added_first_data_p99_ms: between ? addedP99 : NaN,
  };
}

/** p50: medians of the rounds, and of what each round's adds to its own straight calls; p99: of all rounds together. */
function compare(own: readonly Cell[], direct: readonly Cell[], what: keyof CallTime) {
  const p99 = (cells: readonly Cell[]): number => {
    const values = all(cells, what);
    return values.length < ENOUGH_FOR_P99 ? NaN : percentile(values, 0.99);
  };
  return {
    p50: median(own.map((cell) => p50(cell, what))),
    p99: p99(own),
    addedP50: median(own.map((cell, at) => p50(cell, what) - p50At(direct, at, what))),
    addedP99: p99(own) - p99(direct),
  };
}

function p50({ times }: Cell, what: keyof CallTime): number {
  return median(times.map((time) => time[what]));
}

function p50At(cells: readonly Cell[], at: number, what: keyof CallTime): number {
  const cell = cells[at];
  return cell === undefined ? NaN : p50(cell, what);
}

function all(cells: readonly Cell[], what: keyof CallTime): number[] {
  return cells.flatMap(({ times }) => times.map((time) => time[what]));
}

function sum(cells: readonly Cell[], of: (cell: Cell) => number): number {
  return cells.reduce((total, cell) => total + of(cell), 0);
}

/** What is not told has no figure. */
function measured(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}
