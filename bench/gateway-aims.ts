/** The gateway's aims: next to nothing by itself, and less than Portkey, which finds no key and books no call. */
import type { Aim } from './judge-aims';
import type { Row } from './row';

const PORTKEY = ': portkey';

/** Those against Portkey only where it was measured. */
export function gatewayAims(rows: readonly Row[]): Aim[] {
  const own = rows.filter(({ suite }) => suite === 'gateway');
  const alone = own.find(
    ({ case: name, concurrency }) => name === 'whole answer: keyturn' && concurrency === 1,
  );
  const booked = own.find(({ case: name }) => name.startsWith('keyturn: calls'))?.figures;
  const aims: Aim[] = [
    ['gateway: added to a whole answer, p50 ms, 1 at a time', figure(alone, 'added_p50_ms'), '<=', 2],
    [
      'gateway: calls that are not in the usage',
      (booked?.['calls'] ?? NaN) - (booked?.['booked'] ?? NaN),
      '<=',
      0,
    ],
  ];
  const rivals = own.filter(({ case: name }) => name.endsWith(PORTKEY));
  if (rivals.length === 0) return aims;
  const slower = (what: string): number =>
    rivals.filter((rival) => figure(keyturnBeside(own, rival), what) > figure(rival, what)).length;
  for (const [words, what] of [
    ['p50', 'added_p50_ms'],
    ['p99', 'added_p99_ms'],
    ['to the first data, p50', 'added_first_data_p50_ms'],
  ] as const) {
    aims.push([`gateway: cases in which Keyturn adds more than Portkey, ${words}`, slower(what), '<=', 0]);
  }
  return aims;
}

function keyturnBeside(rows: readonly Row[], rival: Row): Row | undefined {
  const name = rival.case.replace(PORTKEY, ': keyturn');
  return rows.find((one) => one.case === name && one.concurrency === rival.concurrency);
}

/** NaN where too little was measured for it. */
function figure(of: Row | undefined, name: string): number {
  return of?.figures?.[name] ?? NaN;
}
