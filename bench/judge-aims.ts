/** The aims, and whether the rows meet them. A missed aim is told, never an error: the machine may be busy. */
import { gatewayAims } from './gateway-aims';
import { row, type Row } from './row';
import { median } from './statistics';

/** Its name, what was measured, which way is better, and where it should be. */
export type Aim = readonly [string, number, '<=' | '>=', number];

/** Thrown when a row an aim speaks of was not measured. */
export function judgeAims(rows: readonly Row[]): Row[] {
  const find = (name: string, concurrency: number | null = null): Row => {
    const found = rows.find(
      (one) => one.case === name && one.suite !== 'aims' && one.concurrency === concurrency,
    );
    if (found === undefined) throw new Error(`nothing was measured for "${name}"`);
    return found;
  };
  const figure = (of: Row, name: string): number => of.figures?.[name] ?? NaN;
  const generate = find('generate', 1);
  const counted = rows.find(
    ({ suite, case: name }) => suite === 'counts per operation' && name === 'generate',
  );
  const counts = (name: string): number => (counted === undefined ? NaN : figure(counted, name));
  const growth = rows.filter(({ case: name }) => /^generate, \d+ keys stored$/.test(name));
  const memory = rows.filter(({ suite }) => suite === 'memory');
  const rss = (at: number): number => figure(memory.at(at) ?? find('memory'), 'rss_mib');
  const shares = rows
    .filter(({ suite, case: name }) => suite === 'operations' && name === 'generate')
    .map((one) => figure(one, 'throughput_share'));
  const aims: Aim[] = [
    ['generate: p50 over its floor, 1 at a time', generate.ratio ?? NaN, '<=', 1.4],
    [
      'generate: throughput over that of bare workflows, median of the concurrencies',
      median(shares),
      '>=',
      0.7,
    ],
    ['generate: history events', counts('history_events_max'), '<=', 14],
    ['generate: workflow tasks', counts('workflow_tasks_max'), '<=', 2],
    [
      'generate: ratio at the most keys over that at the fewest',
      ratioOf(growth.at(-1)) / ratioOf(growth[0]),
      '<=',
      1.15,
    ],
    ['list keys: SQL statements', figure(find('list keys'), 'sql_round_trips'), '<=', 1],
    ['memory: RSS at the end over that after a fifth', rss(-1) / rss(1), '<=', 1.1],
    [
      'start: ready, ms',
      find('npm start on a home that ran before, until /readyz says so').p50_ms ?? NaN,
      '<=',
      5_000,
    ],
    [
      'revocation: keys served to who asked after the answer',
      figure(
        find('from the answer to DELETE to the first refusal', 8),
        'served_though_asked_after_the_answer',
      ),
      '<=',
      0,
    ],
    ...gatewayAims(rows),
  ];
  return aims.map(([name, measured, direction, aim]) => {
    const met = direction === '<=' ? measured <= aim : measured >= aim;
    return row({ suite: 'aims', case: name, figures: { measured, aim, met: met ? 1 : 0 } });
  });
}

function ratioOf(measured: Row | undefined): number {
  return measured?.ratio ?? NaN;
}
