/** Customer relationship management. */
import { accept, limit, oneStep, reject, undecided } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const hubspot = defineProvider({
  id: 'hubspot',
  name: 'HubSpot (private app token)',
  category: 'crm',
  docsUrl: 'https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview',
  fields: {
    access_token: secretField('Private app access token', 'pat-na1-00000000-0000-0000-0000-000000000000', {
      patternHint: /^pat-[a-z]{2}[0-9]-[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}$/,
    }),
  },
  hosts: ['api.hubapi.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.hubapi.com/account-info/v3/details',
    auth: { scheme: 'bearer', token: '{access_token}' },
    rules: [
      accept({ status: 200, body: { portalId: { is: 'number' } } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
    ],
    details: {
      account_type: 'accountType',
      time_zone: 'timeZone',
      data_hosting_location: 'dataHostingLocation',
    },
    account: ['portalId'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is rotated in the app settings and expires now or after a chosen time.',
    url: 'https://app.hubspot.com/private-apps',
  },
});

/** Only Salesforce's own domain, with its forms for sandboxes and the like. */
const MY_DOMAIN = String.raw`[a-z0-9][a-z0-9-]*(\.(sandbox|develop|scratch|demo|patch|trailblaze|free))?\.my\.salesforce\.com`;
const CONSUMER_KEY = /^3MVG[0-9A-Za-z._+/=-]{20,255}$/;

const salesforce = defineProvider({
  id: 'salesforce-client-credentials',
  aliases: ['salesforce'],
  name: 'Salesforce (OAuth client credentials)',
  category: 'crm',
  docsUrl:
    'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm&type=5',
  fields: {
    consumer_key: plainField('Consumer key', `3MVG9${'x'.repeat(80)}`, { pattern: CONSUMER_KEY }),
    consumer_secret: secretField('Consumer secret', 'X'.repeat(64)),
    my_domain_host: plainField('My Domain host', 'example.my.salesforce.com', {
      pattern: new RegExp(`^${MY_DOMAIN}$`),
    }),
  },
  hosts: [new RegExp(`^${MY_DOMAIN}$`)],
  probe: oneStep({
    method: 'POST',
    url: 'https://{+my_domain_host}/services/oauth2/token',
    auth: { scheme: 'none' },
    body: {
      form: {
        grant_type: 'client_credentials',
        client_id: '{consumer_key}',
        client_secret: '{consumer_secret}',
      },
    },
    // invalid_grant stays undecided: it is also how a flow that is not switched on is answered.
    rules: [
      accept({ status: 200, body: { access_token: { is: 'string' } } }),
      reject({ status: [400, 401], body: { error: ['invalid_client', 'invalid_client_id'] } }),
    ],
    take: { issued_token: 'access_token' },
    details: { scopes: 'scope' },
    account: ['id'],
  }),
  rotation: 'native-grace',
  revocation: {
    meaning: 'The consumer secret is rotated in the app; a staged one can serve beside it for up to 30 days.',
    url: 'https://login.salesforce.com',
  },
});

const salesforceRefresh = defineProvider({
  id: 'salesforce-refresh-token',
  name: 'Salesforce (OAuth refresh token)',
  category: 'crm',
  docsUrl:
    'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm&type=5',
  fields: {
    consumer_key: plainField('Consumer key', `3MVG9${'x'.repeat(80)}`, { pattern: CONSUMER_KEY }),
    consumer_secret: secretField('Consumer secret', 'X'.repeat(64), { required: false, hintable: false }),
    refresh_token: secretField('Refresh token', `5Aep861${'x'.repeat(80)}`, {
      patternHint: /^5[Aa][Ee][Pp]861[a-zA-Z0-9._=]{80,}$/,
    }),
    my_domain_host: plainField('Login or My Domain host', 'example.my.salesforce.com', {
      pattern: new RegExp(`^((login|test)\\.salesforce\\.com|${MY_DOMAIN})$`),
    }),
  },
  hosts: ['login.salesforce.com', 'test.salesforce.com', new RegExp(`^${MY_DOMAIN}$`)],
  // Introspection, because a refresh could end the presented token.
  probe: oneStep({
    method: 'POST',
    url: 'https://{+my_domain_host}/services/oauth2/introspect',
    auth: { scheme: 'none' },
    body: {
      form: {
        token: '{refresh_token}',
        token_type_hint: 'refresh_token',
        client_id: '{consumer_key}',
        client_secret: '{consumer_secret}',
      },
    },
    rules: [
      accept({ status: 200, body: { active: true } }),
      reject({ status: 200, body: { active: false } }),
      reject({ status: 400, body: { error: ['invalid_token', 'invalid_grant'] } }),
      reject({ status: 401, body: { error: ['invalid_client', 'invalid_client_id'] } }),
    ],
    details: { scopes: 'scope', expires_at: 'exp' },
    account: ['sub', 'username'],
  }),
  rotation: 'oauth-refresh',
  revocation: { meaning: "The user's grant to the app ends.", url: 'https://login.salesforce.com' },
});

const pipedrive = defineProvider({
  id: 'pipedrive',
  name: 'Pipedrive (API token)',
  category: 'crm',
  docsUrl: 'https://pipedrive.readme.io/docs/core-api-concepts-authentication',
  fields: {
    api_token: secretField('Personal API token', '0'.repeat(40), { pattern: /^[a-zA-Z0-9]{40}$/ }),
  },
  hosts: ['api.pipedrive.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.pipedrive.com/v1/users/me',
    auth: { scheme: 'header', name: 'x-api-token', value: '{api_token}' },
    rules: [
      accept({ status: 200, body: { success: true, 'data.id': { is: 'number' } } }),
      reject({ status: 401 }),
    ],
    details: { company_domain: 'data.company_domain', is_admin: 'data.is_admin' },
    account: ['data.company_id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'A user has one token; making a new one ends the old one at once.',
    url: 'https://app.pipedrive.com/settings/api',
  },
});

const zoho = defineProvider({
  id: 'zoho-crm',
  aliases: ['zoho'],
  name: 'Zoho CRM (OAuth refresh token)',
  category: 'crm',
  docsUrl: 'https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html',
  fields: {
    client_id: plainField('Client ID', '1000.EXAMPLE', { patternHint: /^1000\.[A-Z0-9]+$/ }),
    client_secret: secretField('Client secret', '0'.repeat(42), { hintable: false }),
    refresh_token: secretField('Refresh token', `1000.${'0'.repeat(32)}.${'0'.repeat(32)}`, {
      pattern: /^1000\.[a-f0-9]{32}\.[a-f0-9]{32}$/,
    }),
    data_center: choiceField('Data centre', ['com', 'eu', 'in', 'com.au', 'com.cn', 'jp']),
  },
  hosts: ['com', 'eu', 'in', 'com.au', 'com.cn', 'jp'].map((dataCenter) => `accounts.zoho.${dataCenter}`),
  probe: oneStep({
    method: 'POST',
    url: 'https://accounts.zoho.{+data_center}/oauth/v2/token',
    auth: { scheme: 'none' },
    body: {
      form: {
        grant_type: 'refresh_token',
        client_id: '{client_id}',
        client_secret: '{client_secret}',
        refresh_token: '{refresh_token}',
      },
    },
    // Refusals come with status 200.
    rules: [
      reject({
        status: [200, 400, 401],
        body: { error: ['invalid_code', 'invalid_client', 'invalid_client_secret'] },
      }),
      undecided({ status: [200, 400], body: { error: /access.?denied/i } }, 'rate_limited'),
      accept({ status: 200, body: { access_token: { is: 'string' } } }),
    ],
    take: { issued_token: 'access_token' },
    details: { scopes: 'scope', api_domain: 'api_domain' },
  }),
  rotation: 'oauth-refresh',
  revocation: {
    meaning: 'The refresh token is revoked.',
    url: 'https://accounts.zoho.com/home#sessions/connectedapps',
  },
});

export const CRM_PROVIDERS = [hubspot, salesforce, salesforceRefresh, pipedrive, zoho];
