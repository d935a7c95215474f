/** Voice, text and mail, first part. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

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

export const MESSAGING_PROVIDERS = [twilioAuthToken, sendgrid];
