/** Analytics: Mixpanel, Amplitude, PostHog, Segment and Plausible. */
import { basic, bearer, both, inPath, jsonBody } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText, fakeUuid } from './fake-values';
import { atHosts } from './regional-routes';
import type { Fields, SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

/** Published credentials of the region `main`, and one more of Europe. */
function withRegionEu(id: string, variants: readonly string[], field: string, make: (tag: string) => Fields) {
  return {
    ...publish(id, variants, (tag) => ({ ...make(tag), [field]: 'us' })),
    regionEu: { ...make(`${id} regionEu`), [field]: 'eu' },
  };
}

const mixpanelError = (status: number, error: string): SimulatedReply => ({
  status,
  body: { status: 'error', error },
});

/** https://developer.mixpanel.com/reference/service-accounts */
export const mixpanelServiceAccount: ServiceDefinition = {
  id: 'mixpanel-service-account',
  hosts: ['mixpanel.com', 'eu.mixpanel.com', 'in.mixpanel.com'],
  credentials: withRegionEu('mixpanel-service-account', ['revoked'], 'region', (tag) => ({
    username: `simulated.${fakeHex(tag, 6)}.mp-service-account`,
    secret: fakeText(tag, 32),
  })),
  routes: atHosts(
    'region',
    { us: 'mixpanel.com', eu: 'eu.mixpanel.com', in: 'in.mixpanel.com' },
    {
      method: 'GET',
      path: '/api/app/me',
      place: basic('username', 'secret'),
      replies: {
        dead: mixpanelError(401, 'Invalid service account credentials'),
        revoked: mixpanelError(403, 'Forbidden'),
        good: ({ account, fields }) => {
          const organization = fakeDigits(`mixpanel ${account}`, 7);
          return ok({
            status: 'ok',
            results: {
              user_name: fields['username'],
              organizations: {
                [organization]: { id: Number(organization), name: 'Simulated', role: 'admin' },
              },
              projects: {},
              workspaces: {},
            },
          });
        },
      },
    },
  ),
  notFound: mixpanelError(404, 'Not found'),
  rateLimited: mixpanelError(429, 'Query rate limit exceeded'),
};

/** https://amplitude.com/docs/apis/analytics/dashboard-rest */
export const amplitude: ServiceDefinition = {
  id: 'amplitude',
  hosts: ['amplitude.com', 'analytics.eu.amplitude.com'],
  credentials: withRegionEu('amplitude', ['revoked'], 'region', (tag) => ({
    api_key: fakeHex(tag, 32),
    secret_key: fakeHex(`${tag} secret`, 32),
  })),
  routes: atHosts(
    'region',
    { us: 'amplitude.com', eu: 'analytics.eu.amplitude.com' },
    {
      method: 'GET',
      path: '/api/2/events/list',
      place: basic('api_key', 'secret_key'),
      replies: {
        dead: {
          status: 401,
          body: {
            error: {
              http_code: 401,
              type: 'invalid_credentials',
              message: 'Incorrect api_key and secret_key pair',
            },
          },
        },
        revoked: {
          status: 403,
          body: { error: { http_code: 403, type: 'invalid_credentials', message: 'Forbidden' } },
        },
        good: ok({
          data: [
            { name: 'simulated_event', value: 'simulated_event', totals: 12, deleted: false, hidden: false },
          ],
        }),
      },
    },
  ),
  rateLimited: {
    status: 429,
    body: { error: { http_code: 429, type: 'rate_limit', message: 'Exceeded query cost limit' } },
  },
};

const posthogError = (status: number, code: string, detail: string): SimulatedReply => ({
  status,
  body: { type: 'authentication_error', code, detail, attr: null },
});
const posthogReplies = {
  dead: posthogError(
    401,
    'authentication_failed',
    'Personal API key found in request Authorization header is invalid.',
  ),
  limited: posthogError(403, 'permission_denied', "API key missing required scope 'user:read'"),
};
const POSTHOG_HOSTS = { us: 'us.posthog.com', eu: 'eu.posthog.com' };

/** https://posthog.com/docs/api */
export const posthog: ServiceDefinition = {
  id: 'posthog',
  hosts: Object.values(POSTHOG_HOSTS),
  credentials: withRegionEu('posthog', ['limited'], 'host', (tag) => ({
    personal_api_key: `phx_${fakeText(tag, 43)}`,
  })),
  routes: ['/api/personal_api_keys/@current/', '/api/users/@me/'].flatMap((path) =>
    atHosts('host', POSTHOG_HOSTS, {
      method: 'GET',
      path,
      place: bearer('personal_api_key'),
      missing: posthogError(401, 'not_authenticated', 'Authentication credentials were not provided.'),
      replies: {
        ...posthogReplies,
        good: ({ account, fields }) =>
          ok({
            id: fakeText(`posthog ${account}`, 12),
            label: 'simulated',
            mask_value: `phx_...${(fields['personal_api_key'] ?? '').slice(-4)}`,
            created_at: '2026-01-01T00:00:00Z',
            last_used_at: '2026-01-01',
            last_rolled_at: null,
            user_id: Number(fakeDigits(`posthog ${account}`, 6)),
            scopes: ['insight:read'],
            scoped_teams: [],
            scoped_organizations: [],
          }),
      },
    }),
  ),
  notFound: posthogError(404, 'not_found', 'Endpoint not found.'),
  wrongMethod: posthogError(405, 'method_not_allowed', 'Method not allowed.'),
  rateLimited: {
    status: 429,
    body: { type: 'throttled_error', code: 'throttled', detail: 'Request was throttled.', attr: null },
  },
};

const segmentError = (status: number, type: string, message: string): SimulatedReply => ({
  status,
  body: { errors: [{ type, message }] },
});

/** https://docs.segmentapis.com/tag/Workspaces */
export const segmentPublicApi: ServiceDefinition = {
  id: 'segment-public-api',
  hosts: ['api.segmentapis.com', 'eu1.api.segmentapis.com'],
  credentials: withRegionEu('segment-public-api', ['revoked'], 'region', (tag) => ({
    token: `sgp_${fakeText(tag, 64)}`,
  })),
  routes: atHosts(
    'region',
    { us: 'api.segmentapis.com', eu: 'eu1.api.segmentapis.com' },
    {
      method: 'GET',
      path: '/',
      place: bearer('token'),
      replies: {
        dead: segmentError(401, 'unauthorized', 'Unauthorized'),
        revoked: segmentError(403, 'forbidden', 'Forbidden'),
        good: ({ account }) =>
          ok({
            data: { workspace: { id: fakeText(`segment ${account}`, 22), name: 'Simulated', slug: account } },
          }),
      },
    },
  ),
  notFound: segmentError(404, 'not-found', 'Not found'),
  rateLimited: segmentError(429, 'rate-limit-exceeded', 'Rate limit exceeded'),
};

/** https://segment.com/docs/connections/sources/ : a public key, in the path. */
export const segmentWriteKey: ServiceDefinition = {
  id: 'segment-write-key',
  hosts: ['cdn.segment.com'],
  credentials: publish('segment-write-key', ['revoked'], (tag) => ({ write_key: fakeText(tag, 32) })),
  routes: [
    {
      method: 'GET',
      path: '/v1/projects/{write_key}/settings',
      place: inPath,
      replies: {
        dead: { status: 404, body: { statusCode: 404, error: 'Not Found' } },
        revoked: { status: 403, body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>' },
        good: ok({ integrations: { 'Segment.io': { apiKey: fakeUuid('segment integration') } }, plan: {} }),
      },
    },
  ],
};

const plausibleError = (status: number, error: string): SimulatedReply => ({ status, body: { error } });

/** https://plausible.io/docs/stats-api : 401 for a bad key and for a foreign site alike. */
export const plausible: ServiceDefinition = {
  id: 'plausible',
  hosts: ['plausible.io'],
  credentials: publish('plausible', ['unpaid'], (tag) => ({
    api_key: fakeText(tag, 64),
    site_id: 'simulated.example',
    host: 'plausible.io',
  })),
  routes: [
    {
      method: 'POST',
      path: '/api/v2/query',
      place: both(bearer('api_key'), jsonBody({ site_id: 'site_id' })),
      missing: plausibleError(
        401,
        'Missing API key. Please use a valid Plausible API key as a Bearer Token.',
      ),
      replies: {
        dead: plausibleError(
          401,
          "Invalid API key or site ID. Please make sure you're using a valid API key with access to the site you've requested.",
        ),
        unpaid: plausibleError(402, 'The account that owns this API key does not have access to Stats API.'),
        good: ok({ results: [{ metrics: [12], dimensions: [] }], meta: {}, query: {} }),
      },
    },
  ],
  rateLimited: plausibleError(429, 'Too many API requests. The limit is 600 per hour.'),
};
