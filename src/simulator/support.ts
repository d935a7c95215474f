/** Help desks and Atlassian: Zendesk, Intercom, Jira and Atlassian's administration. */
import { basic, bearer, parseObject } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText, fakeUuid } from './fake-values';
import { atHosts } from './regional-routes';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

/** What bad credentials and none at all get from users/me: a guest. */
const zendeskGuest = ok({
  user: {
    id: null,
    url: null,
    name: 'Anonymous user',
    email: 'invalid@example.com',
    role: 'end-user',
    verified: false,
    suspended: false,
  },
});
const zendeskDead: SimulatedReply = { status: 401, body: { error: "Couldn't authenticate you" } };
const zendeskUser = (account: string, email: string | undefined) => ({
  id: Number(fakeDigits(`zendesk ${account}`, 9)),
  name: 'Simulated',
  email,
  role: 'admin',
  verified: true,
  suspended: false,
});

/** https://developer.zendesk.com/api-reference/ticketing/users/users/#show-self */
export const zendesk: ServiceDefinition = {
  id: 'zendesk',
  hosts: [/^(?<subdomain>[a-z0-9][a-z0-9-]{0,62})\.zendesk\.com$/],
  credentials: publish('zendesk', ['revoked'], (tag) => ({
    email: 'agent@example.com',
    api_token: fakeText(tag, 40),
    subdomain: 'simulated',
  })),
  routes: [
    {
      method: 'GET',
      path: '/api/v2/users/me.json',
      place: basic('email/token', 'api_token'),
      replies: {
        dead: zendeskGuest,
        revoked: zendeskDead,
        good: ({ account, fields }) => ok({ user: zendeskUser(account, fields['email']) }),
      },
    },
    {
      method: 'GET',
      path: '/api/v2/users.json',
      place: basic('email/token', 'api_token'),
      replies: {
        dead: zendeskDead,
        revoked: zendeskDead,
        good: ({ account, fields }) =>
          ok({ users: [zendeskUser(account, fields['email'])], next_page: null, count: 1 }),
      },
    },
  ],
  notFound: { status: 404, body: { error: { title: 'Not Found', message: 'Invalid endpoint' } } },
  rateLimited: {
    status: 429,
    body: {
      error: 'APIRateLimitExceeded',
      description: 'Number of allowed API requests per minute exceeded',
    },
  },
};

const intercomError = (status: number, code: string, message: string): SimulatedReply => ({
  status,
  body: { type: 'error.list', request_id: 'simulated', errors: [{ code, message }] },
});
const INTERCOM_HOSTS = { us: 'api.intercom.io', eu: 'api.eu.intercom.io', au: 'api.au.intercom.io' };
const intercomToken = (tag: string): string => `${fakeText(tag, 59)}=`;

/** https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin */
export const intercom: ServiceDefinition = {
  id: 'intercom',
  hosts: Object.values(INTERCOM_HOSTS),
  credentials: {
    ...publish('intercom', ['forbidden'], (tag) => ({ access_token: intercomToken(tag), region: 'us' })),
    regionEu: { access_token: intercomToken('intercom regionEu'), region: 'eu' },
  },
  routes: atHosts('region', INTERCOM_HOSTS, {
    method: 'GET',
    path: '/me',
    place: bearer('access_token'),
    replies: {
      dead: intercomError(401, 'unauthorized', 'Access Token Invalid'),
      forbidden: intercomError(403, 'api_plan_restricted', 'Active subscription needed.'),
      good: ({ account }) =>
        ok({
          type: 'admin',
          id: fakeDigits(`intercom ${account}`, 7),
          email: 'simulated@example.com',
          name: 'Simulated',
          email_verified: true,
          app: {
            type: 'app',
            id_code: fakeText(`intercom app ${account}`, 8),
            name: 'Simulated',
            region: 'US',
          },
        }),
    },
  }),
  notFound: intercomError(404, 'not_found', 'Resource Not Found'),
  rateLimited: intercomError(429, 'rate_limit_exceeded', 'Exceeded rate limit'),
  outage: intercomError(500, 'server_error', 'Server Error'),
};

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/ */
export const jira: ServiceDefinition = {
  id: 'jira',
  hosts: [/^(?<site>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.atlassian\.net$/],
  credentials: publish('jira', ['revoked'], (tag) => ({
    email: 'simulated@example.com',
    api_token: `ATATT3x${fakeText(tag, 170)}=${fakeHex(tag, 8).toUpperCase()}`,
    site: 'simulated',
  })),
  routes: [
    {
      method: 'GET',
      path: '/rest/api/3/myself',
      place: basic('email', 'api_token'),
      replies: {
        dead: { status: 401, body: 'Client must be authenticated to access this resource.' },
        revoked: { status: 403, body: { errorMessages: ['Forbidden'], errors: {} } },
        good: ({ account, fields }) =>
          ok({
            accountId: fakeHex(`jira ${account}`, 24),
            accountType: 'atlassian',
            displayName: 'Simulated',
            emailAddress: fields['email'],
            timeZone: 'Etc/UTC',
            active: true,
          }),
      },
    },
    {
      method: 'POST',
      path: '/gateway/api/graphql',
      requires: ({ body }) =>
        typeof parseObject(body)?.['query'] === 'string'
          ? null
          : { status: 400, body: { errors: [{ message: 'Query is missing' }] } },
      place: basic('email', 'api_token'),
      replies: {
        dead: { status: 401, body: { code: 401, message: 'Unauthorized; scope does not match' } },
        revoked: { status: 401, body: { code: 401, message: 'Unauthorized; scope does not match' } },
        good: ok({ data: { me: { user: { name: 'Simulated' } } } }),
      },
    },
  ],
  rateLimited: { status: 429, body: { errorMessages: ['Rate limit exceeded.'], errors: {} } },
};

const adminError = (code: number, message: string): SimulatedReply => ({
  status: code,
  body: { code, message },
});

/** https://developer.atlassian.com/cloud/admin/organization/rest/api-group-orgs/ */
export const atlassianAdmin: ServiceDefinition = {
  id: 'atlassian-admin',
  hosts: ['api.atlassian.com'],
  credentials: publish('atlassian-admin', ['forbidden'], (tag) => ({
    api_key: `ATCTT3xFfG${fakeText(tag, 170)}=${fakeHex(tag, 8).toUpperCase()}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/admin/v1/orgs',
      place: bearer('api_key'),
      replies: {
        dead: adminError(401, 'Unauthorized'),
        forbidden: adminError(403, 'Forbidden'),
        good: ({ account }) =>
          ok({
            data: [{ id: fakeUuid(`atlassian ${account}`), type: 'orgs', attributes: { name: 'Simulated' } }],
            links: {},
          }),
      },
    },
  ],
  notFound: adminError(404, 'Not Found'),
  rateLimited: adminError(429, 'Too Many Requests'),
};
