/** Where the time of one generate goes: a second facade on the same parts, with a stop-watch around each step. */
import { createPorts } from '../src/api';
import { EMBEDDED_ISSUER } from '../src/all-roles';
import { createApp } from '../src/http/app';
import { listen } from '../src/http/listen';
import { apiRoutes } from '../src/http/routes';
import { createLogger } from '../src/log';
import { oidcIssuer, oidcKeysUrl, TOKEN_AUDIENCE } from '../src/vault/identity-token';
import { freshKey, httpCalls } from './http-calls';
import type { Mode } from './mode';
import { row, type Row } from './row';
import type { Bench } from './start-bench';
import { median, summarise } from './statistics';
import { timeSteps, type StepTimes } from './step-times';

const WARM_UP = 5;
/** What is left of the whole when these are taken off is Temporal's, the SDK's and the event loop's. */
const OWN_STEPS = [
  'door accept',
  'door deliver',
  'activity probeCandidate',
  'activity storeKey',
  'activity settleOperation',
];

export async function measureSteps(bench: Bench, mode: Mode): Promise<Row[]> {
  const times: StepTimes = new Map();
  const facade = await startTimedFacade(bench, times);
  try {
    const { generate } = httpCalls(bench, facade.url);
    for (let warm = 0; warm < WARM_UP; warm += 1) await generate(freshKey());
    times.clear();
    bench.activityTimes.clear();
    const wholeMs: number[] = [];
    for (let sample = 0; sample < mode.samples; sample += 1) {
      const startedMs = performance.now();
      await generate(freshKey());
      wholeMs.push(performance.now() - startedMs);
    }
    return toRows(wholeMs, new Map([...times, ...bench.activityTimes]));
  } finally {
    await facade.close();
  }
}

async function startTimedFacade(
  bench: Bench,
  times: StepTimes,
): Promise<{ url: string; close(): Promise<void> }> {
  const { roles, config, addresses } = bench;
  const ports = createPorts({
    config,
    log: createLogger('error'),
    ledger: roles.ledger,
    vault: roles.vault.api,
    temporal: roles.temporal,
    eager: true,
    issuer: {
      issuer: oidcIssuer(EMBEDDED_ISSUER),
      audience: TOKEN_AUDIENCE,
      jwksUrl: oidcKeysUrl(addresses.vaultAddress),
    },
    verifyAudit: () => Promise.reject(new Error('the bench does not verify')),
    resolveKey: null,
  });
  const timed = { ...ports, door: timeSteps(ports.door, 'door ', times) };
  return listen(createApp(timed, apiRoutes(timed)), { host: '127.0.0.1', port: 0 });
}

function toRows(wholeMs: readonly number[], times: StepTimes): Row[] {
  const rowOf = (name: string, values: readonly number[]): Row => {
    const { p50Ms, p95Ms } = summarise(values, 1);
    return row({ suite: 'steps of generate', case: name, concurrency: 1, p50_ms: p50Ms, p95_ms: p95Ms });
  };
  const own = OWN_STEPS.reduce((sum, name) => sum + median(times.get(name) ?? [0]), 0);
  return [
    rowOf('whole request', wholeMs),
    ...[...times].map(([name, values]) => rowOf(name, values)),
    row({
      suite: 'steps of generate',
      case: 'rest: Temporal, SDK, HTTP',
      concurrency: 1,
      p50_ms: median(wholeMs) - own,
    }),
  ];
}
