import type { ProbeAuth, ProbeStep, VerdictRule } from '../../src/providers/probe-plan';
import type { ProviderEntry } from '../../src/providers/provider';

/** An entry with one mistake in it. */
export interface Mutant {
  readonly name: string;
  readonly entry: ProviderEntry;
  /** What the mistake is in: what is asked, or how the reply is read. */
  readonly part: 'request' | 'rule';
}

/** The same shapes, open to change. */
interface RuleCopy {
  when: Partial<Record<'body' | 'headers' | 'fields', Record<string, unknown>>> & { status?: unknown };
  outcome: unknown;
  confirmAfterMs?: number;
}
interface StepCopy {
  method: string;
  url: string;
  auth: unknown;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  rules: RuleCopy[];
  take?: Record<string, string>;
}
interface EntryCopy {
  hosts: unknown[];
  probe: { derived?: Record<string, unknown>; ways: { steps: StepCopy[] }[] };
}
type Change = readonly [name: string, change: (copy: EntryCopy) => void, part: Mutant['part']];

/** A deep copy that keeps its patterns: structuredClone would make them another realm's. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)])) as T;
}

/** Every mutant of an entry. */
export function mutantsOf(entry: ProviderEntry): Mutant[] {
  const ways = entry.probe?.ways ?? [];
  const changes = [
    ...derivedChanges(entry),
    ...wayChanges(entry),
    ...ways.flatMap((way, w) =>
      way.steps.flatMap((step, s) =>
        stepChanges(step, way.steps.slice(s + 1)).map(([name, change, part]): Change => [
          `way ${w} step ${s}: ${name}`,
          (copy) => change(copy.probe.ways[w]?.steps[s] as StepCopy, copy),
          part ?? 'request',
        ]),
      ),
    ),
  ];
  return changes.map(([name, change, part]) => {
    const copy = copyOf(entry) as unknown as EntryCopy;
    change(copy);
    return { name: `${entry.id}, ${name}`, entry: copy as unknown as ProviderEntry, part };
  });
}

type StepChange = readonly [
  name: string,
  change: (step: StepCopy, entry: EntryCopy) => void,
  part?: Mutant['part'],
];

function stepChanges(step: ProbeStep, later: readonly ProbeStep[]): StepChange[] {
  return [
    ['path', (copy) => void (copy.url += 'x')],
    ['method', (copy) => void (copy.method = step.method === 'GET' ? 'POST' : 'GET')],
    [
      'host',
      (copy, entry) => {
        copy.url = copy.url.replace(/^https:\/\/[^/]+/, 'https://elsewhere.example');
        entry.hosts.push('elsewhere.example');
      },
    ],
    ...authChanges(step.auth),
    ...itemChanges('query', step.query),
    ...itemChanges('headers', step.headers),
    ...bodyChanges(step),
    ...step.rules.flatMap(ruleChanges),
    ...Object.keys(step.take ?? {})
      .filter((name) => JSON.stringify(later).includes(`{${name}}`))
      .map((name): StepChange => [`takes no ${name}`, (copy) => void delete copy.take?.[name]]),
  ];
}

function authChanges(auth: ProbeAuth): StepChange[] {
  const changed = (name: string, other: ProbeAuth): StepChange => [
    `auth ${name}`,
    (copy) => void (copy.auth = other),
  ];
  switch (auth.scheme) {
    case 'none':
      return [];
    case 'bearer':
      return [
        changed('none', { scheme: 'none' }),
        changed('as basic', { scheme: 'basic', username: auth.token, password: 'x' }),
        changed('in a header', { scheme: 'header', name: 'x-api-key', value: auth.token }),
        changed('in Authorization without its scheme', {
          scheme: 'header',
          name: 'authorization',
          value: auth.token,
        }),
      ];
    case 'basic':
      return [
        changed('none', { scheme: 'none' }),
        changed('swapped', { scheme: 'basic', username: auth.password, password: auth.username }),
        changed('as bearer', { scheme: 'bearer', token: auth.password || auth.username }),
      ];
    case 'header':
      return [
        changed('none', { scheme: 'none' }),
        changed('as bearer', { scheme: 'bearer', token: auth.value }),
        changed('in another header', { ...auth, name: `${auth.name}-x` }),
        changed('with more around it', { ...auth, value: `x${auth.value}` }),
      ];
    case 'sigv4':
      return [
        changed('none', { scheme: 'none' }),
        changed('for another service', { ...auth, service: 'iam' }),
        changed('for another region', { ...auth, region: 'us-west-2' }),
        changed('without the session token', { ...auth, sessionToken: '{no_such_field}' }),
        changed('with swapped keys', {
          ...auth,
          accessKeyId: auth.secretAccessKey,
          secretAccessKey: auth.accessKeyId,
        }),
      ];
  }
}

function itemChanges(part: 'query' | 'headers', items: Readonly<Record<string, string>> = {}): StepChange[] {
  return Object.keys(items).map((name) => [
    `${part} without ${name}`,
    (copy) => void delete copy[part]?.[name],
  ]);
}

function bodyChanges(step: ProbeStep): StepChange[] {
  if (step.body === undefined) return [];
  const none: StepChange = ['no body', (copy) => void delete copy.body];
  if ('json' in step.body) return [none, ['empty JSON', (copy) => void (copy.body = { json: {} })]];
  const items = Object.keys(step.body.form).map((name): StepChange => [
    `form without ${name}`,
    (copy) => void delete (copy.body as { form: Record<string, string> }).form[name],
  ]);
  return [none, ...items];
}

function ruleChanges(rule: VerdictRule, at: number): StepChange[] {
  const name = `rule ${at} (${JSON.stringify(rule.when)})`;
  const changed = (what: string, change: (copy: RuleCopy, rules: RuleCopy[]) => void): StepChange => [
    `${name} ${what}`,
    (copy) => change(copy.rules[at] as RuleCopy, copy.rules),
    'rule',
  ];
  const { status, body, headers, fields } = rule.when;
  const outcome = rule.outcome === 'proceed' ? null : rule.outcome;
  const others = [
    { verdict: 'valid', reason: 'accepted' },
    { verdict: 'limited', reason: 'missing_scope' },
    { verdict: 'exhausted', reason: 'quota_exhausted' },
    { verdict: 'invalid', reason: 'rejected' },
    { verdict: 'inconclusive', reason: 'unexpected_reply' },
  ];
  return [
    changed('dropped', (_, rules) => void rules.splice(at, 1)),
    ...others
      .filter((other) => other.verdict !== outcome?.verdict)
      .map((other) => changed(`says ${JSON.stringify(other)}`, (copy) => void (copy.outcome = other))),
    ...(status === undefined ? [] : [changed('for any status', (copy) => void delete copy.when.status)]),
    ...(Array.isArray(status) ? (status as readonly number[]) : []).map((one) =>
      changed(`not for ${one}`, (copy) => {
        copy.when.status = (status as readonly number[]).filter((other) => other !== one);
      }),
    ),
    ...(['body', 'headers', 'fields'] as const).flatMap((part) =>
      Object.keys({ body, headers, fields }[part] ?? {}).map((key) =>
        changed(`without ${part} ${key}`, (copy) => void delete copy.when[part]?.[key]),
      ),
    ),
    ...Object.entries(body ?? {}).flatMap(([path, test]) =>
      (Array.isArray(test) ? (test as readonly unknown[]) : []).map((one) =>
        changed(`${path} not ${String(one)}`, (copy) => {
          Object.assign(copy.when.body ?? {}, {
            [path]: (test as readonly unknown[]).filter((other) => other !== one),
          });
        }),
      ),
    ),
    ...(rule.confirmAfterMs === undefined
      ? []
      : [changed('unconfirmed', (copy) => void delete copy.confirmAfterMs)]),
  ];
}

function wayChanges(entry: ProviderEntry): Change[] {
  const ways = entry.probe?.ways ?? [];
  if (ways.length < 2) return [];
  return ways.map((_, at): Change => [
    `way ${at} gone`,
    (copy) => void copy.probe.ways.splice(at, 1),
    'request',
  ]);
}

function derivedChanges(entry: ProviderEntry): Change[] {
  return Object.entries(entry.probe?.derived ?? {}).flatMap(([name, derivation]): Change[] => {
    const replaced = (what: string, other: object): Change => [
      `${name} ${what}`,
      (copy) => void Object.assign(copy.probe.derived ?? {}, { [name]: other }),
      'request',
    ];
    if ('choose' in derivation) {
      return [
        ...Object.keys(derivation.choose).map((key) => {
          const { [key]: _, ...choose } = derivation.choose;
          return replaced(`without ${key}`, { ...derivation, choose });
        }),
        ...(derivation.otherwise === undefined
          ? []
          : [replaced('otherwise x', { ...derivation, otherwise: 'x' })]),
        ...(derivation.absent === undefined ? [] : [replaced('absent x', { ...derivation, absent: 'x' })]),
      ];
    }
    if ('match' in derivation) return [replaced('cut short', { ...derivation, match: /^(.)/ })];
    if ('sha512' in derivation) return [replaced('of more', { sha512: `${derivation.sha512}x` })];
    if ('hmacSha256' in derivation) {
      const { key, message } = derivation.hmacSha256;
      return [replaced('swapped', { hmacSha256: { key: message, message: key } })];
    }
    if ('randomHex' in derivation) return [replaced('shorter', { randomHex: 1 })];
    const jwt = derivation.serviceAccountJwt;
    return [
      replaced('for another scope', { serviceAccountJwt: { ...jwt, scope: 'x' } }),
      replaced('for another audience', { serviceAccountJwt: { ...jwt, audience: 'https://example.com' } }),
    ];
  });
}
