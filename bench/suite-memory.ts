/** Does the process grow while it works? Sampled after collections, so that garbage does not count as growth. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { freshKey, httpCalls } from './http-calls';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { forAll } from './run-loop';
import type { Bench } from './start-bench';

const CALLERS = 8;
const PARTS = 5;
const MEBIBYTE = 1024 * 1024;

/** One row per fifth of the operations. */
export async function measureMemory(bench: Bench, mode: Mode): Promise<Row[]> {
  const { generate } = httpCalls(bench);
  const collect = exposeCollection();
  const size = Math.ceil(mode.memoryOperations / PARTS);
  const rows: Row[] = [];
  for (let part = 0; part <= PARTS; part += 1) {
    if (part > 0) await forAll(Array.from({ length: size }, freshKey), CALLERS, generate);
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    rows.push(
      row({
        suite: 'memory',
        case: `after ${part * size} operations`,
        figures: { rss_mib: rss / MEBIBYTE, heap_used_mib: heapUsed / MEBIBYTE },
      }),
    );
  }
  return rows;
}

/** node's own way to `gc()` without a flag on the command line. */
function exposeCollection(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
