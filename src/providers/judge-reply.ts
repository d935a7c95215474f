/** Reads a provider's reply by the rules of its entry: verdict, allow-listed details, account, time to wait. */
import type { ProbeOutcome } from '../contract/verdict';
import type { OutboundReply } from './outbound';
import type { ProbeStep, ReplyPlace, RuleCondition, ValueTest, VerdictRule } from './probe-plan';

/** Longest string kept from a reply, in characters. */
export const MAX_DETAIL_CHARACTERS = 200;

/** Longest wait taken from a reply, in seconds. */
export const MAX_RETRY_AFTER_SECONDS = 3600;

/** A reply with its body parsed once; `json` is undefined when the body is not JSON. */
export interface ReadReply extends OutboundReply {
  readonly json: unknown;
}

/** Parses the body when it is JSON. */
export function readReply(reply: OutboundReply): ReadReply {
  try {
    return { ...reply, json: JSON.parse(reply.body) as unknown };
  } catch {
    return { ...reply, json: undefined };
  }
}

/** Every value at `path`: `a.b`, `a[].b` (each element), `a.*` (each value), `$` (the whole). Own properties only. */
export function readPath(json: unknown, path: string): unknown[] {
  if (path === '$') return json === undefined ? [] : [json];
  return path
    .split('.')
    .reduce<unknown[]>((found, part) => found.flatMap((value) => readPart(value, part)), [json]);
}

function readPart(value: unknown, part: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (part === '*') return Object.values(value);
  const each = part.endsWith('[]');
  const name = each ? part.slice(0, -2) : part;
  if (!Object.hasOwn(value, name)) return [];
  const next: unknown = (value as Record<string, unknown>)[name];
  return each ? (Array.isArray(next) ? next : []) : [next];
}

/** Outcome of the first rule that holds, or what the status says by itself. */
export function judgeReply(
  rules: readonly VerdictRule[],
  reply: ReadReply,
  fields: Readonly<Record<string, string>>,
): Pick<VerdictRule, 'outcome' | 'confirmAfterMs'> {
  const rule = rules.find(({ when }) => holds(when, reply, fields));
  if (rule !== undefined) return rule;
  if (reply.status === 429) return { outcome: { verdict: 'inconclusive', reason: 'rate_limited' } };
  if (reply.status >= 500) return { outcome: { verdict: 'inconclusive', reason: 'provider_error' } };
  return { outcome: { verdict: 'inconclusive', reason: 'unexpected_reply' } };
}

function holds(when: RuleCondition, reply: ReadReply, fields: Readonly<Record<string, string>>): boolean {
  const { status, body = {}, headers = {} } = when;
  const forms = Object.entries(when.fields ?? {});
  const statuses = status === undefined ? null : typeof status === 'number' ? [status] : status;
  return (
    (statuses === null || statuses.includes(reply.status)) &&
    forms.every(([name, pattern]) => pattern.test(fields[name] ?? '')) &&
    Object.entries(headers).every(([name, pattern]) => pattern.test(reply.headers[name] ?? '')) &&
    Object.entries(body).every(([path, test]) => passes(test, readPath(reply.json, path), fields))
  );
}

function passes(
  test: ValueTest,
  values: readonly unknown[],
  fields: Readonly<Record<string, string>>,
): boolean {
  if (typeof test !== 'object' || test === null) return values.includes(test);
  if (test instanceof RegExp) return values.some((value) => typeof value === 'string' && test.test(value));
  if (isList(test)) return values.some((value) => (test as readonly unknown[]).includes(value));
  if ('sameAs' in test) {
    const expected = fields[test.sameAs]?.toLowerCase();
    return values.some((value) => typeof value === 'string' && value.toLowerCase() === expected);
  }
  if ('atMost' in test) return values.some((value) => typeof value === 'number' && value <= test.atMost);
  const { is: kind } = test;
  if (kind === 'absent') return values.every((value) => value === undefined || value === null);
  return values.some((value) => isOfKind(value, kind));
}

function isList(test: object): test is readonly (string | number)[] {
  return Array.isArray(test);
}

function isOfKind(value: unknown, kind: 'array' | 'object' | 'string' | 'number' | 'present'): boolean {
  if (kind === 'present') return value !== undefined && value !== null;
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === kind;
}

/** The allow-listed facts of a reply. A value that contains a secret is dropped. */
export function pickDetails(
  step: ProbeStep,
  reply: ReadReply,
  secrets: readonly string[],
): ProbeOutcome['details'] {
  const picked: Record<string, string | number | boolean | null> = {};
  for (const [name, place] of Object.entries(step.details ?? {})) {
    const value = readPlace(place, reply);
    const plain = Array.isArray(value) ? joinWords(value) : value;
    if (
      plain === null ||
      typeof plain === 'boolean' ||
      (typeof plain === 'number' && Number.isFinite(plain))
    ) {
      picked[name] = plain;
    } else if (typeof plain === 'string' && isFreeOf(plain, secrets)) {
      picked[name] = plain.slice(0, MAX_DETAIL_CHARACTERS);
      if (Array.isArray(value)) picked[`${name}_count`] = value.length;
    }
  }
  return picked;
}

/** The provider's name for the account behind the credential, null when the reply does not tell it. */
export function pickAccount(step: ProbeStep, reply: ReadReply, secrets: readonly string[]): string | null {
  for (const place of step.account ?? []) {
    const value = readPlace(place, reply);
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && text !== '' && isFreeOf(text, secrets))
      return text.slice(0, MAX_DETAIL_CHARACTERS);
  }
  return null;
}

function readPlace(place: ReplyPlace, reply: ReadReply): unknown {
  if (typeof place !== 'string') return reply.headers[place.header];
  const values = readPath(reply.json, place);
  return place.includes('[]') ? (values.length === 0 ? undefined : values) : values[0];
}

/** Lists of words (scopes, roles) become one sorted line, so that equal lists read equal. */
function joinWords(values: readonly unknown[]): string | undefined {
  return values.every((value) => typeof value === 'string') ? [...values].sort().join(' ') : undefined;
}

function isFreeOf(text: string, secrets: readonly string[]): boolean {
  return secrets.every((secret) => !text.includes(secret));
}

/** Seconds to wait: Retry-After in seconds or as a date (RFC 9110, 10.2.3), else the step's own place. */
export function pickRetryAfter(step: ProbeStep, reply: ReadReply, nowMs = Date.now()): number | null {
  const header = reply.headers['retry-after']?.trim() ?? '';
  const seconds = /^[0-9]+$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  const fallback = step.retryAfter === undefined ? undefined : readPath(reply.json, step.retryAfter)[0];
  const wait = Number.isFinite(seconds) ? seconds : fallback;
  if (typeof wait !== 'number' || !Number.isFinite(wait)) return null;
  return Math.min(Math.max(Math.ceil(wait), 0), MAX_RETRY_AFTER_SECONDS);
}
