/** Google APIs called with an access token: Ads and Analytics (service account). */
import { createVerify, generateKeyPairSync } from 'node:crypto';
import {
  bearer,
  both,
  exchanged,
  form,
  formOf,
  header,
  parseObject,
  type CredentialPlace,
} from './credential-places';
import { publish, type Reply, type Route, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText } from './fake-values';
import { googleError, htmlNotFound, quotaExceeded, unavailable } from './google-replies';
import type { Fields, SimulatedReply } from './service';

const oauthError = (status: number, error: string, description: string): SimulatedReply => ({
  status,
  body: { error, error_description: description },
});

/** Refuses any other grant, as the token endpoint does. */
const requireGrant =
  (grant: string): NonNullable<Route['requires']> =>
  (request) =>
    formOf(request)?.get('grant_type') === grant
      ? null
      : oauthError(
          400,
          'unsupported_grant_type',
          `Invalid grant_type: ${formOf(request)?.get('grant_type') ?? ''}`,
        );

const tokenReply =
  (scope: string): Reply =>
  (call) => ({
    status: 200,
    body: { access_token: call.issueToken('ya29.simulated'), expires_in: 3599, scope, token_type: 'Bearer' },
  });

/** Google Ads keeps its own codes in the details. */
function adsError(code: number, status: string, message: string, errorCode: Fields): SimulatedReply {
  return {
    status: code,
    body: {
      error: {
        code,
        message,
        status,
        details: [
          {
            '@type': 'type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure',
            errors: [{ errorCode, message }],
            requestId: 'simulated',
          },
        ],
      },
    },
  };
}

/** https://developers.google.com/google-ads/api/docs/account-management/listing-accounts */
export const googleAds: ServiceDefinition = {
  id: 'google-ads',
  hosts: ['oauth2.googleapis.com', 'googleads.googleapis.com'],
  credentials: publish('google-ads', ['wrongClient', 'badDeveloperToken', 'limited', 'exhausted'], (tag) => ({
    developer_token: fakeText(`${tag} developer`, 22),
    client_id: `${fakeDigits(tag, 12)}-${fakeText(tag, 32)}.apps.googleusercontent.com`,
    client_secret: `GOCSPX-${fakeText(`${tag} secret`, 28)}`,
    refresh_token: `1//${fakeText(`${tag} refresh`, 60)}`,
  })),
  routes: [
    {
      method: 'POST',
      host: 'oauth2.googleapis.com',
      path: '/token',
      requires: requireGrant('refresh_token'),
      place: form({ client_id: 'client_id', client_secret: 'client_secret', refresh_token: 'refresh_token' }),
      missing: oauthError(400, 'invalid_request', 'Missing required parameter'),
      replies: {
        good: tokenReply('https://www.googleapis.com/auth/adwords'),
        dead: oauthError(400, 'invalid_grant', 'Token has been expired or revoked.'),
        wrongClient: oauthError(401, 'invalid_client', 'The OAuth client was not found.'),
      },
    },
    {
      method: 'GET',
      host: 'googleads.googleapis.com',
      path: '/v26/customers:listAccessibleCustomers',
      place: both(exchanged(bearer), header('developer-token', 'developer_token')),
      replies: {
        good: ({ account }) => ({
          status: 200,
          body: { resourceNames: [`customers/${fakeDigits(`google-ads ${account}`, 10)}`] },
        }),
        dead: adsError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', {
          authenticationError: 'OAUTH_TOKEN_INVALID',
        }),
        badDeveloperToken: adsError(403, 'PERMISSION_DENIED', 'The developer token is not valid.', {
          authenticationError: 'DEVELOPER_TOKEN_INVALID',
        }),
        limited: adsError(
          403,
          'PERMISSION_DENIED',
          'The developer token is only approved for use with test accounts.',
          {
            authorizationError: 'DEVELOPER_TOKEN_NOT_APPROVED',
          },
        ),
        exhausted: adsError(429, 'RESOURCE_EXHAUSTED', 'Too many requests.', {
          quotaError: 'RESOURCE_EXHAUSTED',
        }),
      },
    },
  ],
  notFound: htmlNotFound,
  rateLimited: quotaExceeded,
  outage: unavailable,
};

const TOKEN_URL = 'https://oauth2.googleapis.com/token';
let keyPair: { publicKey: string; privateKey: string } | undefined;

/** Made once per process: no private key is kept in the repository. */
function signingKeys(): { publicKey: string; privateKey: string } {
  keyPair ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return keyPair;
}

/** A signed assertion of the account's key: https://developers.google.com/identity/protocols/oauth2/service-account */
const assertion: CredentialPlace = {
  read: (request) => (formOf(request)?.get('assertion') ? {} : null),
  proves(request, fields) {
    const account = parseObject(fields['service_account_json'] ?? '');
    const [head = '', body = '', signature = ''] = (formOf(request)?.get('assertion') ?? '').split('.');
    const decode = (part: string) => parseObject(Buffer.from(part, 'base64url').toString()) ?? {};
    const [{ alg, kid }, { iss, aud, scope, iat, exp }] = [decode(head), decode(body)];
    if (!account || alg !== 'RS256' || iss !== account['client_email'] || aud !== TOKEN_URL || !scope)
      return false;
    if (kid !== undefined && kid !== account['private_key_id']) return false;
    const now = Date.now() / 1000;
    if (
      typeof iat !== 'number' ||
      typeof exp !== 'number' ||
      exp < now ||
      iat > now + 300 ||
      exp > iat + 3600
    )
      return false;
    return createVerify('RSA-SHA256')
      .update(`${head}.${body}`)
      .verify(signingKeys().publicKey, signature, 'base64url');
  },
};

/** https://developers.google.com/analytics/devguides/config/admin/v1 */
export function googleAnalyticsServiceAccount(): ServiceDefinition {
  const id = 'google-analytics-service-account';
  return {
    id,
    hosts: ['oauth2.googleapis.com', 'analyticsadmin.googleapis.com'],
    credentials: publish(id, ['limited'], (tag) => ({
      service_account_json: JSON.stringify({
        type: 'service_account',
        project_id: 'simulated-project',
        private_key_id: fakeHex(`${tag} key`, 40),
        private_key: signingKeys().privateKey,
        client_email: `${fakeText(tag, 20)}@simulated-project.iam.gserviceaccount.com`,
        client_id: fakeDigits(tag, 21),
        token_uri: TOKEN_URL,
      }),
    })),
    routes: [
      {
        method: 'POST',
        host: 'oauth2.googleapis.com',
        path: '/token',
        requires: requireGrant('urn:ietf:params:oauth:grant-type:jwt-bearer'),
        place: assertion,
        missing: oauthError(400, 'invalid_request', 'Missing required parameter: assertion'),
        replies: {
          good: tokenReply('https://www.googleapis.com/auth/analytics.readonly'),
          dead: oauthError(400, 'invalid_grant', 'Invalid grant: account not found'),
        },
      },
      {
        method: 'GET',
        host: 'analyticsadmin.googleapis.com',
        path: '/v1beta/accountSummaries',
        place: exchanged(bearer),
        replies: {
          good: ({ account }) => ({
            status: 200,
            body: {
              accountSummaries: [
                {
                  name: `accountSummaries/${fakeDigits(account, 9)}`,
                  account: `accounts/${fakeDigits(account, 9)}`,
                  displayName: 'Simulated',
                },
              ],
            },
          }),
          dead: googleError(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
          limited: googleError(
            403,
            'PERMISSION_DENIED',
            'Google Analytics Admin API has not been used in project before or it is disabled.',
            'SERVICE_DISABLED',
          ),
        },
      },
    ],
    notFound: htmlNotFound,
    rateLimited: quotaExceeded,
    outage: unavailable,
  };
}
