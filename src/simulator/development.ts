/** Developers' tools: GitHub, GitLab, Cloudflare and Algolia. */
import { authorization, bearer, both, either, header } from './credential-places';
import { publish, type Route, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText, fakeUpper } from './fake-values';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const githubError = (
  status: number,
  message: string,
  headers: Record<string, string> = {},
): SimulatedReply => ({
  status,
  headers,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});
const githubRoute = (path: string, good: Route['replies']['good']): Route => ({
  method: 'GET',
  path,
  requires: ({ headers }) =>
    headers['user-agent']
      ? null
      : {
          status: 403,
          body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
        },
  place: either(bearer('token'), authorization('token', 'token')),
  missing: githubError(401, 'Requires authentication'),
  replies: {
    good,
    dead: githubError(401, 'Bad credentials'),
    forbidden: githubError(
      403,
      'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
      { 'x-github-sso': 'required; url=https://github.com/orgs/simulated/sso' },
    ),
    // The primary limit: 403, not 429.
    rateLimited: githubError(403, 'API rate limit exceeded for user ID 7000000.', {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1798761600',
    }),
  },
});

/** https://docs.github.com/rest/users/users#get-the-authenticated-user */
export const github: ServiceDefinition = {
  id: 'github',
  hosts: ['api.github.com'],
  credentials: publish('github', ['forbidden', 'rateLimited'], (tag) => ({
    token: `ghp_${fakeText(tag, 36)}`,
  })),
  routes: [
    githubRoute('/user', ({ account }) => ({
      status: 200,
      headers: {
        'x-oauth-scopes': 'repo, read:org',
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '4999',
      },
      body: {
        login: account,
        id: Number(fakeDigits(`github ${account}`, 7)),
        type: 'User',
        email: 'simulated@example.com',
      },
    })),
    githubRoute('/rate_limit', {
      status: 200,
      headers: { 'x-oauth-scopes': 'repo, read:org' },
      body: { resources: { core: { limit: 5000, remaining: 4999, reset: 1_798_761_600, used: 1 } } },
    }),
  ],
  notFound: githubError(404, 'Not Found'),
  rateLimited: githubError(429, 'You have exceeded a secondary rate limit.'),
  outage: githubError(503, 'Service Unavailable'),
};

const gitlabRoute = (path: string, good: Route['replies']['good']): Route => ({
  method: 'GET',
  path,
  place: either(header('private-token', 'token'), bearer('token')),
  replies: {
    good,
    dead: { status: 401, body: { message: '401 Unauthorized' } },
    revoked: {
      status: 401,
      body: {
        error: 'invalid_token',
        error_description: 'Token was revoked. You have to re-authorize from the user.',
      },
    },
    forbidden: { status: 403, body: { message: '403 Forbidden - Your account has been blocked.' } },
  },
});

/** https://docs.gitlab.com/api/personal_access_tokens/ */
export const gitlab: ServiceDefinition = {
  id: 'gitlab',
  hosts: ['gitlab.com'],
  credentials: publish('gitlab', ['inactive', 'revoked', 'forbidden'], (tag) => ({
    token: `glpat-${fakeText(tag, 20)}`,
    host: 'gitlab.com',
  })),
  routes: [
    gitlabRoute('/api/v4/personal_access_tokens/self', ({ account, variant }) =>
      ok({
        id: Number(fakeDigits(`gitlab ${variant}`, 6)),
        name: 'simulated',
        revoked: false,
        created_at: '2026-01-01T00:00:00.000Z',
        scopes: ['read_api'],
        user_id: Number(fakeDigits(`gitlab ${account}`, 6)),
        last_used_at: null,
        active: variant !== 'inactive',
        expires_at: '2027-01-01',
      }),
    ),
    gitlabRoute('/api/v4/user', ({ account }) =>
      ok({ id: Number(fakeDigits(`gitlab ${account}`, 6)), username: account, state: 'active' }),
    ),
  ],
  notFound: { status: 404, body: { error: '404 Not Found' } },
  wrongMethod: { status: 405, body: { error: '405 Not Allowed' } },
  rateLimited: { status: 429, body: 'Retry later' },
};

const cloudflareError = (status: number, code: number, message: string): SimulatedReply => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});
const cloudflareVerify = (path: string, prefix: string): Route => ({
  method: 'GET',
  path,
  requires: ({ headers }) =>
    headers['authorization']
      ? null
      : cloudflareError(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers'),
  place: bearer('api_token'),
  missing: cloudflareError(400, 6003, 'Invalid request headers'),
  replies: {
    dead: cloudflareError(401, 1000, 'Invalid API Token'),
    good: ({ variant }) => {
      const status = variant === 'disabled' || variant === 'expired' ? variant : 'active';
      return ok({
        success: true,
        errors: [],
        messages:
          status === 'active'
            ? [{ code: 10000, message: 'This API Token is valid and active', type: null }]
            : [],
        result: {
          id: fakeHex(`cloudflare ${prefix} ${variant}`, 32),
          status,
          expires_on: '2027-01-01T00:00:00Z',
        },
      });
    },
  },
});
const cloudflareCommon = {
  hosts: ['api.cloudflare.com'],
  notFound: cloudflareError(
    400,
    7003,
    'Could not route to the given path, perhaps your object identifier is invalid?',
  ),
  wrongMethod: cloudflareError(405, 10405, 'Method not allowed for this authentication scheme'),
  rateLimited: cloudflareError(429, 10429, 'More than 1200 requests per 300 seconds reached.'),
};
const cloudflareToken = (prefix: string, tag: string): string =>
  `${prefix}_${fakeText(tag, 40)}${fakeHex(tag, 8)}`;

/** https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/verify/ */
export const cloudflareUserToken: ServiceDefinition = {
  id: 'cloudflare-user-token',
  credentials: publish('cloudflare-user-token', ['disabled', 'expired'], (tag) => ({
    api_token: cloudflareToken('cfut', tag),
  })),
  routes: [cloudflareVerify('/client/v4/user/tokens/verify', 'user')],
  ...cloudflareCommon,
};

/** https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/verify/ */
export const cloudflareAccountToken: ServiceDefinition = {
  id: 'cloudflare-account-token',
  credentials: publish('cloudflare-account-token', ['disabled', 'expired'], (tag) => ({
    api_token: cloudflareToken('cfat', tag),
    account_id: fakeHex('cloudflare account', 32),
  })),
  routes: [cloudflareVerify('/client/v4/accounts/{account_id}/tokens/verify', 'account')],
  ...cloudflareCommon,
};

const algoliaError = (status: number, message: string): SimulatedReply => ({
  status,
  body: { message, status },
});

/** https://www.algolia.com/doc/rest-api/search/get-api-key */
export const algolia: ServiceDefinition = {
  id: 'algolia',
  hosts: [/^[a-z0-9]{10}(-dsn|-[1-3])?\.(algolia\.net|algolianet\.com)$/],
  credentials: publish('algolia', ['unlisted'], (tag) => ({
    app_id: fakeUpper('algolia app', 10),
    api_key: fakeHex(tag, 32),
  })),
  routes: [
    {
      method: 'GET',
      path: '/1/keys/{api_key}',
      // A foreign application's host: its name would not resolve.
      requires: ({ host, headers }) =>
        host.startsWith((headers['x-algolia-application-id'] ?? ' ').toLowerCase())
          ? null
          : algoliaError(403, 'Invalid Application-ID or API key'),
      place: both(header('x-algolia-api-key', 'api_key'), header('x-algolia-application-id', 'app_id')),
      replies: {
        dead: algoliaError(403, 'Invalid Application-ID or API key'),
        unlisted: algoliaError(404, 'Key does not exist'),
        good: ({ fields }) =>
          ok({
            value: fields['api_key'],
            createdAt: 1_767_225_600,
            acl: ['search'],
            validity: 0,
            indexes: [],
            maxQueriesPerIPPerHour: 0,
            maxHitsPerQuery: 0,
          }),
      },
    },
  ],
  notFound: algoliaError(404, 'Path not found'),
  wrongMethod: algoliaError(405, 'Method not allowed'),
  rateLimited: algoliaError(429, 'Too many requests'),
};
