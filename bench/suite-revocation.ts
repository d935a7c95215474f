/** How long is a key still served once DELETE has answered? Readers ask without pause while others store keys. */
import type { KeyRef } from '../src/contract/ids';
import { call, freshKey, httpCalls } from './http-calls';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { seedKeys } from './seed-keys';
import type { Bench } from './start-bench';
import { median, summarise } from './statistics';

const READERS = 8;
const STORERS = 4;
/** Reads that must have been served before the key is revoked. */
const SERVED_BEFORE = 60;

interface Read {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly served: boolean;
}

export async function measureRevocation(bench: Bench, mode: Mode): Promise<Row[]> {
  const rounds = [];
  for (let round = 0; round < mode.revocationRounds; round += 1) rounds.push(await revokeUnderLoad(bench));
  const readMs = rounds.flatMap(({ reads }) => reads.filter(({ served }) => served).map(lastedMs));
  const resolve = summarise(readMs, 1);
  const bounds = rounds.map(({ boundMs }) => boundMs);
  return [
    row({
      suite: 'revocation',
      case: 'resolve under load',
      concurrency: READERS,
      p50_ms: resolve.p50Ms,
      p95_ms: resolve.p95Ms,
    }),
    row({
      suite: 'revocation',
      case: 'from the answer to DELETE to the first refusal',
      concurrency: READERS,
      p50_ms: median(bounds),
      figures: {
        max_ms: Math.max(...bounds),
        served_though_asked_after_the_answer: rounds.reduce((sum, { late }) => sum + late, 0),
      },
    }),
    row({
      suite: 'revocation',
      case: 'DELETE under load',
      concurrency: 1,
      p50_ms: median(rounds.map(({ deleteMs }) => deleteMs)),
    }),
  ];
}

/** `boundMs` is 0 when a reader was refused before DELETE had answered. */
async function revokeUnderLoad(bench: Bench) {
  const calls = httpCalls(bench);
  const [ref] = (await seedKeys(bench, 1)) as [KeyRef];
  const token = await bench.roles.mintToken({ role: 'service', tenantId: ref.tenantId });
  const reads: Read[] = [];
  let over = false;
  let enough: () => void = () => undefined;
  const servedEnough = new Promise<void>((resolve) => (enough = resolve));
  const reader = async (): Promise<void> => {
    while (!over) {
      const startedMs = performance.now();
      const served = await resolveOnce(bench, ref, token);
      reads.push({ startedMs, endedMs: performance.now(), served });
      if (reads.length === SERVED_BEFORE) enough();
    }
  };
  const storer = async (): Promise<void> => {
    while (!over) await calls.generate(freshKey());
  };
  const load = [...Array.from({ length: READERS }, reader), ...Array.from({ length: STORERS }, storer)];
  const all = Promise.all(load);
  try {
    await Promise.race([servedEnough, all]);
    const sentMs = performance.now();
    await calls.revoke(ref);
    const answeredMs = performance.now();
    // Whoever asks from now on must be refused; each reader's next request is seen to its end.
    await Promise.race([askedAgain(reads, answeredMs), all]);
    over = true;
    await all;
    const refusals = reads.filter(({ served }) => !served).map(({ endedMs }) => endedMs);
    return {
      reads,
      deleteMs: answeredMs - sentMs,
      boundMs: Math.max(Math.min(...refusals) - answeredMs, 0),
      late: reads.filter(({ served, startedMs }) => served && startedMs >= answeredMs).length,
    };
  } finally {
    over = true;
  }
}

async function resolveOnce(bench: Bench, ref: KeyRef, token: string): Promise<boolean> {
  const query = new URLSearchParams({
    tenant_id: ref.tenantId,
    service_id: ref.serviceId,
    key_name: ref.keyName,
  });
  const options = { method: 'GET', path: `/byok/resolve?${query.toString()}`, token };
  try {
    await call(bench, bench.roles.url, { ...options, expect: 200 });
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('(key_revoked)')) return false;
    throw error;
  }
}

async function askedAgain(reads: readonly Read[], sinceMs: number): Promise<void> {
  while (reads.filter(({ startedMs }) => startedMs >= sinceMs).length < READERS * 2) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function lastedMs({ startedMs, endedMs }: Read): number {
  return endedMs - startedMs;
}
