/** Voice, text and mail, first part. */
import { accept, limit, oneStep, reject, undecided } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const twilioAuthToken = defineProvider({
  id: 'twilio-auth-token',
  aliases: ['twilio'],
  name: 'Twilio (Account SID + Auth Token)',
  category: 'communication',
  docsUrl: 'https://www.twilio.com/docs/iam/api/account',
  fields: {
    account_sid: plainField('Account SID', `AC${'0'.repeat(32)}`, { pattern: /^AC[0-9a-fA-F]{32}$/ }),
    auth_token: secretField('Auth token', '0'.repeat(32), { pattern: /^[0-9a-f]{32}$/ }),
  },
  hosts: ['api.twilio.com'],
  // The reply repeats the auth token in clear, hence the short list of details.
  probe: oneStep({
    method: 'GET',
    url: 'https://api.twilio.com/2010-04-01/Accounts/{account_sid}.json',
    auth: { scheme: 'basic', username: '{account_sid}', password: '{auth_token}' },
    rules: [
      limit({ status: 200, body: { status: ['suspended', 'closed'], sid: { sameAs: 'account_sid' } } }),
      accept({ status: 200, body: { sid: { sameAs: 'account_sid' } } }),
      reject({ status: 401 }),
    ],
    details: { account_status: 'status', account_type: 'type', friendly_name: 'friendly_name' },
    account: ['sid'],
  }),
  rotation: 'two-slot',
  revocation: {
    meaning:
      'Promoting the secondary token ends the primary one; deleting the secondary token ends that one.',
    url: 'https://console.twilio.com/us1/account/keys-credentials/api-keys',
  },
  propagationSeconds: 10,
});

const sendgrid = defineProvider({
  id: 'sendgrid',
  name: 'SendGrid',
  category: 'communication',
  docsUrl: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys',
  fields: {
    api_key: secretField('API key', `SG.${'x'.repeat(22)}.${'x'.repeat(43)}`, {
      pattern: /^SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/,
    }),
    region: plainField('Region', 'global', { required: false, choices: ['global', 'eu'] }),
  },
  hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/v3/scopes',
      auth: { scheme: 'bearer', token: '{api_key}' },
      rules: [
        accept({ status: 200, body: { scopes: { is: 'array' } } }),
        reject({ status: 401 }),
        limit({ status: 403 }),
      ],
      details: { scopes: 'scopes' },
    },
    { host: { from: 'region', choose: { eu: 'api.eu.sendgrid.com' }, otherwise: 'api.sendgrid.com' } },
  ),
  rotation: 'self-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://app.sendgrid.com/settings/api_keys',
  },
  propagationSeconds: 10,
});

const twilioApiKey = defineProvider({
  id: 'twilio-api-key',
  name: 'Twilio (API key)',
  category: 'communication',
  docsUrl: 'https://www.twilio.com/docs/iam/api-keys',
  fields: {
    account_sid: plainField('Account SID', `AC${'0'.repeat(32)}`, { pattern: /^AC[0-9a-fA-F]{32}$/ }),
    api_key_sid: plainField('API key SID', `SK${'0'.repeat(32)}`, { pattern: /^SK[0-9a-fA-F]{32}$/ }),
    api_key_secret: secretField('API key secret', 'x'.repeat(32), { pattern: /^[0-9a-zA-Z]{32}$/ }),
  },
  hosts: ['verify.twilio.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://verify.twilio.com/v2/Services',
    query: { PageSize: '1' },
    auth: { scheme: 'basic', username: '{api_key_sid}', password: '{api_key_secret}' },
    // Error 70051 stays undecided: Twilio gives it to unknown keys and to restricted live ones.
    rules: [
      accept({ status: 200, body: { services: { is: 'array' } } }),
      reject({ status: 401, body: { code: 20003 } }),
    ],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://console.twilio.com/us1/account/keys-credentials/api-keys',
  },
  propagationSeconds: 10,
});

const resend = defineProvider({
  id: 'resend',
  name: 'Resend',
  category: 'communication',
  docsUrl: 'https://resend.com/docs/api-reference',
  fields: {
    api_key: secretField('API key', `re_${'x'.repeat(8)}_${'x'.repeat(24)}`, {
      pattern: /^re_[A-Za-z0-9_]+$/,
    }),
  },
  hosts: ['api.resend.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.resend.com/domains',
    query: { limit: '1' },
    auth: { scheme: 'bearer', token: '{api_key}' },
    // The name decides: 401 is a live key that may only send, 403 is a bad one.
    rules: [
      accept({ status: 200, body: { data: { is: 'array' } } }),
      limit({ status: 401, body: { name: 'restricted_api_key' } }),
      reject({ status: [401, 403], body: { name: 'invalid_api_key' } }),
      reject({ status: 400, body: { message: /api key is invalid/i } }),
    ],
  }),
  rotation: 'self-mint',
  revocation: { meaning: 'The key is deleted and stops at once.', url: 'https://resend.com/api-keys' },
  propagationSeconds: 10,
});

const mailgun = defineProvider({
  id: 'mailgun',
  name: 'Mailgun',
  category: 'communication',
  docsUrl: 'https://documentation.mailgun.com/docs/mailgun/api-reference/authentication/',
  fields: {
    api_key: secretField('API key', `${'0'.repeat(32)}-00000000-00000000`, {
      pattern: /^(key-[a-z0-9]{32}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}|[A-Za-z0-9-]{72})$/,
    }),
    region: choiceField('Region', ['us', 'eu']),
  },
  hosts: ['api.mailgun.net', 'api.eu.mailgun.net'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/v3/domains',
      query: { limit: '1' },
      auth: { scheme: 'basic', username: 'api', password: '{api_key}' },
      rules: [accept({ status: 200, body: { items: { is: 'array' } } }), reject({ status: 401 })],
    },
    { host: { from: 'region', choose: { us: 'api.mailgun.net', eu: 'api.eu.mailgun.net' } } },
  ),
  rotation: 'self-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://app.mailgun.com/settings/api_security',
  },
  propagationSeconds: 10,
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const postmarkServer = defineProvider({
  id: 'postmark-server',
  aliases: ['postmark'],
  name: 'Postmark (server token)',
  category: 'communication',
  docsUrl: 'https://postmarkapp.com/developer/api/overview',
  fields: {
    server_token: secretField('Server API token', '00000000-0000-0000-0000-000000000000', { pattern: UUID }),
  },
  hosts: ['api.postmarkapp.com'],
  // Not /server: that reply lists all tokens of the server in clear.
  probe: oneStep({
    method: 'GET',
    url: 'https://api.postmarkapp.com/deliverystats',
    auth: { scheme: 'header', name: 'x-postmark-server-token', value: '{server_token}' },
    rules: [
      accept({ status: 200, body: { InactiveMails: { is: 'number' } } }),
      reject({ status: 401, body: { ErrorCode: 10 } }),
    ],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the server settings; a server can have several.',
    url: 'https://account.postmarkapp.com/servers',
  },
});

const postmarkAccount = defineProvider({
  id: 'postmark-account',
  name: 'Postmark (account token)',
  category: 'communication',
  docsUrl: 'https://postmarkapp.com/developer/api/overview',
  fields: {
    account_token: secretField('Account API token', '00000000-0000-0000-0000-000000000000', {
      pattern: UUID,
    }),
  },
  hosts: ['api.postmarkapp.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.postmarkapp.com/domains',
    query: { count: '1', offset: '0' },
    auth: { scheme: 'header', name: 'x-postmark-account-token', value: '{account_token}' },
    rules: [
      accept({ status: 200, body: { TotalCount: { is: 'number' } } }),
      reject({ status: 401, body: { ErrorCode: 10 } }),
    ],
    details: { domains: 'TotalCount' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the account settings.',
    url: 'https://account.postmarkapp.com/api_tokens',
  },
});

const brevo = defineProvider({
  id: 'brevo',
  aliases: ['sendinblue'],
  name: 'Brevo (Sendinblue)',
  category: 'communication',
  docsUrl: 'https://developers.brevo.com/',
  fields: {
    api_key: secretField('API v3 key', `xkeysib-${'0'.repeat(64)}-${'x'.repeat(16)}`, {
      pattern: /^xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}$/,
    }),
  },
  hosts: ['api.brevo.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.brevo.com/v3/account',
    auth: { scheme: 'header', name: 'api-key', value: '{api_key}' },
    rules: [
      accept({ status: 200, body: { email: { is: 'string' } } }),
      // The account takes calls from listed addresses only: nothing is said of the key.
      undecided({ status: 401, body: { message: /\bip\b/i } }),
      reject({ status: 401 }),
    ],
    account: ['organization_id', 'companyName'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the settings.',
    url: 'https://app.brevo.com/settings/keys/api',
  },
});

export const MESSAGING_PROVIDERS = [
  twilioAuthToken,
  twilioApiKey,
  sendgrid,
  resend,
  mailgun,
  postmarkServer,
  postmarkAccount,
  brevo,
];
