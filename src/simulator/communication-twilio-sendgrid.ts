/** Twilio and its SendGrid. */
import { basic, bearer, both, implied } from './credential-places';
import type { Call, ServiceDefinition } from './define-service';
import { fakeHex, fakeText } from './fake-values';
import type { SimulatedReply } from './service';

function twilioError(status: number, code: number, message: string): SimulatedReply {
  return { status, body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } };
}

const twilioDead = twilioError(401, 20003, 'Authenticate');
const twilioCommon = {
  notFound: twilioError(404, 20404, 'The requested resource was not found'),
  wrongMethod: twilioError(405, 20004, 'Method not allowed'),
  rateLimited: twilioError(429, 20429, 'Too Many Requests'),
  outage: twilioError(503, 20503, 'Service is temporarily unavailable'),
};
const accountSid = (tag: string): string => `AC${fakeHex(`twilio account ${tag}`, 32)}`;

/** The reply shows the account's auth token in clear, as the real one does. */
function twilioAccount({ fields, variant }: Call): SimulatedReply {
  const sid = fields['account_sid'] ?? '';
  const uri = `/2010-04-01/Accounts/${sid}.json`;
  return {
    status: 200,
    body: {
      sid,
      owner_account_sid: sid,
      friendly_name: 'Simulated account',
      status: variant === 'suspended' ? 'suspended' : 'active',
      type: 'Full',
      auth_token: fields['auth_token'],
      date_created: 'Thu, 01 Jan 2026 00:00:00 +0000',
      date_updated: 'Thu, 01 Jan 2026 00:00:00 +0000',
      uri,
      subresource_uris: { messages: `/2010-04-01/Accounts/${sid}/Messages.json` },
    },
  };
}

const authToken = (sid: string, tag: string): Record<string, string> => ({
  account_sid: accountSid(sid),
  auth_token: fakeHex(`twilio token ${tag}`, 32),
});

/** https://www.twilio.com/docs/iam/api/account */
export const twilioAuthToken: ServiceDefinition = {
  id: 'twilio-auth-token',
  hosts: ['api.twilio.com'],
  credentials: {
    good: authToken('good', 'good'),
    /** The secondary auth token of the same account. */
    second: authToken('good', 'second'),
    otherAccount: authToken('other', 'other'),
    dead: authToken('good', 'dead'),
    /** The right credential of an account that cannot be used. */
    suspended: authToken('suspended', 'suspended'),
  },
  routes: [
    {
      method: 'GET',
      path: '/2010-04-01/Accounts/{account_sid}.json',
      place: basic('account_sid', 'auth_token'),
      replies: { good: twilioAccount, dead: twilioDead },
    },
    {
      method: 'GET',
      path: '/2010-04-01/Accounts/{account_sid}/Balance.json',
      place: basic('account_sid', 'auth_token'),
      replies: {
        good: ({ fields }) => ({
          status: 200,
          body: { account_sid: fields['account_sid'], balance: '12.34', currency: 'EUR' },
        }),
        dead: twilioDead,
      },
    },
  ],
  ...twilioCommon,
};

const apiKey = (tag: string): Record<string, string> => ({
  account_sid: accountSid('good'),
  api_key_sid: `SK${fakeHex(`twilio key ${tag}`, 32)}`,
  api_key_secret: fakeText(`twilio ${tag}`, 32),
});

/** https://www.twilio.com/docs/iam/api-keys */
export const twilioApiKey: ServiceDefinition = {
  id: 'twilio-api-key',
  hosts: ['verify.twilio.com', 'api.twilio.com'],
  credentials: {
    good: apiKey('good'),
    second: apiKey('second'),
    dead: apiKey('dead'),
    /** Error 70051: suspended, foreign, or restricted. Twilio does not say which. */
    limited: apiKey('limited'),
  },
  routes: [
    {
      method: 'GET',
      host: 'verify.twilio.com',
      path: '/v2/Services',
      place: basic('api_key_sid', 'api_key_secret'),
      replies: {
        dead: twilioDead,
        limited: twilioError(403, 70051, 'Authorization Failed'),
        good: ({ fields }) => ({
          status: 200,
          body: {
            services: [
              {
                sid: `VA${fakeHex('twilio service', 32)}`,
                account_sid: fields['account_sid'],
                friendly_name: 'Simulated service',
                code_length: 6,
              },
            ],
            meta: { key: 'services', page: 0, page_size: 1, next_page_url: null, previous_page_url: null },
          },
        }),
      },
    },
    {
      method: 'GET',
      host: 'api.twilio.com',
      path: '/2010-04-01/Accounts/{account_sid}/IncomingPhoneNumbers.json',
      place: basic('api_key_sid', 'api_key_secret'),
      replies: {
        dead: twilioDead,
        limited: twilioError(403, 70051, 'Authorization Failed'),
        good: { status: 200, body: { incoming_phone_numbers: [], page: 0, page_size: 1 } },
      },
    },
  ],
  ...twilioCommon,
};

function sendgridError(status: number, message: string): SimulatedReply {
  return { status, body: { errors: [{ message, field: null, help: null }] } };
}

const sendgridKey = (tag: string): string =>
  `SG.${fakeText(`sendgrid ${tag} 1`, 22)}.${fakeText(`sendgrid ${tag} 2`, 43)}`;
const sendgridDead = sendgridError(401, 'The provided authorization grant is invalid, expired, or revoked');
const sendgridScopes = {
  dead: sendgridDead,
  limited: sendgridError(403, 'access forbidden'),
  good: { status: 200, body: { scopes: ['api_keys.read', 'mail.send', 'user.profile.read'] } },
};
const sendgridMissing = sendgridError(401, 'Permission denied, wrong credentials');

/** https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions */
export const sendgrid: ServiceDefinition = {
  id: 'sendgrid',
  hosts: ['api.sendgrid.com', 'api.eu.sendgrid.com'],
  credentials: {
    good: { api_key: sendgridKey('good') },
    second: { api_key: sendgridKey('second') },
    dead: { api_key: sendgridKey('dead') },
    limited: { api_key: sendgridKey('limited') },
    /** A key of the European region: unknown to the global host. */
    regionEu: { api_key: sendgridKey('regionEu'), region: 'eu' },
  },
  routes: [
    {
      method: 'GET',
      host: 'api.sendgrid.com',
      path: '/v3/scopes',
      place: bearer('api_key'),
      missing: sendgridMissing,
      replies: { ...sendgridScopes, regionEu: sendgridDead },
    },
    {
      method: 'GET',
      host: 'api.eu.sendgrid.com',
      path: '/v3/scopes',
      place: both(bearer('api_key'), implied({ region: 'eu' })),
      missing: sendgridMissing,
      replies: sendgridScopes,
    },
  ],
  notFound: sendgridError(404, 'not found'),
  wrongMethod: sendgridError(405, 'method not allowed'),
  rateLimited: sendgridError(429, 'too many requests'),
  outage: sendgridError(500, 'internal server error'),
};
