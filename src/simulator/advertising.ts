/** LinkedIn, X, TikTok and Pinterest. */
import { bearer, both, form, header, query } from './credential-places';
import { publish, type Route, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText } from './fake-values';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const linkedinError = (
  status: number,
  serviceErrorCode: number,
  code: string,
  message: string,
): SimulatedReply => ({
  status,
  body: { status, serviceErrorCode, code, message },
});
const linkedinIntrospection = (status: 'active' | 'revoked' | 'expired'): SimulatedReply =>
  ok({
    active: status === 'active',
    client_id: 'simulated',
    authorized_at: 1_767_225_600,
    created_at: 1_767_225_600,
    status,
    expires_at: 1_798_761_600,
    scope: 'r_ads,r_ads_reporting',
    auth_type: '3L',
  });
const linkedinProfile = (path: string): Route => ({
  method: 'GET',
  host: 'api.linkedin.com',
  path,
  place: bearer('access_token'),
  missing: linkedinError(401, 65604, 'EMPTY_ACCESS_TOKEN', 'Empty oauth2 access token'),
  replies: {
    good: ({ account }) => ok({ id: fakeText(account, 10), sub: fakeText(account, 10), name: 'Simulated' }),
    dead: linkedinError(401, 65600, 'INVALID_ACCESS_TOKEN', 'Invalid access token'),
    expired: linkedinError(401, 65601, 'EXPIRED_ACCESS_TOKEN', 'The token used in the request has expired'),
    limited: linkedinError(403, 100, 'ACCESS_DENIED', `Not enough permissions to access: GET ${path}`),
  },
});

/** https://learn.microsoft.com/linkedin/shared/authentication/token-introspection */
export const linkedinAds: ServiceDefinition = {
  id: 'linkedin-ads',
  hosts: ['www.linkedin.com', 'api.linkedin.com'],
  credentials: publish('linkedin-ads', ['expired', 'wrongClient'], (tag) => ({
    access_token: `AQ${fakeText(tag, 120)}`,
    client_id: fakeText('linkedin client', 14),
    client_secret: fakeText(tag.endsWith('wrongClient') ? 'linkedin wrong' : 'linkedin right', 16),
  })),
  routes: [
    {
      // 200 for any token of the right client: `active` decides.
      method: 'POST',
      host: 'www.linkedin.com',
      path: '/oauth/v2/introspectToken',
      place: form({ client_id: 'client_id', client_secret: 'client_secret', token: 'access_token' }),
      missing: {
        status: 400,
        body: { error: 'invalid_request', error_description: 'A required parameter is missing' },
      },
      replies: {
        good: linkedinIntrospection('active'),
        dead: linkedinIntrospection('revoked'),
        expired: linkedinIntrospection('expired'),
        wrongClient: {
          status: 401,
          body: { error: 'invalid_client', error_description: 'Client authentication failed' },
        },
      },
    },
    linkedinProfile('/v2/me'),
    linkedinProfile('/v2/userinfo'),
  ],
  notFound: linkedinError(404, 0, 'NOT_FOUND', 'Resource not found'),
  rateLimited: linkedinError(
    429,
    101,
    'TOO_MANY_REQUESTS',
    'Resource level throttle limit for calls to this resource is reached.',
  ),
  outage: linkedinError(500, 0, 'INTERNAL_SERVER_ERROR', 'Internal Server Error'),
};

const xProblem = (status: number, title: string, type: string, more: object = {}): SimulatedReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { title, detail: title, type, status, ...more },
});

/** https://docs.x.com/x-api/usage/get-usage */
export const xTwitter: ServiceDefinition = {
  id: 'x-twitter',
  hosts: ['api.x.com', 'api.twitter.com'],
  credentials: publish('x-twitter', ['limited'], (tag) => ({
    bearer_token: `${'A'.repeat(22)}${fakeText(tag, 40)}%3D${fakeText(`${tag} tail`, 50)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/2/usage/tweets',
      place: bearer('bearer_token'),
      replies: {
        good: ({ account }) =>
          ok({
            data: {
              cap_reset_day: 1,
              project_cap: '1000000',
              project_id: fakeDigits(`x ${account}`, 19),
              project_usage: '12',
            },
          }),
        dead: xProblem(401, 'Unauthorized', 'about:blank'),
        limited: xProblem(403, 'Client Forbidden', 'https://api.twitter.com/2/problems/client-forbidden', {
          reason: 'client-not-enrolled',
          required_enrollment: 'Appropriate Level of API Access',
        }),
      },
    },
  ],
  notFound: xProblem(404, 'Not Found', 'about:blank'),
  rateLimited: xProblem(429, 'Too Many Requests', 'about:blank'),
  outage: xProblem(503, 'Service Unavailable', 'about:blank'),
};

const tiktok = (code: number, message: string, data: object = {}): SimulatedReply =>
  ok({ code, message, request_id: 'simulated', data });

/** https://business-api.tiktok.com/portal/docs?id=1738455508553729 : always 200, `code` decides. */
export const tiktokAds: ServiceDefinition = {
  id: 'tiktok-ads',
  hosts: ['business-api.tiktok.com'],
  credentials: publish('tiktok-ads', ['expired', 'wrongApp', 'limited', 'rateLimited'], (tag) => ({
    access_token: fakeHex(tag, 40),
    app_id: fakeDigits('tiktok app', 19),
    app_secret: fakeHex(tag.endsWith('wrongApp') ? 'tiktok wrong' : 'tiktok right', 40),
  })),
  routes: [
    {
      method: 'GET',
      path: '/open_api/v1.3/oauth2/advertiser/get/',
      place: both(
        header('access-token', 'access_token'),
        query('app_id', 'app_id'),
        query('secret', 'app_secret'),
      ),
      missing: tiktok(40104, 'Access token is empty'),
      replies: {
        good: ({ account }) =>
          tiktok(0, 'OK', {
            list: [{ advertiser_id: fakeDigits(`tiktok ${account}`, 19), advertiser_name: 'Simulated' }],
          }),
        dead: tiktok(40105, 'Access token is incorrect or has been revoked.'),
        expired: tiktok(40102, 'Access token expired'),
        wrongApp: tiktok(40101, 'The app_id and secret do not match'),
        limited: tiktok(40001, 'No permission to operate'),
        rateLimited: tiktok(40100, 'Too many requests. Please try again later.'),
      },
    },
  ],
  notFound: { status: 404, body: '404 page not found' },
};

const pinterestError = (status: number, code: number, message: string): SimulatedReply => ({
  status,
  body: { code, message },
});
const pinterestReplies = {
  dead: pinterestError(401, 2, 'Authentication failed.'),
  limited: pinterestError(403, 3, 'Authorization failed.'),
};

/** https://developers.pinterest.com/docs/api/v5/user_account-get */
export const pinterestAds: ServiceDefinition = {
  id: 'pinterest-ads',
  hosts: ['api.pinterest.com'],
  credentials: publish('pinterest-ads', ['limited'], (tag) => ({
    access_token: `pina_${fakeText(tag, 80)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/v5/user_account',
      place: bearer('access_token'),
      replies: {
        ...pinterestReplies,
        good: ({ account }) =>
          ok({
            id: fakeDigits(`pinterest ${account}`, 18),
            username: account,
            account_type: 'BUSINESS',
            business_name: 'Simulated',
          }),
      },
    },
    {
      method: 'GET',
      path: '/v5/ad_accounts',
      place: bearer('access_token'),
      replies: { ...pinterestReplies, good: ok({ items: [], bookmark: null }) },
    },
  ],
  notFound: pinterestError(404, 0, 'Route not found'),
  wrongMethod: pinterestError(405, 0, 'Method not allowed'),
  rateLimited: pinterestError(429, 8, 'You have exceeded your rate limit. Try again later.'),
};
