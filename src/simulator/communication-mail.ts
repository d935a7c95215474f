/** Mail: Resend, Mailgun, Postmark, Mailchimp and Brevo. */
import { basic, bearer, header, type CredentialPlace } from './credential-places';
import { publish, type Reply, type Route, type ServiceDefinition } from './define-service';
import { fakeHex, fakeText, fakeUuid } from './fake-values';
import { atHosts } from './regional-routes';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const resendError = (statusCode: number, name: string, message: string): SimulatedReply => ({
  status: statusCode,
  body: { statusCode, name, message },
});

/** https://resend.com/docs/api-reference/errors : 401 for a live sending-only key, 403 for an unknown one. */
export const resend: ServiceDefinition = {
  id: 'resend',
  hosts: ['api.resend.com'],
  credentials: publish('resend', ['limited', 'revoked'], (tag) => ({
    api_key: `re_${fakeText(`${tag} a`, 8)}_${fakeText(tag, 24)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/domains',
      place: bearer('api_key'),
      missing: resendError(401, 'missing_api_key', 'Missing API key in the authorization header'),
      replies: {
        dead: resendError(403, 'invalid_api_key', 'API key is invalid'),
        // Seen in practice beside the documented one.
        revoked: resendError(400, 'validation_error', 'API key is invalid'),
        limited: resendError(401, 'restricted_api_key', 'This API key is restricted to only send emails'),
        good: ok({
          object: 'list',
          has_more: false,
          data: [
            {
              id: fakeUuid('resend domain'),
              name: 'simulated.example',
              status: 'verified',
              region: 'eu-west-1',
            },
          ],
        }),
      },
    },
  ],
  notFound: resendError(404, 'not_found', 'The requested endpoint does not exist'),
  wrongMethod: resendError(405, 'method_not_allowed', 'Method is not allowed for the requested path'),
  rateLimited: resendError(
    429,
    'rate_limit_exceeded',
    'Too many requests. You can only make 2 requests per second.',
  ),
  outage: resendError(500, 'internal_server_error', 'Something went wrong.'),
};

const mailgunKey = (tag: string): string =>
  `${fakeHex(`${tag} a`, 32)}-${fakeHex(`${tag} b`, 8)}-${fakeHex(`${tag} c`, 8)}`;

/** https://documentation.mailgun.com/docs/mailgun/api-reference/authentication/ */
export const mailgun: ServiceDefinition = {
  id: 'mailgun',
  hosts: ['api.mailgun.net', 'api.eu.mailgun.net'],
  credentials: {
    ...publish('mailgun', ['forbidden'], (tag) => ({ api_key: mailgunKey(tag), region: 'us' })),
    regionEu: { api_key: mailgunKey('mailgun eu'), region: 'eu' },
  },
  routes: ['/v3/domains', '/v4/domains'].flatMap((path) =>
    atHosts(
      'region',
      { us: 'api.mailgun.net', eu: 'api.eu.mailgun.net' },
      {
        method: 'GET',
        path,
        place: basic('=api', 'api_key'),
        replies: {
          dead: { status: 401, body: 'Forbidden' },
          forbidden: { status: 403, body: { message: 'Forbidden' } },
          good: ok({
            total_count: 1,
            items: [{ name: 'mg.simulated.example', state: 'active', is_disabled: false, type: 'custom' }],
          }),
        },
      },
    ),
  ),
  notFound: { status: 404, body: '404 page not found' },
  rateLimited: { status: 429, body: { message: 'Too many requests' } },
  outage: { status: 500, body: { message: 'Internal Server Error' } },
};

const postmarkError = (status: number, ErrorCode: number, Message: string): SimulatedReply => ({
  status,
  body: { ErrorCode, Message },
});
const postmarkCommon = {
  hosts: ['api.postmarkapp.com'],
  notFound: { status: 404, body: '' },
  rateLimited: postmarkError(429, 429, 'Rate limit exceeded.'),
  outage: postmarkError(500, 500, 'Internal Server Error'),
};
const postmarkMissing = postmarkError(
  401,
  10,
  'No Account or Server API tokens were supplied in the HTTP headers. Please add a header for either X-Postmark-Server-Token or X-Postmark-Account-Token.',
);

const postmarkServerRoute = (path: string, good: Reply): Route => ({
  method: 'GET',
  path,
  place: header('x-postmark-server-token', 'server_token'),
  missing: postmarkMissing,
  replies: { good, dead: postmarkError(401, 10, 'Request does not contain a valid Server token.') },
});

/** https://postmarkapp.com/developer/api/server-api */
export const postmarkServer: ServiceDefinition = {
  id: 'postmark-server',
  credentials: publish('postmark-server', [], (tag) => ({ server_token: fakeUuid(tag) })),
  routes: [
    postmarkServerRoute('/deliverystats', ok({ InactiveMails: 0, Bounces: [{ Name: 'All', Count: 0 }] })),
    // The real reply lists the server's tokens in clear.
    postmarkServerRoute('/server', ({ fields }) =>
      ok({
        ID: 1,
        Name: 'Simulated',
        ApiTokens: [fields['server_token']],
        DeliveryType: 'Live',
        SmtpApiActivated: true,
      }),
    ),
  ],
  ...postmarkCommon,
};

/** https://postmarkapp.com/developer/api/domains-api */
export const postmarkAccount: ServiceDefinition = {
  id: 'postmark-account',
  credentials: publish('postmark-account', [], (tag) => ({ account_token: fakeUuid(tag) })),
  routes: [
    {
      method: 'GET',
      path: '/domains',
      place: header('x-postmark-account-token', 'account_token'),
      missing: postmarkMissing,
      replies: {
        good: ok({ TotalCount: 1, Domains: [{ Name: 'simulated.example', ID: 1 }] }),
        dead: postmarkError(401, 10, 'Request does not contain a valid Account token.'),
      },
    },
  ],
  ...postmarkCommon,
};

const mailchimpError = (status: number, title: string, detail: string): SimulatedReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: {
    type: 'https://mailchimp.com/developer/marketing/docs/errors/',
    title,
    status,
    detail,
    instance: fakeUuid('mailchimp'),
  },
});

/** The user name is free; the data centre in the host must be the one in the key. */
const mailchimpKey: CredentialPlace = {
  read(request) {
    const fields = basic('*', 'api_key').read(request);
    return fields?.['api_key']?.endsWith(`-${request.host.split('.')[0]}`) ? fields : null;
  },
};
const mailchimpRoute = (path: string, good: Reply): Route => ({
  method: 'GET',
  path,
  place: mailchimpKey,
  replies: {
    good,
    dead: mailchimpError(
      401,
      'API Key Invalid',
      "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
    ),
    disabled: mailchimpError(403, 'User Disabled', 'This account has been deactivated.'),
  },
});

/** https://mailchimp.com/developer/marketing/api/ping/ */
export const mailchimp: ServiceDefinition = {
  id: 'mailchimp',
  hosts: [/^us[0-9]{1,2}\.api\.mailchimp\.com$/],
  credentials: publish('mailchimp', ['disabled'], (tag) => ({ api_key: `${fakeHex(tag, 32)}-us6` })),
  routes: [
    mailchimpRoute('/3.0/ping', ok({ health_status: "Everything's Chimpy!" })),
    mailchimpRoute('/3.0/', ({ account }) =>
      ok({
        account_id: fakeHex(`mailchimp ${account}`, 25),
        account_name: account,
        role: 'owner',
        email: 'simulated@example.com',
      }),
    ),
  ],
  notFound: mailchimpError(404, 'Resource Not Found', 'The requested resource could not be found.'),
  wrongMethod: mailchimpError(
    405,
    'Method Not Allowed',
    'The requested method and resource are not compatible.',
  ),
  rateLimited: mailchimpError(
    429,
    'Too Many Requests',
    'You have exceeded the limit of 10 simultaneous connections.',
  ),
  outage: mailchimpError(500, 'Internal Server Error', 'An unexpected internal error has occurred.'),
};

const brevoError = (status: number, code: string, message: string): SimulatedReply => ({
  status,
  body: { code, message },
});

/** https://developers.brevo.com/reference/get-account */
export const brevo: ServiceDefinition = {
  id: 'brevo',
  hosts: ['api.brevo.com'],
  credentials: publish('brevo', ['forbidden', 'foreignAddress'], (tag) => ({
    api_key: `xkeysib-${fakeHex(tag, 64)}-${fakeText(tag, 16)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/v3/account',
      place: header('api-key', 'api_key'),
      missing: brevoError(401, 'unauthorized', 'authentication not found in headers'),
      replies: {
        dead: brevoError(401, 'unauthorized', 'Key not found'),
        forbidden: brevoError(
          403,
          'permission_denied',
          'You do not have permission to access this resource.',
        ),
        // 401 although the key may be right.
        foreignAddress: brevoError(
          401,
          'unauthorized',
          'We have detected you are using an unrecognised IP address 203.0.113.7. If you performed this action make sure to add the new IP address in this link: https://app.brevo.com/security/authorised_ips',
        ),
        good: ({ account }) =>
          ok({
            organization_id: fakeHex(`brevo ${account}`, 24),
            email: 'simulated@example.com',
            firstName: 'Simulated',
            companyName: account,
            plan: [{ type: 'free', creditsType: 'sendLimit', credits: 300 }],
            relay: { enabled: true },
            marketingAutomation: { enabled: false },
          }),
      },
    },
  ],
  notFound: brevoError(404, 'document_not_found', 'Path not found'),
  wrongMethod: brevoError(405, 'method_not_allowed', 'Method not allowed'),
  rateLimited: brevoError(429, 'too_many_requests', 'API rate limit reached'),
};
