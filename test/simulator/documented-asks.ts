/** How each provider documents that a credential is shown to it: the request by which the simulator is tested. */
import { createHash, createSign } from 'node:crypto';
import { sign as signAws } from 'aws4';
import type { Fields } from '../../src/simulator/service';
import { basicHeader, bearerHeader, type Ask } from './speak-to-simulator';

type AskFor = (fields: Fields) => Ask;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

const bearer =
  (host: string, path: string, field: string, headers: Record<string, string> = {}, method = 'GET'): AskFor =>
  (fields) => ({ host, method, path, headers: { ...headers, ...bearerHeader(fields[field]) } });

const header =
  (host: string, path: string, name: string, field: string, headers: Record<string, string> = {}): AskFor =>
  (fields) => ({ host, path, headers: { ...headers, [name]: fields[field] ?? '' } });

const basic =
  (
    host: string,
    path: string,
    user: (fields: Fields) => string,
    password: (fields: Fields) => string,
  ): AskFor =>
  (fields) => ({ host, path, headers: basicHeader(user(fields), password(fields)) });

const get =
  (field: string) =>
  (fields: Fields): string =>
    fields[field] ?? '';

const form = (host: string, path: string, sent: Record<string, string>): Ask => ({
  host,
  method: 'POST',
  path,
  headers: FORM,
  body: new URLSearchParams(sent).toString(),
});

function googleAssertion(fields: Fields): string {
  const account = JSON.parse(fields['service_account_json'] ?? '{}') as Record<string, string>;
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'RS256', typ: 'JWT', kid: account['private_key_id'] });
  const body = part({
    iss: account['client_email'],
    aud: 'https://oauth2.googleapis.com/token',
    scope: 'https://www.googleapis.com/auth/analytics.readonly',
    iat: now,
    exp: now + 3600,
  });
  const signature = createSign('RSA-SHA256')
    .update(`${head}.${body}`)
    .sign(account['private_key'] ?? '', 'base64url');
  return `${head}.${body}.${signature}`;
}

function stsAsk(fields: Fields): Ask {
  const host = `sts.${fields['region']}.amazonaws.com`;
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const signed = signAws(
    {
      host,
      path: '/',
      method: 'POST',
      service: 'sts',
      region: fields['region'] ?? '',
      headers: { ...FORM, Accept: 'application/json' },
      body,
    },
    {
      accessKeyId: fields['access_key_id'] ?? '',
      secretAccessKey: fields['secret_access_key'] ?? '',
      ...(fields['session_token'] && { sessionToken: fields['session_token'] }),
    },
  );
  return { host, method: 'POST', path: '/', headers: signed.headers as Record<string, string>, body };
}

function payuIndiaAsk(fields: Fields): Ask {
  const sent = { key: fields['merchant_key'] ?? '', command: 'verify_payment', var1: 'no-such-transaction' };
  const hash = createHash('sha512')
    .update([...Object.values(sent), fields['merchant_salt']].join('|'))
    .digest('hex');
  return form('info.payu.in', '/merchant/postservice.php?form=2', { ...sent, hash });
}

const clientPair = (fields: Fields): Record<string, string> => ({
  client_id: fields['client_id'] ?? '',
  client_secret: fields['client_secret'] ?? '',
});

/** Service id → its documented request. For a token exchange: the exchange. */
export const ASKS: Readonly<Record<string, AskFor>> = {
  openai: bearer('api.openai.com', '/v1/models', 'api_key'),
  anthropic: header('api.anthropic.com', '/v1/models?limit=1', 'x-api-key', 'api_key', {
    'anthropic-version': '2023-06-01',
  }),
  openrouter: bearer('openrouter.ai', '/api/v1/key', 'api_key'),
  cohere: bearer('api.cohere.com', '/v1/check-api-key', 'api_key', {}, 'POST'),
  mistral: bearer('api.mistral.ai', '/v1/models', 'api_key'),
  'google-gemini': header(
    'generativelanguage.googleapis.com',
    '/v1beta/models?pageSize=1',
    'x-goog-api-key',
    'api_key',
  ),
  groq: bearer('api.groq.com', '/openai/v1/models', 'api_key'),
  deepseek: bearer('api.deepseek.com', '/user/balance', 'api_key'),
  together: bearer('api.together.ai', '/v1/whoami', 'api_key'),
  perplexity: bearer('api.perplexity.ai', '/async/chat/completions', 'api_key'),
  xai: bearer('api.x.ai', '/v1/api-key', 'api_key'),
  fireworks: bearer('api.fireworks.ai', '/inference/v1/models', 'api_key'),
  huggingface: bearer('huggingface.co', '/api/whoami-v2', 'api_key'),
  replicate: bearer('api.replicate.com', '/v1/account', 'api_key'),
  elevenlabs: header('api.elevenlabs.io', '/v1/user', 'xi-api-key', 'api_key'),
  'azure-openai': header('simulated.openai.azure.com', '/openai/v1/models', 'api-key', 'api_key'),
  stripe: bearer('api.stripe.com', '/v1/account', 'api_key'),
  paypal: (fields) => ({
    ...form('api-m.paypal.com', '/v1/oauth2/token', { grant_type: 'client_credentials' }),
    headers: { ...FORM, ...basicHeader(fields['client_id'] ?? '', fields['client_secret'] ?? '') },
  }),
  razorpay: basic('api.razorpay.com', '/v1/orders?count=1', get('key_id'), get('key_secret')),
  'payu-india': payuIndiaAsk,
  'payu-india-oauth': (fields) =>
    form('accounts.payu.in', '/oauth/token', {
      grant_type: 'client_credentials',
      scope: 'read_payment_links',
      ...clientPair(fields),
    }),
  'payu-gpo': (fields) =>
    form('secure.payu.com', '/pl/standard/user/oauth/authorize', {
      grant_type: 'client_credentials',
      ...clientPair(fields),
    }),
  square: bearer('connect.squareup.com', '/oauth2/token/status', 'access_token', {}, 'POST'),
  mollie: bearer('api.mollie.com', '/v2/profiles/me', 'api_key'),
  braintree: (fields) => ({
    host: 'payments.braintree-api.com',
    method: 'POST',
    path: '/graphql',
    headers: {
      ...JSON_TYPE,
      'braintree-version': '2019-01-01',
      ...basicHeader(fields['public_key'] ?? '', fields['private_key'] ?? ''),
    },
    body: JSON.stringify({ query: 'query { ping }' }),
  }),
  adyen: header('management-live.adyen.com', '/v3/me', 'x-api-key', 'api_key'),
  'google-ads': (fields) =>
    form('oauth2.googleapis.com', '/token', {
      grant_type: 'refresh_token',
      refresh_token: fields['refresh_token'] ?? '',
      ...clientPair(fields),
    }),
  'meta-ads': (fields) => ({
    host: 'graph.facebook.com',
    path: `/v25.0/debug_token?input_token=${fields['access_token']}&access_token=${fields['app_id']}%7C${fields['app_secret']}`,
  }),
  'linkedin-ads': (fields) =>
    form('www.linkedin.com', '/oauth/v2/introspectToken', {
      token: fields['access_token'] ?? '',
      ...clientPair(fields),
    }),
  'x-twitter': bearer('api.x.com', '/2/usage/tweets', 'bearer_token'),
  'tiktok-ads': (fields) => ({
    host: 'business-api.tiktok.com',
    path: `/open_api/v1.3/oauth2/advertiser/get/?app_id=${fields['app_id']}&secret=${fields['app_secret']}`,
    headers: { 'access-token': fields['access_token'] ?? '' },
  }),
  'pinterest-ads': bearer('api.pinterest.com', '/v5/user_account', 'access_token'),
  hubspot: bearer('api.hubapi.com', '/account-info/v3/details', 'access_token'),
  'salesforce-client-credentials': (fields) =>
    form(fields['my_domain_host'] ?? '', '/services/oauth2/token', {
      grant_type: 'client_credentials',
      client_id: fields['consumer_key'] ?? '',
      client_secret: fields['consumer_secret'] ?? '',
    }),
  'salesforce-refresh-token': (fields) =>
    form(fields['my_domain_host'] ?? '', '/services/oauth2/introspect', {
      token: fields['refresh_token'] ?? '',
      token_type_hint: 'refresh_token',
      client_id: fields['consumer_key'] ?? '',
      client_secret: fields['consumer_secret'] ?? '',
    }),
  pipedrive: header('api.pipedrive.com', '/v1/users/me', 'x-api-token', 'api_token'),
  'zoho-crm': (fields) =>
    form(`accounts.zoho.${fields['data_center']}`, '/oauth/v2/token', {
      grant_type: 'refresh_token',
      refresh_token: fields['refresh_token'] ?? '',
      ...clientPair(fields),
    }),
  freshsales: (fields) => ({
    host: `${fields['domain']}.myfreshworks.com`,
    path: '/crm/sales/api/sales_accounts/filters',
    headers: { authorization: `Token token=${fields['api_key']}` },
  }),
  close: basic('api.close.com', '/api/v1/me/', get('api_key'), () => ''),
  copper: (fields) => ({
    host: 'api.copper.com',
    path: '/developer_api/v1/users/me',
    headers: {
      'x-pw-accesstoken': fields['api_key'] ?? '',
      'x-pw-application': 'developer_api',
      'x-pw-useremail': fields['user_email'] ?? '',
    },
  }),
  'twilio-auth-token': (fields) => ({
    host: 'api.twilio.com',
    path: `/2010-04-01/Accounts/${fields['account_sid']}.json`,
    headers: basicHeader(fields['account_sid'] ?? '', fields['auth_token'] ?? ''),
  }),
  'twilio-api-key': basic(
    'verify.twilio.com',
    '/v2/Services?PageSize=1',
    get('api_key_sid'),
    get('api_key_secret'),
  ),
  sendgrid: bearer('api.sendgrid.com', '/v3/scopes', 'api_key'),
  resend: bearer('api.resend.com', '/domains?limit=1', 'api_key'),
  mailgun: basic('api.mailgun.net', '/v3/domains?limit=1', () => 'api', get('api_key')),
  'postmark-server': header(
    'api.postmarkapp.com',
    '/deliverystats',
    'x-postmark-server-token',
    'server_token',
  ),
  'postmark-account': header(
    'api.postmarkapp.com',
    '/domains?count=1&offset=0',
    'x-postmark-account-token',
    'account_token',
  ),
  mailchimp: basic('us6.api.mailchimp.com', '/3.0/ping', () => 'anyone', get('api_key')),
  brevo: header('api.brevo.com', '/v3/account', 'api-key', 'api_key'),
  'slack-bot': bearer('slack.com', '/api/auth.test', 'bot_token', {}, 'POST'),
  'telegram-bot': (fields) => ({ host: 'api.telegram.org', path: `/bot${fields['bot_token']}/getMe` }),
  'whatsapp-cloud': bearer('graph.facebook.com', '/v22.0/me', 'access_token'),
  vonage: basic('rest.nexmo.com', '/account/get-balance', get('api_key'), get('api_secret')),
  messagebird: (fields) => ({
    host: 'rest.messagebird.com',
    path: '/balance',
    headers: { authorization: `AccessKey ${fields['access_key']}` },
  }),
  bird: (fields) => ({
    host: 'api.bird.com',
    path: `/workspaces/${fields['workspace_id']}/channels?limit=1`,
    headers: { authorization: `AccessKey ${fields['access_key']}` },
  }),
  'google-analytics-service-account': (fields) =>
    form('oauth2.googleapis.com', '/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: googleAssertion(fields),
    }),
  'mixpanel-service-account': basic('mixpanel.com', '/api/app/me', get('username'), get('secret')),
  amplitude: basic('amplitude.com', '/api/2/events/list', get('api_key'), get('secret_key')),
  posthog: bearer('us.posthog.com', '/api/personal_api_keys/@current/', 'personal_api_key'),
  'segment-public-api': bearer('api.segmentapis.com', '/', 'token'),
  'segment-write-key': (fields) => ({
    host: 'cdn.segment.com',
    path: `/v1/projects/${fields['write_key']}/settings`,
  }),
  plausible: (fields) => ({
    host: 'plausible.io',
    method: 'POST',
    path: '/api/v2/query',
    headers: { ...JSON_TYPE, ...bearerHeader(fields['api_key']) },
    body: JSON.stringify({ site_id: fields['site_id'], metrics: ['visitors'], date_range: 'day' }),
  }),
  shopify: (fields) => ({
    host: fields['shop_domain'] ?? '',
    path: '/admin/oauth/access_scopes.json',
    headers: { 'x-shopify-access-token': fields['access_token'] ?? '' },
  }),
  woocommerce: basic(
    'shop.example.com',
    '/wp-json/wc/v3/products/categories?per_page=1',
    get('consumer_key'),
    get('consumer_secret'),
  ),
  github: bearer('api.github.com', '/user', 'token', { 'user-agent': 'simulated' }),
  gitlab: header('gitlab.com', '/api/v4/personal_access_tokens/self', 'private-token', 'token'),
  notion: bearer('api.notion.com', '/v1/users/me', 'token', { 'notion-version': '2022-06-28' }),
  airtable: bearer('api.airtable.com', '/v0/meta/whoami', 'token'),
  calendly: bearer('api.calendly.com', '/users/me', 'token'),
  zendesk: (fields) => ({
    host: `${fields['subdomain']}.zendesk.com`,
    path: '/api/v2/users/me.json',
    headers: basicHeader(`${fields['email']}/token`, fields['api_token'] ?? ''),
  }),
  intercom: bearer('api.intercom.io', '/me', 'access_token'),
  'google-maps': (fields) => ({
    host: 'maps.googleapis.com',
    path: `/maps/api/geocode/json?address=Berlin&key=${fields['api_key']}`,
  }),
  'cloudflare-user-token': bearer('api.cloudflare.com', '/client/v4/user/tokens/verify', 'api_token'),
  'cloudflare-account-token': (fields) => ({
    host: 'api.cloudflare.com',
    path: `/client/v4/accounts/${fields['account_id']}/tokens/verify`,
    headers: bearerHeader(fields['api_token']),
  }),
  aws: stsAsk,
  algolia: (fields) => ({
    host: `${fields['app_id']}.algolia.net`,
    path: `/1/keys/${fields['api_key']}`,
    headers: {
      'x-algolia-api-key': fields['api_key'] ?? '',
      'x-algolia-application-id': fields['app_id'] ?? '',
    },
  }),
  typeform: bearer('api.typeform.com', '/me', 'token'),
  asana: bearer('app.asana.com', '/api/1.0/users/me?opt_fields=gid,name,email', 'token'),
  jira: (fields) => ({
    host: `${fields['site']}.atlassian.net`,
    path: '/rest/api/3/myself',
    headers: basicHeader(fields['email'] ?? '', fields['api_token'] ?? ''),
  }),
  'atlassian-admin': bearer('api.atlassian.com', '/admin/v1/orgs', 'api_key'),
};
