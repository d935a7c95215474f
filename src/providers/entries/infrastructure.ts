/** Clouds, search and maps. */
import { accept, exhaust, limit, oneStep, reject, undecided } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const googleMaps = defineProvider({
  id: 'google-maps',
  name: 'Google Maps Platform (API key)',
  category: 'infrastructure',
  docsUrl: 'https://developers.google.com/maps/documentation/geocoding/get-api-key',
  fields: {
    api_key: secretField('API key', `AIza${'x'.repeat(35)}`, { pattern: /^AIza[0-9A-Za-z_-]{35}$/ }),
  },
  hosts: ['maps.googleapis.com'],
  // Without an address the request is refused after the key was checked, and is not billed.
  probe: oneStep({
    method: 'GET',
    url: 'https://maps.googleapis.com/maps/api/geocode/json',
    query: { key: '{api_key}' },
    auth: { scheme: 'none' },
    // The status is always 200.
    rules: [
      accept({ status: 200, body: { status: ['OK', 'ZERO_RESULTS', 'INVALID_REQUEST'] } }),
      exhaust({ status: 200, body: { status: ['OVER_QUERY_LIMIT', 'OVER_DAILY_LIMIT'] } }),
      reject({
        status: 200,
        body: { status: 'REQUEST_DENIED', error_message: /api key is (invalid|expired)|api key.*expired/i },
      }),
      limit({
        status: 200,
        body: {
          status: 'REQUEST_DENIED',
          error_message: /restrictions|not authorized|billing|not activated/i,
        },
      }),
    ],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted in its Cloud project; that can take a few minutes to spread.',
    url: 'https://console.cloud.google.com/google/maps-apis/credentials',
  },
  propagationSeconds: 300,
});

const cloudflareUser = defineProvider({
  id: 'cloudflare-user-token',
  aliases: ['cloudflare'],
  name: 'Cloudflare (user API token)',
  category: 'infrastructure',
  docsUrl: 'https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/verify/',
  fields: {
    api_token: secretField('API token', 'x'.repeat(40), {
      pattern: /^([A-Za-z0-9_-]{40}|cfut_[A-Za-z0-9]{40}[a-f0-9]{8})$/,
    }),
  },
  hosts: ['api.cloudflare.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.cloudflare.com/client/v4/user/tokens/verify',
    auth: { scheme: 'bearer', token: '{api_token}' },
    rules: [
      accept({ status: 200, body: { success: true, 'result.status': 'active' } }),
      reject({ status: 200, body: { 'result.status': ['disabled', 'expired'] } }),
      reject({ status: 401 }),
    ],
    details: { token_status: 'result.status', expires_at: 'result.expires_on' },
  }),
  rotation: 'self-mint',
  revocation: {
    meaning: 'The token is deleted and stops at once.',
    url: 'https://dash.cloudflare.com/profile/api-tokens',
  },
  propagationSeconds: 10,
});

const cloudflareAccount = defineProvider({
  id: 'cloudflare-account-token',
  name: 'Cloudflare (account API token)',
  category: 'infrastructure',
  docsUrl: 'https://developers.cloudflare.com/fundamentals/api/get-started/account-owned-tokens/',
  fields: {
    api_token: secretField('Account API token', `cfat_${'x'.repeat(40)}00000000`, {
      pattern: /^([A-Za-z0-9_-]{40}|cfat_[A-Za-z0-9]{40}[a-f0-9]{8})$/,
    }),
    account_id: plainField('Account ID', '0'.repeat(32), { pattern: /^[a-f0-9]{32}$/ }),
  },
  hosts: ['api.cloudflare.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.cloudflare.com/client/v4/accounts/{account_id}/tokens/verify',
    auth: { scheme: 'bearer', token: '{api_token}' },
    rules: [
      accept({ status: 200, body: { success: true, 'result.status': 'active' } }),
      reject({ status: 200, body: { 'result.status': ['disabled', 'expired'] } }),
      reject({ status: 401 }),
    ],
    details: { token_status: 'result.status', expires_at: 'result.expires_on' },
  }),
  rotation: 'self-mint',
  revocation: {
    meaning: 'The token is deleted and stops at once.',
    url: 'https://dash.cloudflare.com/?to=/:account/api-tokens',
  },
  propagationSeconds: 10,
});

const CHINA = {
  'cn-north-1': 'sts.cn-north-1.amazonaws.com.cn',
  'cn-northwest-1': 'sts.cn-northwest-1.amazonaws.com.cn',
};

const aws = defineProvider({
  id: 'aws',
  name: 'AWS (access key)',
  category: 'infrastructure',
  docsUrl: 'https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html',
  fields: {
    access_key_id: plainField('Access key ID', 'AKIAEXAMPLE000000000', {
      pattern: /^(AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}$/,
    }),
    secret_access_key: secretField('Secret access key', 'x'.repeat(40), { pattern: /^[A-Za-z0-9/+=]{40}$/ }),
    session_token: secretField('Session token', 'x'.repeat(200), { required: false, hintable: false }),
    region: plainField('Region', 'us-east-1', { required: false, pattern: /^[a-z]{2}(-[a-z]+)+-[0-9]$/ }),
  },
  hosts: [/^sts\.[a-z]{2}(-[a-z]+)+-[0-9]\.amazonaws\.com(\.cn)?$/],
  // Needs no permission; leaves one event in the account's CloudTrail.
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/',
      auth: {
        scheme: 'sigv4',
        service: 'sts',
        region: '{signing_region}',
        accessKeyId: '{access_key_id}',
        secretAccessKey: '{secret_access_key}',
        sessionToken: '{session_token}',
      },
      body: { form: { Action: 'GetCallerIdentity', Version: '2011-06-15' } },
      rules: [
        accept({
          status: 200,
          body: { 'GetCallerIdentityResponse.GetCallerIdentityResult.Account': { is: 'string' } },
        }),
        reject({ status: 403, body: { 'Error.Code': ['InvalidClientTokenId', 'ExpiredToken'] } }),
        // Our clock, not their key.
        undecided({
          status: 403,
          body: {
            'Error.Message': /signature (expired|not yet current)/i,
          },
        }),
        // Two secrets of one key ID within five seconds make the right one look wrong, so it is asked again.
        {
          ...reject({ status: 403, body: { 'Error.Code': 'SignatureDoesNotMatch' } }),
          confirmAfterMs: 5_500,
        },
      ],
      details: { arn: 'GetCallerIdentityResponse.GetCallerIdentityResult.Arn' },
      account: ['GetCallerIdentityResponse.GetCallerIdentityResult.Account'],
    },
    {
      signing_region: { from: 'region', choose: {}, otherwise: '{region}', absent: 'us-east-1' },
      host: { from: 'signing_region', choose: CHINA, otherwise: 'sts.{signing_region}.amazonaws.com' },
    },
  ),
  rotation: 'two-slot',
  revocation: {
    meaning: 'The access key is deactivated, then deleted; a user has up to two.',
    url: 'https://console.aws.amazon.com/iam/home#/security_credentials',
  },
  propagationSeconds: 30,
});

const algolia = defineProvider({
  id: 'algolia',
  name: 'Algolia',
  category: 'infrastructure',
  docsUrl: 'https://www.algolia.com/doc/rest-api/search/get-api-key',
  fields: {
    app_id: plainField('Application ID', 'EXAMPLE000', { pattern: /^[A-Z0-9]{10}$/ }),
    api_key: secretField('API key', '0'.repeat(32), { pattern: /^[a-z0-9]{32}$/ }),
  },
  hosts: [/^[a-z0-9]{10}\.algolia\.net$/],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+app_id}.algolia.net/1/keys/{api_key}',
    auth: { scheme: 'header', name: 'x-algolia-api-key', value: '{api_key}' },
    headers: { 'x-algolia-application-id': '{app_id}' },
    rules: [
      accept({ status: 200, body: { acl: { is: 'array' } } }),
      reject({ status: 403, body: { message: /invalid application-id or api key/i } }),
    ],
    details: { scopes: 'acl' },
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted; it can be restored for a while.',
    url: 'https://dashboard.algolia.com/account/api-keys',
  },
  propagationSeconds: 10,
});

export const INFRASTRUCTURE_PROVIDERS = [googleMaps, cloudflareUser, cloudflareAccount, aws, algolia];
