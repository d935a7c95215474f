/** Salesforce: the client credentials flow and refresh tokens of a connected app. */
import { bearer, exchanged, form, formOf } from './credential-places';
import { publish, type Route, type ServiceDefinition } from './define-service';
import { fakeHex, fakeText } from './fake-values';
import type { Fields, SimulatedReply, SimulatedRequest } from './service';

const MY_DOMAIN =
  /^(?<my_domain_host>[a-z0-9][a-z0-9-]*(--[a-z0-9]+)?(\.(sandbox|develop|scratch|demo|patch|trailblaze|free))?\.my\.salesforce\.com)$/;
const LOGIN = /^(?<my_domain_host>(login|test)\.salesforce\.com)$/;
const HOST = 'simulated.my.salesforce.com';

const oauthError = (status: number, error: string, description: string): SimulatedReply => ({
  status,
  body: { error, error_description: description },
});
const apiError = (status: number, errorCode: string, message: string): SimulatedReply => ({
  status,
  body: [{ message, errorCode }],
});
const notFound = apiError(404, 'NOT_FOUND', 'The requested resource does not exist');
const requestLimit = apiError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
const consumerKey = (tag: string): string => `3MVG9${fakeText(tag, 80)}`;
const organization = (account: string): string => `00D${fakeText(`salesforce ${account}`, 15)}`;
const user = (account: string): string => `005${fakeText(`salesforce ${account}`, 15)}`;

const needsGrant =
  (grant: string) =>
  (request: SimulatedRequest): SimulatedReply | null =>
    formOf(request)?.get('grant_type') === grant
      ? null
      : oauthError(400, 'unsupported_grant_type', 'grant type not supported');

const followUps: readonly Route[] = [
  {
    method: 'GET',
    host: MY_DOMAIN,
    path: '/services/oauth2/userinfo',
    place: exchanged(bearer),
    missing: { status: 403, body: 'Missing_OAuth_Token' },
    replies: {
      dead: { status: 403, body: 'Bad_OAuth_Token' },
      requestLimit,
      good: ({ account, fields }) => ({
        status: 200,
        body: {
          sub: `https://login.salesforce.com/id/${organization(account)}/${user(account)}`,
          user_id: user(account),
          organization_id: organization(account),
          preferred_username: `${account}@example.com`,
          urls: { rest: `https://${fields['my_domain_host']}/services/data/v{version}/` },
        },
      }),
    },
  },
  {
    method: 'GET',
    host: MY_DOMAIN,
    path: '/services/data/v67.0/limits',
    place: exchanged(bearer),
    replies: {
      dead: apiError(401, 'INVALID_SESSION_ID', 'Session expired or invalid'),
      requestLimit,
      good: { status: 200, body: { DailyApiRequests: { Max: 15000, Remaining: 14998 } } },
    },
  },
];

/** https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm */
export const salesforceClientCredentials: ServiceDefinition = {
  id: 'salesforce-client-credentials',
  hosts: [MY_DOMAIN],
  credentials: publish(
    'salesforce-client-credentials',
    ['unknownClient', 'misconfigured', 'notInstalled', 'requestLimit'],
    (tag): Fields => ({
      consumer_key: consumerKey(tag),
      consumer_secret: fakeHex(tag, 64).toUpperCase(),
      my_domain_host: HOST,
    }),
  ),
  routes: [
    {
      method: 'POST',
      path: '/services/oauth2/token',
      requires: needsGrant('client_credentials'),
      place: form({ client_id: 'consumer_key', client_secret: 'consumer_secret' }),
      missing: oauthError(400, 'invalid_client_id', 'client identifier invalid'),
      replies: {
        good: (call) => ({
          status: 200,
          body: {
            access_token: call.issueToken(`${organization(call.account)}!`),
            signature: fakeText('salesforce signature', 44),
            scope: 'api',
            instance_url: `https://${call.fields['my_domain_host']}`,
            id: `https://login.salesforce.com/id/${organization(call.account)}/${user(call.account)}`,
            token_type: 'Bearer',
            issued_at: '1767225600000',
          },
        }),
        dead: oauthError(400, 'invalid_client', 'invalid client credentials'),
        unknownClient: oauthError(400, 'invalid_client_id', 'client identifier invalid'),
        misconfigured: oauthError(400, 'invalid_grant', 'no client credentials user enabled'),
        notInstalled: oauthError(400, 'app_not_found', 'External client app is not installed in this org'),
      },
    },
    ...followUps,
  ],
  notFound,
  rateLimited: apiError(429, 'REQUEST_LIMIT_EXCEEDED', 'Too many requests'),
  outage: apiError(503, 'SERVER_UNAVAILABLE', 'Service is unavailable'),
};

/** https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oidc_token_introspection.htm : 200, `active` decides. */
export const salesforceRefreshToken: ServiceDefinition = {
  id: 'salesforce-refresh-token',
  hosts: [MY_DOMAIN, LOGIN],
  credentials: publish('salesforce-refresh-token', ['malformed', 'wrongClient'], (tag) => ({
    consumer_key: consumerKey('salesforce app'),
    consumer_secret: fakeHex(
      tag.endsWith('wrongClient') ? 'salesforce wrong' : 'salesforce right',
      64,
    ).toUpperCase(),
    refresh_token: `5Aep861${fakeText(tag, 80)}`,
    my_domain_host: HOST,
  })),
  routes: [
    {
      method: 'POST',
      path: '/services/oauth2/introspect',
      place: form({ client_id: 'consumer_key', client_secret: 'consumer_secret', token: 'refresh_token' }),
      missing: oauthError(400, 'invalid_request', 'missing required parameter'),
      replies: {
        dead: { status: 200, body: { active: false } },
        malformed: oauthError(400, 'invalid_token', 'invalid token'),
        wrongClient: oauthError(401, 'invalid_client', 'invalid client credentials'),
        good: ({ fields, account }) => ({
          status: 200,
          body: {
            active: true,
            scope: 'api refresh_token',
            client_id: fields['consumer_key'],
            username: `${account}@example.com`,
            sub: `https://login.salesforce.com/id/${organization(account)}/${user(account)}`,
            token_type: 'refresh_token',
            exp: 1_798_761_600,
            iat: 1_767_225_600,
          },
        }),
      },
    },
  ],
  notFound,
};
