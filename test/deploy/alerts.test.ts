/** The alert rules speak of metrics and labels that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { HttpPorts } from '../../src/http/ports';
import { healthRoutes } from '../../src/http/routes/health';
import { createMetrics } from '../../src/metrics';
import { ROOT } from './read-compose';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const file = parse(readFileSync(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8')) as {
  groups: { rules: Rule[] }[];
};
const routes = healthRoutes({} as HttpPorts).map((route) => route.path);
const rules = file.groups.flatMap((group) => group.rules);

it.each(rules.map((rule) => [rule.alert, rule] as const))('%s', async (_name, rule) => {
  const metrics = createMetrics();
  metrics.observe({ route: '//readyz', method: 'get', status: 503, seconds: 0.1 });
  const { text } = await metrics.read();
  const names = rule.expr.match(/\bkeyturn_\w+/g) ?? [];
  for (const name of names) expect(text).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
  // `up` is the scraper's own.
  if (names.length === 0) expect(rule.expr).toMatch(/^up\{/);
  for (const [, label = ''] of rule.expr.matchAll(/[{,]\s*(\w+)\s*(?:=|!=|=~)/g)) {
    expect(['route', 'method', 'status', 'job', 'by']).toContain(label);
  }
  for (const [, route = ''] of rule.expr.matchAll(/route!?="([^"]+)"/g)) expect(routes).toContain(route);
  expect(rule.labels['severity']).toMatch(/^(page|ticket)$/);
  expect(rule.annotations['summary']).toBeTruthy();
});
