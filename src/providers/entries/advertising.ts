/** Advertising and social networks. */
import { accept, exhaust, limit, oneStep, proceed, reject, undecided } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const googleAds = defineProvider({
  id: 'google-ads',
  name: 'Google Ads',
  category: 'advertising',
  docsUrl: 'https://developers.google.com/google-ads/api/rest/reference/rest',
  fields: {
    developer_token: secretField('Developer token', 'x'.repeat(22)),
    client_id: plainField('OAuth client ID', '0-example.apps.googleusercontent.com', {
      patternHint: /^[0-9]+-[a-z0-9]+\.apps\.googleusercontent\.com$/,
    }),
    client_secret: secretField('OAuth client secret', `GOCSPX-${'x'.repeat(28)}`, { hintable: false }),
    refresh_token: secretField('OAuth refresh token', `1//${'x'.repeat(60)}`, { hintable: false }),
    login_customer_id: plainField('Manager customer ID', '0000000000', {
      required: false,
      pattern: /^[0-9]{10}$/,
    }),
  },
  hosts: ['oauth2.googleapis.com', 'googleads.googleapis.com'],
  probe: {
    ways: [
      {
        steps: [
          {
            method: 'POST',
            url: 'https://oauth2.googleapis.com/token',
            auth: { scheme: 'none' },
            body: {
              form: {
                grant_type: 'refresh_token',
                client_id: '{client_id}',
                client_secret: '{client_secret}',
                refresh_token: '{refresh_token}',
              },
            },
            rules: [
              proceed({ status: 200, body: { access_token: { is: 'string' } } }),
              reject({ status: 400, body: { error: 'invalid_grant' } }),
              reject({ status: 401, body: { error: 'invalid_client' } }),
            ],
            take: { access_token: 'access_token' },
          },
          {
            method: 'GET',
            url: 'https://googleads.googleapis.com/v26/customers:listAccessibleCustomers',
            auth: { scheme: 'bearer', token: '{access_token}' },
            headers: { 'developer-token': '{developer_token}' },
            rules: [
              accept({ status: 200, body: { resourceNames: { is: 'array' } } }),
              // Google leaves empty lists out: the user reaches no Ads account.
              limit({ status: 200, body: { $: { is: 'object' }, resourceNames: { is: 'absent' } } }),
              limit({ status: 401, body: { 'error.details[].errors[].errorCode.*': 'NOT_ADS_USER' } }),
              reject({ status: 401 }),
              reject({
                status: 403,
                body: { 'error.details[].errors[].errorCode.*': 'DEVELOPER_TOKEN_INVALID' },
              }),
              limit({
                status: 403,
                body: {
                  'error.details[].errors[].errorCode.*': [
                    'DEVELOPER_TOKEN_NOT_APPROVED',
                    'DEVELOPER_TOKEN_PROHIBITED',
                  ],
                },
              }),
            ],
            details: { customers: 'resourceNames' },
          },
        ],
      },
    ],
  },
  rotation: 'oauth-refresh',
  revocation: {
    meaning: 'Revoking the refresh token ends the grant of that user and client.',
    url: 'https://myaccount.google.com/connections',
  },
});

const GRAPH_API = 'https://graph.facebook.com/v25.0';

const metaAds = defineProvider({
  id: 'meta-ads',
  aliases: ['facebook-ads', 'instagram-ads'],
  name: 'Meta (Facebook and Instagram) Ads',
  category: 'advertising',
  docsUrl: 'https://developers.facebook.com/docs/graph-api/reference/debug_token',
  fields: {
    access_token: secretField('System user or user access token', `EAA${'x'.repeat(120)}`, {
      pattern: /^EAA[A-Za-z0-9]+$/,
    }),
    app_id: plainField('App ID', '0'.repeat(15), { required: false, pattern: /^[0-9]{15,18}$/ }),
    app_secret: secretField('App secret', '0'.repeat(32), {
      required: false,
      hintable: false,
      pattern: /^[a-f0-9]{32}$/,
    }),
    ad_account_id: plainField('Ad account ID', 'act_0000000000', {
      required: false,
      patternHint: /^act_[0-9]+$/,
    }),
  },
  hosts: ['graph.facebook.com'],
  probe: {
    derived: { proof: { hmacSha256: { key: '{app_secret}', message: '{access_token}' } } },
    ways: [
      {
        given: ['app_id', 'app_secret'],
        steps: [
          {
            method: 'GET',
            url: `${GRAPH_API}/debug_token`,
            query: { input_token: '{access_token}' },
            auth: { scheme: 'bearer', token: '{app_id}|{app_secret}' },
            rules: [
              accept({ status: 200, body: { 'data.is_valid': true } }),
              reject({ status: 200, body: { 'data.is_valid': false } }),
              reject({ status: [400, 401], body: { 'error.code': [101, 190] } }),
              undecided({ status: [400, 403], body: { 'error.code': [4, 17, 32, 613] } }, 'rate_limited'),
            ],
            details: { scopes: 'data.scopes', expires_at: 'data.expires_at', token_type: 'data.type' },
            account: ['data.user_id'],
          },
        ],
      },
      {
        steps: [
          {
            method: 'GET',
            url: `${GRAPH_API}/me`,
            query: { fields: 'id,name', appsecret_proof: '{proof}' },
            auth: { scheme: 'bearer', token: '{access_token}' },
            rules: [
              accept({ status: 200, body: { id: { is: 'string' } } }),
              reject({ status: [400, 401], body: { 'error.code': 190 } }),
              limit({ status: [400, 403], body: { 'error.code': [10, 200] } }),
              undecided({ status: [400, 403], body: { 'error.code': [4, 17, 32, 613] } }, 'rate_limited'),
            ],
            account: ['id'],
          },
        ],
      },
    ],
  },
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The token of the system user is revoked; tokens of people end with their permission.',
    url: 'https://business.facebook.com/settings/system-users',
  },
});

const linkedinAds = defineProvider({
  id: 'linkedin-ads',
  aliases: ['linkedin'],
  name: 'LinkedIn (Marketing API)',
  category: 'advertising',
  docsUrl: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection',
  fields: {
    access_token: secretField('OAuth access token', `AQ${'x'.repeat(350)}`),
    client_id: plainField('Client ID', 'x'.repeat(14), { required: false, pattern: /^[a-z0-9]{12,14}$/ }),
    client_secret: secretField('Client secret', 'x'.repeat(16), { required: false, hintable: false }),
    refresh_token: secretField('Refresh token', `AQ${'x'.repeat(350)}`, { required: false, hintable: false }),
  },
  hosts: ['www.linkedin.com', 'api.linkedin.com'],
  probe: {
    ways: [
      {
        given: ['client_id', 'client_secret'],
        steps: [
          {
            method: 'POST',
            url: 'https://www.linkedin.com/oauth/v2/introspectToken',
            auth: { scheme: 'none' },
            body: {
              form: { client_id: '{client_id}', client_secret: '{client_secret}', token: '{access_token}' },
            },
            rules: [
              accept({ status: 200, body: { active: true } }),
              reject({ status: 200, body: { active: false } }),
              reject({ status: 401 }),
            ],
            details: {
              token_status: 'status',
              scopes: 'scope',
              expires_at: 'expires_at',
              auth_type: 'auth_type',
            },
          },
        ],
      },
      {
        steps: [
          {
            method: 'GET',
            url: 'https://api.linkedin.com/v2/me',
            auth: { scheme: 'bearer', token: '{access_token}' },
            rules: [
              accept({ status: 200, body: { id: { is: 'string' } } }),
              reject({ status: 401 }),
              limit({ status: 403 }),
            ],
            account: ['id'],
          },
        ],
      },
    ],
  },
  rotation: 'oauth-refresh',
  revocation: {
    meaning: "The member's grant to the application ends.",
    url: 'https://www.linkedin.com/developers/apps',
  },
});

const xTwitter = defineProvider({
  id: 'x-twitter',
  aliases: ['twitter', 'x'],
  name: 'X (Twitter) API, app-only bearer',
  category: 'advertising',
  docsUrl: 'https://docs.x.com/x-api/usage/introduction',
  fields: {
    bearer_token: secretField('App-only bearer token', 'A'.repeat(100)),
    api_key: secretField('API key', 'x'.repeat(25), {
      required: false,
      hintable: false,
      pattern: /^[A-Za-z0-9]{25}$/,
    }),
    api_secret: secretField('API secret', 'x'.repeat(50), {
      required: false,
      hintable: false,
      pattern: /^[A-Za-z0-9]{50}$/,
    }),
  },
  hosts: ['api.x.com'],
  // Reading usage counts against no cap; reading a post would.
  probe: oneStep({
    method: 'GET',
    url: 'https://api.x.com/2/usage/tweets',
    auth: { scheme: 'bearer', token: '{bearer_token}' },
    rules: [
      accept({ status: 200, body: { data: { is: 'object' } } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
      exhaust({ status: 429, body: { type: /usage-capped/ } }),
    ],
    details: {
      project_cap: 'data.project_cap',
      project_usage: 'data.project_usage',
      cap_reset_day: 'data.cap_reset_day',
    },
    account: ['data.project_id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'An app has one bearer token: it is invalidated before the next one is made.',
    url: 'https://developer.x.com/en/portal/projects-and-apps',
  },
});

const tiktokAds = defineProvider({
  id: 'tiktok-ads',
  aliases: ['tiktok'],
  name: 'TikTok Ads (Business API)',
  category: 'advertising',
  docsUrl: 'https://business-api.tiktok.com/portal/docs?id=1738455508553729',
  fields: {
    access_token: secretField('Access token', '0'.repeat(40)),
    app_id: plainField('App ID', '0'.repeat(19), { patternHint: /^[0-9]{19}$/ }),
    app_secret: secretField('App secret', '0'.repeat(40), { hintable: false }),
    advertiser_id: plainField('Advertiser ID', '0'.repeat(19), {
      required: false,
      patternHint: /^[0-9]{19}$/,
    }),
  },
  hosts: ['business-api.tiktok.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://business-api.tiktok.com/open_api/v1.3/oauth2/advertiser/get/',
    query: { app_id: '{app_id}', secret: '{app_secret}' },
    auth: { scheme: 'header', name: 'access-token', value: '{access_token}' },
    // The status is 200 for errors too; the code in the body decides.
    rules: [
      accept({ status: 200, body: { code: 0 } }),
      reject({ status: 200, body: { code: [40101, 40102, 40104, 40105] } }),
      limit({ status: 200, body: { code: [40001, 40106] } }),
      undecided({ status: 200, body: { code: [40016, 40100, 40133] } }, 'rate_limited'),
    ],
    details: { advertisers: 'data.list[].advertiser_id' },
  }),
  rotation: 'oauth-refresh',
  revocation: {
    meaning: "The advertiser's grant to the application ends.",
    url: 'https://business-api.tiktok.com/portal/apps',
  },
});

const pinterestAds = defineProvider({
  id: 'pinterest-ads',
  aliases: ['pinterest'],
  name: 'Pinterest Ads',
  category: 'advertising',
  docsUrl: 'https://developers.pinterest.com/docs/api/v5/user_account-get',
  fields: {
    access_token: secretField('Access token', `pina_${'x'.repeat(80)}`, {
      patternHint: /^pina_[A-Za-z0-9_-]{20,200}$/,
    }),
    app_id: plainField('App ID', '0000000', { required: false }),
    app_secret: secretField('App secret', '0'.repeat(40), { required: false, hintable: false }),
    refresh_token: secretField('Refresh token', `pinr_${'x'.repeat(80)}`, {
      required: false,
      hintable: false,
    }),
  },
  hosts: ['api.pinterest.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.pinterest.com/v5/user_account',
    auth: { scheme: 'bearer', token: '{access_token}' },
    rules: [
      accept({ status: 200, body: { username: { is: 'string' } } }),
      reject({ status: 401, body: { code: 2 } }),
      limit({ status: 403 }),
    ],
    details: { account_type: 'account_type', business_name: 'business_name' },
    account: ['id', 'username'],
  }),
  rotation: 'oauth-refresh',
  revocation: {
    meaning: 'The token is revoked with the application pair.',
    url: 'https://developers.pinterest.com/apps',
  },
});

export const ADVERTISING_PROVIDERS = [googleAds, metaAds, linkedinAds, xTwitter, tiktokAds, pinterestAds];
