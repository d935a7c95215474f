/** Requests that carry a credential where none belongs, or in a body that is refused. */
import type { Asked } from './recorder';

type Build = (given: { secret: string; tenantId: string }) => Asked;

const GENERATE = '/byok/generate-keys';
const asText = { 'content-type': 'text/plain' };
const asForm = { 'content-type': 'application/x-www-form-urlencoded' };

const generate =
  (change: (secret: string) => Record<string, unknown>): Build =>
  ({ secret, tenantId }) => ({
    path: GENERATE,
    body: { tenant_id: tenantId, service_id: 'openrouter', api_keys: { api_key: secret }, ...change(secret) },
  });

export const BAD_REQUESTS: Readonly<Record<string, Build>> = {
  'JSON cut short': ({ secret }) => ({ path: GENERATE, body: `{"api_keys": {"api_key": "${secret}"` }),
  'JSON with a stray word': ({ secret }) => ({ path: GENERATE, body: `{"api_keys": ${secret}}` }),
  'a bare JSON string': ({ secret }) => ({ path: GENERATE, body: JSON.stringify(secret) }),
  'a JSON list': ({ secret }) => ({ path: GENERATE, body: JSON.stringify([secret]) }),
  'a text': ({ secret }) => ({ path: GENERATE, body: secret, headers: asText }),
  'a form': ({ secret }) => ({ path: GENERATE, body: `api_key=${secret}`, headers: asForm }),
  'an unknown charset': ({ secret }) => ({
    path: GENERATE,
    body: `{"a":"${secret}"}`,
    headers: { 'content-type': 'application/json; charset=x-none' },
  }),
  'an encoding that is none': ({ secret }) => ({
    path: GENERATE,
    body: `{"a":"${secret}"}`,
    headers: { 'content-encoding': 'gzip' },
  }),
  'a body that is too large': ({ secret }) => ({
    path: GENERATE,
    body: { padding: 'x'.repeat(70_000), secret },
  }),
  'an unknown field': generate((secret) => ({ note: secret })),
  'the name of an unknown field': generate((secret) => ({ [secret]: 'x' })),
  'api_keys as a string': generate((secret) => ({ api_keys: secret })),
  'api_keys as a list': generate((secret) => ({ api_keys: [secret] })),
  'a field as an object': generate((secret) => ({ api_keys: { api_key: { value: secret } } })),
  'the name of a field, with a number': generate((secret) => ({ api_keys: { [secret]: 5 } })),
  'the name of a field, without a value': generate((secret) => ({ api_keys: { [secret]: '' } })),
  'the name of a field': generate((secret) => ({ api_keys: { [secret]: 'x' } })),
  'the name of a field that is too long': generate((secret) => ({ api_keys: { [secret.repeat(3)]: 'x' } })),
  'an unknown field of the service': generate((secret) => ({ api_keys: { token: secret } })),
  'white space around it': generate((secret) => ({ api_keys: { api_key: ` ${secret} ` } })),
  'a line break in it': generate((secret) => ({ api_keys: { api_key: `${secret}\n` } })),
  'the form of another service': generate((secret) => ({
    service_id: 'stripe',
    api_keys: { api_key: secret },
  })),
  'an unknown service': generate(() => ({ service_id: 'no-such-service' })),
  'the tenant': generate((secret) => ({ tenant_id: secret.toUpperCase() })),
  'the service': generate((secret) => ({ service_id: secret })),
  'the service in capitals': generate((secret) => ({ service_id: secret.toUpperCase() })),
  'the name of the key': generate((secret) => ({ key_name: secret.slice(9) })),
  'the mode of validation': generate((secret) => ({ validation: secret })),
  'the reason': generate((secret) => ({ reason: `because of ${secret}.` })),
  'a reason that is too long': generate((secret) => ({ reason: secret.repeat(9) })),
  'the reason of a revocation': ({ secret, tenantId }) => ({
    method: 'DELETE',
    path: '/byok/revoke-key',
    body: { tenant_id: tenantId, service_id: 'openrouter', reason: `leaked: ${secret}` },
  }),
  'a query': ({ secret, tenantId }) => ({ path: `/byok/keys?tenant_id=${tenantId}&api_key=${secret}` }),
  'a cursor': ({ secret, tenantId }) => ({ path: `/byok/keys?tenant_id=${tenantId}&cursor=${secret}` }),
  'a reason in a query': ({ secret, tenantId }) => ({
    method: 'DELETE',
    path: `/byok/revoke-key?tenant_id=${tenantId}&service_id=openrouter&reason=${secret}`,
  }),
  'the id of an operation': ({ secret }) => ({ path: `/byok/operations/${secret}` }),
  'a path that is none': ({ secret }) => ({ path: `/byok/${secret}` }),
  'a path with a bad escape': ({ secret }) => ({ path: `/byok/operations/%zz${secret}` }),
  'a method that is none': ({ secret }) => ({ method: 'PUT', path: GENERATE, body: { secret } }),
  'the bearer token': ({ secret }) => ({
    path: '/byok/services',
    headers: { authorization: `Bearer ${secret}` },
  }),
  'a bearer token like a JWT': ({ secret }) => ({
    path: '/byok/services',
    headers: { authorization: `Bearer eyJhbGciOiJSUzI1NiJ9.${secret}.x` },
  }),
  'another scheme': ({ secret }) => ({
    path: '/byok/services',
    headers: { authorization: `Basic ${Buffer.from(`u:${secret}`).toString('base64')}` },
  }),
  'a rotation that names none': ({ secret, tenantId }) => ({
    path: '/byok/rotate-key',
    body: { tenant_id: tenantId, service_id: 'openrouter', new_key: secret },
  }),
  'a rotation of a key that is not there': ({ secret }) => ({
    path: '/byok/rotate-key',
    body: { tenant_id: 'nobody', service_id: 'openrouter', api_keys: { api_key: secret } },
  }),
};
