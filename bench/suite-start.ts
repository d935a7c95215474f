/** Time from `npm start` (its script, without npm itself) to a ready service, on a home that ran before. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { packageRoot } from '../src/embedded/package-root';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { median } from './statistics';

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

export async function measureStart(home: string, mode: Mode): Promise<Row[]> {
  const readyMs: number[] = [];
  for (let round = 0; round < mode.startRounds; round += 1) readyMs.push(await startOnce(home));
  return [
    row({
      suite: 'start',
      case: 'npm start on a home that ran before, until /readyz says so',
      p50_ms: median(readyMs),
      figures: { max_ms: Math.max(...readyMs) },
    }),
  ];
}

async function startOnce(home: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [join(packageRoot(), 'scripts', 'run.mjs'), 'start'], {
    env: {
      ...process.env,
      KEYTURN_HOME: home,
      PORT: '0',
      LOG_LEVEL: 'error',
      KEYTURN_TEMPORAL_PORT: '0',
      KEYTURN_TEMPORAL_UI_PORT: '0',
      KEYTURN_VAULT_PORT: '0',
      KEYTURN_POSTGRES_PORT: '0',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    while (!(await isReady(home))) {
      if (child.exitCode !== null) throw new Error(`npm start ended with exit code ${child.exitCode}`);
      if (performance.now() - startedMs > PATIENCE_MS) throw new Error('npm start was not ready in a minute');
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return performance.now() - startedMs;
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** The service notes its address in its home once it listens. */
async function isReady(home: string): Promise<boolean> {
  try {
    const { url } = JSON.parse(await readFile(join(home, 'service.json'), 'utf8')) as { url: string };
    const { statusCode, body } = await request(`${url}/readyz`);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
