/** HubSpot private app tokens: https://developers.hubspot.com/docs/api/error-handling */
import { bearer, both, jsonBody } from './credential-places';
import type { Reply, Route, ServiceDefinition } from './define-service';
import { fakeDigits, fakeUuid } from './fake-values';
import type { SimulatedReply } from './service';

const token = (tag: string): string => `pat-na1-${fakeUuid(`hubspot ${tag}`)}`;
const portalId = (account: string): number => Number(fakeDigits(`hubspot ${account}`, 8));

function failure(status: number, message: string, more: object): SimulatedReply {
  return {
    status,
    body: { status: 'error', message, correlationId: fakeUuid('hubspot correlation'), ...more },
  };
}

const missing = failure(
  401,
  'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
  { category: 'INVALID_AUTHENTICATION' },
);
const dead = failure(401, 'The access token is invalid or has been revoked.', {
  category: 'INVALID_AUTHENTICATION',
});
const missingScopes = failure(
  403,
  "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
  {
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredScopes: ['account-info.security.read'] },
      },
    ],
    category: 'MISSING_SCOPES',
  },
);

const replies = (good: Reply): Route['replies'] => ({ good, dead, limited: missingScopes });

export const hubspot: ServiceDefinition = {
  id: 'hubspot',
  hosts: ['api.hubapi.com'],
  credentials: {
    good: { access_token: token('good') },
    second: { access_token: token('second') },
    otherAccount: { access_token: token('otherAccount') },
    dead: { access_token: token('dead') },
    /** Live, without the scope. */
    limited: { access_token: token('limited') },
  },
  routes: [
    {
      method: 'GET',
      path: '/account-info/v3/details',
      place: bearer('access_token'),
      missing,
      replies: replies(({ account }) => ({
        status: 200,
        body: {
          portalId: portalId(account),
          accountType: 'STANDARD',
          timeZone: 'UTC',
          companyCurrency: 'EUR',
          additionalCurrencies: [],
          utcOffset: '+00:00',
          utcOffsetMilliseconds: 0,
          uiDomain: 'app.hubspot.com',
          dataHostingLocation: 'na1',
        },
      })),
    },
    {
      method: 'GET',
      path: '/account-info/v3/api-usage/daily/private-apps',
      place: bearer('access_token'),
      missing,
      replies: replies({
        status: 200,
        body: { results: [{ name: 'private-apps-api-calls-daily', usageLimit: 250000, currentUsage: 1 }] },
      }),
    },
    {
      // An unknown token gives a bare 404 here.
      method: 'POST',
      path: '/oauth/v2/private-apps/get/access-token-info',
      place: both(bearer('access_token'), jsonBody({ tokenKey: 'access_token' })),
      missing,
      replies: {
        dead: { status: 404 },
        good: ({ account }) => ({
          status: 200,
          body: { userId: 1, hubId: portalId(account), appId: 2, scopes: ['crm.objects.contacts.read'] },
        }),
      },
    },
  ],
  notFound: { status: 404, body: '<html><body><h2>HTTP ERROR 404</h2></body></html>' },
  wrongMethod: { status: 405, body: '' },
  rateLimited: failure(429, 'You have reached your secondly limit.', {
    errorType: 'RATE_LIMIT',
    policyName: 'SECONDLY',
    groupName: 'publicapi:private-apps:api-calls:simulated',
  }),
  outage: failure(500, 'internal error', {}),
};
