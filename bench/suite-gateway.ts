/** What a gateway adds to a call: Keyturn's and Portkey's, next to the same call made straight, in the same rounds. */
import { sql } from 'kysely';
import { withLifecycle, type Lifecycle } from '../src/lifecycle';
import { assertSameAnswers, CALL_KINDS, createCaller, type CallKind, type Caller } from './gateway-calls';
import { startContenders, TENANTS, type Contender } from './gateway-contenders';
import { toRows, type Cell } from './gateway-rows';
import type { Mode } from './mode';
import { readCpuMs } from './process-usage';
import { row, type Row } from './row';
import { runLoop } from './run-loop';
import type { Bench } from './start-bench';

const KINDS = Object.keys(CALL_KINDS) as CallKind[];
const WARM_UP_CALLERS = 8;
const LOOK_EVERY_MS = 50;
const BOOKED_WITHIN_MS = 10_000;

/** A contender with its open connections. */
interface Ready extends Contender {
  readonly call: Caller;
}

export async function measureGateway(bench: Bench, mode: Mode): Promise<Row[]> {
  const measured = await withLifecycle(async (life) => ({ rows: await measureAll(life, bench, mode) }));
  await measured.stop();
  return measured.rows;
}

async function measureAll(life: Lifecycle, bench: Bench, mode: Mode): Promise<Row[]> {
  const contenders = (await startContenders(life, bench, mode)).map((contender): Ready => {
    const { call, close } = createCaller(contender);
    life.onStop(close);
    return { ...contender, call };
  });
  const sentByOthers = await countCalls(bench);
  await assertSameAnswers(contenders);
  let keyturnCalls = KINDS.filter((kind) => kind !== 'paced stream').length;
  const { concurrencies, rounds, cellMs, restMs, warmUpMs } = mode.gateway;
  const run = async (contender: Ready, kind: CallKind, concurrency: number, durationMs: number) => {
    const cell = await measureCell(bench, contender, { kind, concurrency, durationMs, restMs });
    if (contender.name === 'keyturn') keyturnCalls += cell.times.length;
    return cell;
  };
  // Client and simulator are warm when the gateways are.
  for (const contender of contenders.filter(({ pid }) => pid !== null)) {
    for (const kind of ['whole answer', 'stream'] as const)
      await run(contender, kind, WARM_UP_CALLERS, warmUpMs);
  }
  const cells: Cell[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const concurrency of concurrencies) {
      for (const kind of KINDS) {
        // Nobody is always the one who comes after the same other.
        for (const contender of rotated(contenders, round))
          cells.push({ ...(await run(contender, kind, concurrency, cellMs)), round });
      }
    }
  }
  const booked = await waitUntilBooked(bench, sentByOthers + keyturnCalls);
  return [
    ...toRows(cells, contenders),
    row({
      suite: 'gateway',
      case: 'keyturn: calls that are in the usage',
      figures: { calls: keyturnCalls, booked: booked - sentByOthers },
    }),
  ];
}

async function measureCell(
  bench: Bench,
  contender: Ready,
  {
    kind,
    concurrency,
    durationMs,
    restMs,
  }: { kind: CallKind; concurrency: number; durationMs: number; restMs: number },
): Promise<Omit<Cell, 'round'>> {
  const before = readCpu(bench, contender);
  const times: Cell['times'][number][] = [];
  const { perSecond } = await runLoop({
    concurrency,
    durationMs,
    act: async () => times.push(await contender.call(kind)),
  });
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const after = readCpu(bench, contender);
  return {
    contender: contender.name,
    kind,
    concurrency,
    times,
    perSecond,
    cpuMs: after.own - before.own,
    ledgerCpuMs: after.ledger - before.ledger,
  };
}

function readCpu({ ledgerPid }: Bench, { pid, name }: Contender): { own: number; ledger: number } {
  return {
    own: pid === null ? NaN : readCpuMs(pid),
    ledger: name === 'keyturn' ? readCpuMs(ledgerPid, 'with children') : NaN,
  };
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

/** Usage is written behind the answers, so the last calls of all are waited for. Answers how many there are. */
async function waitUntilBooked(bench: Bench, wanted: number): Promise<number> {
  const untilMs = performance.now() + BOOKED_WITHIN_MS;
  for (;;) {
    const booked = await countCalls(bench);
    if (booked >= wanted || performance.now() > untilMs) return booked;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** Those that ended and whose cost is known. */
async function countCalls({ roles }: Bench): Promise<number> {
  const { rows } = await sql<{ calls: number }>`
    select count(*)::int as calls from gateway_usage
    where tenant_id = any(${TENANTS}) and outcome = 'done' and cost_usd is not null`.execute(roles.ledger.db);
  return rows[0]?.calls ?? 0;
}
