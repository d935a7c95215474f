/** Payment providers with keys of their own: Razorpay, Square, Mollie, Braintree, Adyen. */
import { basic, bearer, header, parseObject } from './credential-places';
import { atHosts } from './regional-routes';
import { publish, type Call, type Reply, type Route, type ServiceDefinition } from './define-service';
import { fakeHex, fakeText } from './fake-values';
import type { Fields, SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const razorpayDead: SimulatedReply = {
  status: 401,
  body: { error: { code: 'BAD_REQUEST_ERROR', description: 'Authentication failed' } },
};

const razorpayRoute = (path: string): Route => ({
  method: 'GET',
  path,
  // The scheme's name is compared with its case.
  requires: ({ headers }) => (headers['authorization']?.startsWith('basic ') ? razorpayDead : null),
  place: basic('key_id', 'key_secret'),
  replies: { good: ok({ entity: 'collection', count: 0, items: [] }), dead: razorpayDead },
});

/** https://razorpay.com/docs/api/authentication/ */
export const razorpay: ServiceDefinition = {
  id: 'razorpay',
  hosts: ['api.razorpay.com'],
  credentials: publish('razorpay', [], (tag) => ({
    key_id: `rzp_test_${fakeText(tag, 14)}`,
    key_secret: fakeText(`${tag} secret`, 24),
  })),
  routes: [razorpayRoute('/v1/orders'), razorpayRoute('/v1/items')],
  notFound: {
    status: 404,
    body: {
      error: { code: 'BAD_REQUEST_ERROR', description: 'The requested URL was not found on the server.' },
    },
  },
  rateLimited: {
    status: 429,
    body: { error: { code: 'BAD_REQUEST_ERROR', description: 'Too many requests' } },
  },
  outage: {
    status: 500,
    body: {
      error: { code: 'SERVER_ERROR', description: 'We are facing some trouble completing your request.' },
    },
  },
};

const squareError = (status: number, category: string, code: string, detail: string): SimulatedReply => ({
  status,
  body: { errors: [{ category, code, detail }] },
});
const squareReplies = {
  dead: squareError(401, 'AUTHENTICATION_ERROR', 'UNAUTHORIZED', 'This request could not be authorized.'),
  expired: squareError(
    401,
    'AUTHENTICATION_ERROR',
    'ACCESS_TOKEN_EXPIRED',
    'The `Authorization` http header of your request was malformed or expired.',
  ),
};
const SQUARE_HOSTS = { production: 'connect.squareup.com', sandbox: 'connect.squareupsandbox.com' };
const squareToken = (tag: string): string => `EAAA${fakeText(tag, 60)}`;

/** https://developer.squareup.com/reference/square/o-auth-api/retrieve-token-status */
export const square: ServiceDefinition = {
  id: 'square',
  hosts: Object.values(SQUARE_HOSTS),
  credentials: {
    ...publish('square', ['expired'], (tag) => ({
      access_token: squareToken(tag),
      environment: 'production',
    })),
    otherEnvironment: { access_token: squareToken('square sandbox'), environment: 'sandbox' },
  },
  routes: [
    ...atHosts('environment', SQUARE_HOSTS, {
      method: 'POST',
      path: '/oauth2/token/status',
      place: bearer('access_token'),
      replies: {
        ...squareReplies,
        good: ({ account }) =>
          ok({
            scopes: ['MERCHANT_PROFILE_READ', 'PAYMENTS_READ'],
            client_id: `sq0idp-${fakeText('square client', 22)}`,
            merchant_id: fakeText(`square ${account}`, 13).toUpperCase(),
          }),
      },
    }),
    ...atHosts('environment', SQUARE_HOSTS, {
      method: 'GET',
      path: '/v2/merchants',
      place: bearer('access_token'),
      replies: {
        ...squareReplies,
        good: ({ account }) => ok({ merchant: [{ id: fakeText(`square ${account}`, 13).toUpperCase() }] }),
      },
    }),
  ],
  notFound: squareError(404, 'INVALID_REQUEST_ERROR', 'NOT_FOUND', 'API endpoint for URL path not found.'),
  rateLimited: squareError(
    429,
    'RATE_LIMIT_ERROR',
    'RATE_LIMITED',
    'The Square API received too many requests.',
  ),
};

const mollieError = (status: number, title: string, detail: string): SimulatedReply => ({
  status,
  headers: { 'content-type': 'application/hal+json' },
  body: {
    status,
    title,
    detail,
    _links: { documentation: { href: 'https://docs.mollie.com/errors', type: 'text/html' } },
  },
});
const mollieForbidden = mollieError(403, 'Forbidden', 'You do not have permission to access this resource.');
const mollieReplies = (good: Reply): Route['replies'] => ({
  good,
  dead: mollieError(401, 'Unauthorized Request', 'Missing authentication, or failed to authenticate'),
  forbidden: mollieForbidden,
});
const mollieKey = (prefix: string, tag: string): string => `${prefix}_${fakeText(tag, 30)}`;

/** https://docs.mollie.com/reference/get-current-profile */
export const mollie: ServiceDefinition = {
  id: 'mollie',
  hosts: ['api.mollie.com'],
  credentials: {
    ...publish('mollie', ['forbidden'], (tag) => ({ api_key: mollieKey('test', tag) })),
    /** An organisation's access token: not for profiles/me. */
    organizationToken: { api_key: mollieKey('access', 'mollie organizationToken') },
  },
  routes: [
    {
      method: 'GET',
      path: '/v2/profiles/me',
      place: bearer('api_key'),
      replies: {
        ...mollieReplies(({ account }) =>
          ok({
            resource: 'profile',
            id: `pfl_${fakeText(`mollie ${account}`, 10)}`,
            mode: 'test',
            name: 'Simulated',
            website: 'https://simulated.example',
            status: 'verified',
            review: { status: 'pending' },
          }),
        ),
        organizationToken: mollieForbidden,
      },
    },
    {
      method: 'GET',
      path: '/v2/methods',
      place: bearer('api_key'),
      replies: mollieReplies(ok({ count: 0, _embedded: { methods: [] } })),
    },
    {
      method: 'GET',
      path: '/v2/organizations/me',
      place: bearer('api_key'),
      replies: {
        ...mollieReplies(mollieForbidden),
        organizationToken: ok({ resource: 'organization', id: 'org_7000000', name: 'Simulated' }),
      },
    },
    {
      method: 'GET',
      path: '/v2/permissions',
      place: bearer('api_key'),
      replies: {
        ...mollieReplies(mollieForbidden),
        organizationToken: ok({
          count: 1,
          _embedded: { permissions: [{ resource: 'permission', id: 'payments.read', granted: true }] },
        }),
      },
    },
  ],
  notFound: mollieError(404, 'Not Found', 'No such page.'),
  wrongMethod: mollieError(405, 'Method Not Allowed', 'The method is not allowed.'),
  rateLimited: mollieError(429, 'Too Many Requests', 'Too many requests.'),
};

const braintreeError = (errorClass: string, message: string): SimulatedReply =>
  ok({
    data: null,
    errors: [
      {
        message,
        locations: [{ line: 1, column: 9 }],
        extensions: { errorClass, errorType: 'developer_error' },
      },
    ],
    extensions: { requestId: 'simulated' },
  });

function braintreeAnswer({ request, fields }: Call): SimulatedReply {
  const text = parseObject(request.body)?.['query'];
  if (typeof text !== 'string') return braintreeError('VALIDATION', 'Query is missing');
  const extensions = { requestId: 'simulated' };
  if (/\bping\b/.test(text)) return ok({ data: { ping: 'pong' }, extensions });
  const merchant = { id: fields['merchant_id'], companyName: 'Simulated', status: 'ACTIVE' };
  return /\bviewer\b/.test(text)
    ? ok({ data: { viewer: { merchant } }, extensions })
    : braintreeError('VALIDATION', 'Unknown field');
}

const BRAINTREE_HOSTS = {
  production: 'payments.braintree-api.com',
  sandbox: 'payments.sandbox.braintree-api.com',
};
const braintreePair = (tag: string): Fields => ({
  merchant_id: fakeText('braintree merchant', 16),
  public_key: fakeText(tag, 16),
  private_key: fakeHex(tag, 32),
});

/** https://developer.paypal.com/braintree/graphql/guides/making_api_calls/ : GraphQL, so always 200. */
export const braintree: ServiceDefinition = {
  id: 'braintree',
  hosts: Object.values(BRAINTREE_HOSTS),
  credentials: {
    ...publish('braintree', ['forbidden'], (tag) => ({ ...braintreePair(tag), environment: 'production' })),
    otherEnvironment: { ...braintreePair('braintree sandbox'), environment: 'sandbox' },
  },
  routes: atHosts('environment', BRAINTREE_HOSTS, {
    method: 'POST',
    path: '/graphql',
    requires: ({ headers }) =>
      headers['braintree-version']
        ? null
        : braintreeError('VALIDATION', 'Braintree-Version header is missing'),
    place: basic('public_key', 'private_key'),
    replies: {
      good: braintreeAnswer,
      dead: braintreeError('AUTHENTICATION', 'Authentication credentials are invalid'),
      forbidden: braintreeError('AUTHORIZATION', 'Authorization failed'),
    },
  }),
};

const adyenError = (status: number, title: string, detail: string): SimulatedReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'https://docs.adyen.com/errors/security', title, status, detail, errorCode: `00_${status}` },
});
const ADYEN_HOSTS = { live: 'management-live.adyen.com', test: 'management-test.adyen.com' };
const adyenKey = (tag: string): string => `AQE${fakeText(tag, 90)}`;

/** https://docs.adyen.com/api-explorer/Management/3/get/me */
export const adyen: ServiceDefinition = {
  id: 'adyen',
  hosts: Object.values(ADYEN_HOSTS),
  credentials: {
    ...publish('adyen', ['limited', 'inactive'], (tag) => ({ api_key: adyenKey(tag), environment: 'live' })),
    otherEnvironment: { api_key: adyenKey('adyen test'), environment: 'test' },
  },
  routes: atHosts('environment', ADYEN_HOSTS, {
    method: 'GET',
    path: '/v3/me',
    place: header('x-api-key', 'api_key'),
    replies: {
      dead: adyenError(401, 'Unauthorized', 'Invalid or missing credentials.'),
      // Usual for a key that serves the checkout only.
      limited: adyenError(403, 'Forbidden', 'Not the required role.'),
      good: ({ account, variant }) =>
        ok({
          id: `S2-${fakeHex(`adyen ${account}`, 20)}`,
          username: `ws_simulated@Company.${account}`,
          companyName: account,
          active: variant !== 'inactive',
          roles: ['Management API - API credentials read and write'],
          allowedIpAddresses: [],
          allowedOrigins: [],
          clientKey: 'test_simulated',
        }),
    },
  }),
};
