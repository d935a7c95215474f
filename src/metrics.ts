/** What Prometheus can ask a process. No label holds a tenant: their number has no bound. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { UsageRecord } from './contract/gateway';
import type { BrokenBy } from './openrouter/relay-ports';

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry with the process's own figures and the requests' durations. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'keyturn_' });
  const duration = new Histogram({
    name: 'keyturn_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    observe: (facts: { route: string; method: string; status: number; seconds: number }) => {
      duration.observe(
        { route: facts.route, method: facts.method, status: String(facts.status) },
        facts.seconds,
      );
    },
    gateway: createGatewayMetrics(registry),
  };
}

const BREAKERS = ['client', 'revoked', 'upstream', 'deadline', 'fence', 'shutdown'] satisfies BrokenBy[];

/** What goes through the gateway, and what is broken off on the way. */
function createGatewayMetrics(registry: Registry) {
  const registers = [registry];
  const calls = new Counter({
    name: 'keyturn_gateway_calls_total',
    help: 'Calls that ended',
    labelNames: ['endpoint', 'credential', 'outcome'],
    registers,
  });
  const firstData = new Histogram({
    name: 'keyturn_gateway_first_data_seconds',
    help: 'Time to the first data of an answer',
    labelNames: ['endpoint'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const brokenOff = new Counter({
    name: 'keyturn_gateway_broken_off_total',
    help: 'Calls that were broken off, by whom or what',
    labelNames: ['by'],
    registers,
  });
  // A rate over a counter that has never been there misses its first rise.
  for (const by of BREAKERS) brokenOff.inc({ by }, 0);
  const lost = new Counter({
    name: 'keyturn_gateway_usage_lost_total',
    help: 'Calls whose row was given up because the ledger was away for too long',
    registers,
  });
  const platformKeyRefused = new Counter({
    name: 'keyturn_gateway_platform_key_refused_total',
    help: 'Calls for which OpenRouter refused the platform’s own key, or said that its account has no credit',
    registers,
  });
  return {
    platformKeyRefused: (): void => platformKeyRefused.inc(),
    ended({ endpoint, credential, outcome, firstDataMs }: UsageRecord): void {
      calls.inc({ endpoint, credential, outcome });
      if (firstDataMs !== null) firstData.observe({ endpoint }, firstDataMs / 1000);
    },
    brokenOff: (by: BrokenBy): void => brokenOff.inc({ by }),
    lost: (count: number): void => lost.inc(count),
    /** `count` is asked whenever the metrics are. */
    watchOpenCalls(count: () => number): void {
      new Gauge({
        name: 'keyturn_gateway_open_calls',
        help: 'Calls under way',
        registers,
        collect() {
          this.set(count());
        },
      });
    },
  };
}
