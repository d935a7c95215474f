/** Pipedrive, Zoho, Freshsales, Close and Copper. */
import {
  authorization,
  basic,
  both,
  either,
  exchanged,
  form,
  formOf,
  header,
  type CredentialPlace,
} from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText, fakeUpper } from './fake-values';
import type { SimulatedReply, SimulatedRequest } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const pipedriveError = (status: number, error: string): SimulatedReply => ({
  status,
  body: { success: false, error, errorCode: status, error_info: 'Please check developers.pipedrive.com' },
});

/** https://developers.pipedrive.com/docs/api/v1/Users#getCurrentUser */
export const pipedrive: ServiceDefinition = {
  id: 'pipedrive',
  hosts: ['api.pipedrive.com'],
  credentials: publish('pipedrive', ['revoked'], (tag) => ({ api_token: fakeHex(tag, 40) })),
  routes: [
    {
      method: 'GET',
      path: '/v1/users/me',
      place: header('x-api-token', 'api_token'),
      replies: {
        dead: pipedriveError(401, 'unauthorized access'),
        revoked: pipedriveError(403, 'forbidden'),
        good: ({ account }) =>
          ok({
            success: true,
            data: {
              id: Number(fakeDigits(`pipedrive ${account}`, 7)),
              name: 'Simulated',
              email: 'simulated@example.com',
              company_id: Number(fakeDigits(`pipedrive company ${account}`, 7)),
              company_name: 'Simulated',
              company_domain: account,
              is_admin: 1,
              activated: true,
            },
          }),
      },
    },
  ],
  notFound: pipedriveError(404, 'Unknown method .'),
  rateLimited: pipedriveError(429, 'request over limit'),
  outage: pipedriveError(503, 'service unavailable'),
};

const zohoFields = { client_id: 'client_id', client_secret: 'client_secret', refresh_token: 'refresh_token' };
/** Zoho takes the same parameters in the query. */
const zohoQuery: CredentialPlace = {
  read: ({ query }) => {
    const values = Object.keys(zohoFields).map((name) => [name, query.get(name)] as const);
    return values.every(([, value]) => value)
      ? Object.fromEntries(values.map(([name, value]) => [name, value ?? '']))
      : null;
  },
};
const zohoGrant = (request: SimulatedRequest): SimulatedReply | null =>
  (formOf(request)?.get('grant_type') ?? request.query.get('grant_type')) === 'refresh_token'
    ? null
    : ok({ error: 'unsupported_grant_type' });
const zohoDenied = (code: string, message: string): SimulatedReply => ({
  status: 401,
  body: { code, details: {}, message, status: 'error' },
});
const zohoApi = (path: string, body: (account: string) => unknown) => ({
  method: 'GET',
  host: /^www\.zohoapis\.(?<data_center>com|eu|in|com\.au|com\.cn|jp)$/,
  path,
  place: exchanged((field: string) => authorization('Zoho-oauthtoken', field)),
  replies: {
    good: ({ account }: { account: string }) => ok(body(account)),
    dead: zohoDenied('INVALID_TOKEN', 'invalid oauth token'),
    limited: zohoDenied('OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL'),
  },
});

/** https://www.zoho.com/crm/developer/docs/api/v7/refresh.html : OAuth failures are HTTP 200. */
export const zohoCrm: ServiceDefinition = {
  id: 'zoho-crm',
  hosts: [
    /^accounts\.zoho\.(?<data_center>com|eu|in|com\.au|com\.cn|jp)$/,
    /^www\.zohoapis\.(?<data_center>com|eu|in|com\.au|com\.cn|jp)$/,
  ],
  credentials: {
    ...publish('zoho-crm', ['wrongClient', 'wrongSecret', 'throttled', 'limited'], (tag) => ({
      client_id: `1000.${fakeUpper(tag, 30)}`,
      client_secret: fakeHex(`${tag} secret`, 42),
      refresh_token: `1000.${fakeHex(`${tag} a`, 32)}.${fakeHex(`${tag} b`, 32)}`,
      data_center: 'com',
    })),
    regionEu: {
      client_id: `1000.${fakeUpper('zoho-crm eu', 30)}`,
      client_secret: fakeHex('zoho-crm eu secret', 42),
      refresh_token: `1000.${fakeHex('zoho-crm eu a', 32)}.${fakeHex('zoho-crm eu b', 32)}`,
      data_center: 'eu',
    },
  },
  routes: [
    {
      method: 'POST',
      host: /^accounts\.zoho\.(?<data_center>com|eu|in|com\.au|com\.cn|jp)$/,
      path: '/oauth/v2/token',
      requires: zohoGrant,
      place: either(form(zohoFields), zohoQuery),
      missing: ok({ error: 'invalid_client' }),
      replies: {
        good: (call) =>
          ok({
            access_token: call.issueToken('1000.'),
            scope: 'ZohoCRM.users.READ',
            api_domain: `https://www.zohoapis.${call.fields['data_center']}`,
            token_type: 'Bearer',
            expires_in: 3600,
          }),
        dead: ok({ error: 'invalid_code' }),
        wrongClient: ok({ error: 'invalid_client' }),
        wrongSecret: ok({ error: 'invalid_client_secret' }),
        throttled: {
          status: 400,
          body: {
            error_description:
              'You have made too many requests continuously. Please try again after some time.',
            error: 'Access Denied',
            status: 'failure',
          },
        },
      },
    },
    zohoApi('/crm/v7/users', (account) => ({
      users: [{ id: fakeDigits(`zoho ${account}`, 19), full_name: 'Simulated' }],
    })),
    zohoApi('/crm/v7/Leads', () => ({ data: [], info: { count: 0, more_records: false } })),
  ],
  notFound: {
    status: 404,
    body: {
      code: 'INVALID_URL_PATTERN',
      details: {},
      message: 'Please check if the URL trying to access is a correct one',
      status: 'error',
    },
  },
};

/** https://developers.freshworks.com/crm/api/#authentication */
export const freshsales: ServiceDefinition = {
  id: 'freshsales',
  hosts: [/^(?<domain>[a-z0-9][a-z0-9-]{0,62})\.myfreshworks\.com$/],
  credentials: publish('freshsales', ['revoked'], (tag) => ({
    api_key: fakeText(tag, 22),
    domain: 'simulated',
  })),
  routes: ['/crm/sales/api/sales_accounts/filters', '/crm/sales/api/tasks'].map((path) => ({
    method: 'GET',
    path,
    place: authorization('Token', 'api_key', 'token='),
    replies: {
      good: ok(
        path.endsWith('filters')
          ? { filters: [{ id: 1, name: 'All Accounts', model_class_name: 'SalesAccount' }] }
          : { tasks: [] },
      ),
      dead: { status: 401, body: { login: 'failed', message: 'Invalid credentials' } },
      revoked: { status: 403, body: { errors: { code: 403, message: ['Access Denied'] } } },
    },
  })),
  rateLimited: {
    status: 429,
    body: { errors: { code: 429, message: ['You have exceeded the limit of requests per hour'] } },
  },
};

/** https://developer.close.com/topics/authentication/ */
export const close: ServiceDefinition = {
  id: 'close',
  hosts: ['api.close.com'],
  credentials: publish('close', [], (tag) => ({
    api_key: `api_${fakeText(`${tag} a`, 22)}.${fakeText(`${tag} b`, 22)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/api/v1/me/',
      place: basic('api_key', null),
      replies: {
        dead: { status: 401, body: { error: 'The API key you provided is invalid.' } },
        good: ({ account }) =>
          ok({
            id: `user_${fakeText(`close ${account}`, 43)}`,
            email: 'simulated@example.com',
            first_name: 'Simulated',
            organizations: [{ id: `orga_${fakeText(`close org ${account}`, 43)}`, name: 'Simulated' }],
          }),
      },
    },
  ],
};

const copperError = (status: number, message: string): SimulatedReply => ({
  status,
  body: { success: false, status, message },
});

/** https://developer.copper.com/introduction/authentication.html */
export const copper: ServiceDefinition = {
  id: 'copper',
  hosts: ['api.copper.com'],
  credentials: publish('copper', [], (tag) => ({
    api_key: fakeHex(tag, 32),
    user_email: 'simulated@example.com',
  })),
  routes: ['/developer_api/v1/users/me', '/developer_api/v1/account'].map((path) => ({
    method: 'GET',
    path,
    requires: ({ headers }) =>
      headers['x-pw-application'] === 'developer_api'
        ? null
        : copperError(401, 'Invalid X-PW-Application header'),
    place: both(header('x-pw-accesstoken', 'api_key'), header('x-pw-useremail', 'user_email')),
    replies: {
      dead: copperError(401, 'Invalid authentication credentials'),
      good: ({ account, fields }) =>
        ok({
          id: Number(fakeDigits(`copper ${account}`, 6)),
          name: 'Simulated',
          ...(path.endsWith('/me') && { email: fields['user_email'] }),
        }),
    },
  })),
  rateLimited: copperError(429, 'Too many requests'),
};
