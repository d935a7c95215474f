/** What Prometheus can ask a process. No label holds a tenant: their number has no bound. */
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

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
  };
}
