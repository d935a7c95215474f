/** The operations as a client of the HTTP API makes them. */
import { request, type Dispatcher } from 'undici';
import type { KeyRef } from '../src/contract/ids';
import type { Bench } from './start-bench';

export const SERVICE = 'openrouter';
/** Tenants among which keys are spread: each has an audit chain of its own. */
const TENANTS = 500;
let made = 0;

/** A key nobody has used. */
export function freshKey(): KeyRef {
  made += 1;
  return { tenantId: `tenant-${made % TENANTS}`, serviceId: SERVICE, keyName: `key-${made}` };
}

type Json = Readonly<Record<string, unknown>>;

/** Thrown when the answer has another status: its code, never its body. */
export async function call(
  bench: Pick<Bench, 'token'>,
  url: string,
  options: { method: string; path: string; body?: Json; expect: number; token?: string },
): Promise<Json> {
  const { method, path, body, expect, token } = options;
  const reply = await request(`${url}/api/brain${path}`, {
    method: method as Dispatcher.HttpMethod,
    headers: { authorization: `Bearer ${token ?? bench.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await reply.body.json()) as Json;
  if (reply.statusCode === expect) return json;
  throw new Error(`${method} ${path.split('?')[0]} answered ${reply.statusCode} (${String(json['code'])})`);
}

const about = (ref: KeyRef): Json => ({
  tenant_id: ref.tenantId,
  service_id: ref.serviceId,
  key_name: ref.keyName,
});

/** One HTTP request per operation; each answers when the operation is done. */
export function httpCalls(bench: Bench, url = bench.roles.url) {
  const { good, second } = bench.simulator;
  const post = (path: string, body: Json, expect: number): Promise<Json> =>
    call(bench, url, { method: 'POST', path, body, expect });
  return {
    generate: (ref: KeyRef) => post('/byok/generate-keys', { ...about(ref), api_keys: good }, 201),
    validate: (ref: KeyRef) => post('/byok/validate-key', about(ref), 200),
    rotate: (ref: KeyRef, graceSeconds: number) =>
      post('/byok/rotate-key', { ...about(ref), api_keys: second, grace_seconds: graceSeconds }, 200),
    revoke: (ref: KeyRef) =>
      call(bench, url, { method: 'DELETE', path: '/byok/revoke-key', body: about(ref), expect: 200 }),
  };
}
