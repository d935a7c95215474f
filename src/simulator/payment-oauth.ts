/** Payment providers that exchange a client pair for a token, and PayU India's signed form. */
import { createHash } from 'node:crypto';
import { basic, bearer, exchanged, form, formOf, type CredentialPlace } from './credential-places';
import { atHosts } from './regional-routes';
import { publish, type Call, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText, fakeUuid } from './fake-values';
import type { Fields, SimulatedReply, SimulatedRequest } from './service';

const oauthError = (status: number, error: string, description: string): SimulatedReply => ({
  status,
  body: { error, error_description: description },
});

const needsClientCredentials = (request: SimulatedRequest): SimulatedReply | null =>
  new URLSearchParams(request.body).get('grant_type') === 'client_credentials'
    ? null
    : oauthError(400, 'unsupported_grant_type', 'The grant type is not supported.');

/** A credential of each environment: the published ones are of the first, `otherEnvironment` is of the second. */
function inEnvironments(id: string, [main, other]: readonly [string, string], make: (tag: string) => Fields) {
  return {
    ...publish(id, [], (tag) => ({ ...make(tag), environment: main })),
    otherEnvironment: { ...make(`${id} otherEnvironment`), environment: other },
  };
}

const PAYPAL_HOSTS = { live: 'api-m.paypal.com', sandbox: 'api-m.sandbox.paypal.com' };

/** https://developer.paypal.com/api/rest/authentication/ */
export const paypal: ServiceDefinition = {
  id: 'paypal',
  hosts: Object.values(PAYPAL_HOSTS),
  credentials: inEnvironments('paypal', ['live', 'sandbox'], (tag) => ({
    client_id: `A${fakeText(`${tag} id`, 79)}`,
    client_secret: `E${fakeText(`${tag} secret`, 79)}`,
  })),
  routes: [
    ...atHosts('environment', PAYPAL_HOSTS, {
      method: 'POST',
      path: '/v1/oauth2/token',
      requires: needsClientCredentials,
      place: basic('client_id', 'client_secret'),
      replies: {
        good: (call) => ({
          status: 200,
          body: {
            scope: 'https://uri.paypal.com/services/invoicing openid',
            access_token: call.issueToken('A21AAsimulated'),
            token_type: 'Bearer',
            app_id: 'APP-80W284485P519543T',
            expires_in: 32_400,
            nonce: `2026-01-01T00:00:00Z${fakeText('paypal nonce', 43)}`,
          },
        }),
        dead: oauthError(401, 'invalid_client', 'Client Authentication failed'),
      },
    }),
    ...atHosts('environment', PAYPAL_HOSTS, {
      method: 'GET',
      path: '/v1/identity/oauth2/userinfo',
      place: exchanged(bearer),
      replies: {
        good: ({ account }) => ({
          status: 200,
          body: {
            user_id: `https://www.paypal.com/webapps/auth/identity/user/${account}`,
            payer_id: fakeText(account, 13),
            verified_account: 'true',
          },
        }),
        dead: oauthError(401, 'invalid_token', 'Token signature verification failed'),
      },
    }),
  ],
  rateLimited: {
    status: 429,
    body: { name: 'RATE_LIMIT_REACHED', message: 'Too many requests. Blocked due to rate limiting.' },
  },
  outage: { status: 503, body: { name: 'SERVICE_UNAVAILABLE', message: 'Service Unavailable.' } },
};

/** The salt never travels: it proves itself in sha512(key|command|var1|salt). */
const signedForm: CredentialPlace = {
  read: (request) => {
    const merchantKey = formOf(request)?.get('key');
    return merchantKey && formOf(request)?.get('hash') ? { merchant_key: merchantKey } : null;
  },
  proves(request, fields) {
    const sent = formOf(request);
    const parts = [fields['merchant_key'], sent?.get('command'), sent?.get('var1'), fields['merchant_salt']];
    return sent?.get('hash') === createHash('sha512').update(parts.join('|')).digest('hex');
  },
};

const PAYU_INDIA_HOSTS = { production: 'info.payu.in', test: 'test.payu.in' };
const payuMessage = (msg: string): SimulatedReply => ({ status: 200, body: { status: 0, msg } });

/** An unknown transaction also has status 0: only `transaction_details` tells that the pair is right. */
function payuTransaction({ request }: Call): SimulatedReply {
  const sent = formOf(request);
  if (sent?.get('command') !== 'verify_payment') return payuMessage('Invalid command');
  return {
    status: 200,
    body: {
      status: 0,
      msg: '0 out of 1 Transactions Fetched Successfully',
      transaction_details: { [sent.get('var1') ?? '']: { mihpayid: 'Not Found', status: 'Not Found' } },
    },
  };
}

/** https://docs.payu.in/reference/verify_payment_api */
export const payuIndia: ServiceDefinition = {
  id: 'payu-india',
  hosts: Object.values(PAYU_INDIA_HOSTS),
  credentials: {
    ...inEnvironments('payu-india', ['production', 'test'], (tag) => ({
      merchant_key: fakeText(`${tag} key`, 6),
      merchant_salt: fakeText(`${tag} salt`, 32),
    })),
    /** A further salt of the same merchant. */
    second: {
      merchant_key: fakeText('payu-india good key', 6),
      merchant_salt: fakeText('payu-india second salt', 32),
      environment: 'production',
    },
    /** The key of the good pair with another salt. */
    badSignature: {
      merchant_key: fakeText('payu-india good key', 6),
      merchant_salt: fakeText('payu-india badSignature salt', 32),
      environment: 'production',
    },
  },
  routes: atHosts('environment', PAYU_INDIA_HOSTS, {
    method: 'POST',
    path: '/merchant/postservice.php',
    requires: ({ query }) =>
      query.get('form') === '2' ? null : { status: 200, body: 'a:2:{s:6:"status";i:0;}' },
    place: signedForm,
    missing: payuMessage('Parameter missing'),
    replies: {
      good: payuTransaction,
      dead: payuMessage('Invalid merchant key'),
      badSignature: payuMessage('Invalid Hash.'),
    },
  }),
};

const PAYU_OAUTH_HOSTS = { production: 'accounts.payu.in', test: 'uat-accounts.payu.in' };
const payuClient = form({ client_id: 'client_id', client_secret: 'client_secret' });
const payuInvalidClient = oauthError(
  401,
  'invalid_client',
  'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
);

/** https://docs.payu.in/reference/get-token-api */
export const payuIndiaOauth: ServiceDefinition = {
  id: 'payu-india-oauth',
  hosts: Object.values(PAYU_OAUTH_HOSTS),
  credentials: inEnvironments('payu-india-oauth', ['production', 'test'], (tag) => ({
    client_id: fakeHex(`${tag} id`, 64),
    client_secret: fakeHex(`${tag} secret`, 64),
  })),
  routes: [
    ...atHosts('environment', PAYU_OAUTH_HOSTS, {
      method: 'POST',
      path: '/oauth/token',
      requires: (request) =>
        needsClientCredentials(request) ??
        (formOf(request)?.get('scope')
          ? null
          : oauthError(400, 'invalid_scope', 'The requested scope is invalid, unknown, or malformed.')),
      place: payuClient,
      replies: {
        good: (call) => ({
          status: 200,
          body: {
            access_token: call.issueToken(''),
            token_type: 'Bearer',
            expires_in: 7199,
            scope: 'read_payment_links',
            created_at: 1_767_225_600,
            user_uuid: fakeUuid(`payu ${call.account}`),
          },
        }),
        dead: payuInvalidClient,
      },
    }),
    ...atHosts('environment', PAYU_OAUTH_HOSTS, {
      method: 'POST',
      path: '/oauth/revoke',
      place: payuClient,
      replies: { good: { status: 200, body: {} }, dead: payuInvalidClient },
    }),
  ],
};

const PAYU_GPO_HOSTS = { production: 'secure.payu.com', sandbox: 'secure.snd.payu.com' };

/** https://developers.payu.com/europe/api#tag/Authorize */
export const payuGpo: ServiceDefinition = {
  id: 'payu-gpo',
  hosts: Object.values(PAYU_GPO_HOSTS),
  credentials: inEnvironments('payu-gpo', ['production', 'sandbox'], (tag) => ({
    client_id: fakeDigits(tag, 6),
    client_secret: fakeHex(tag, 32),
  })),
  routes: atHosts('environment', PAYU_GPO_HOSTS, {
    method: 'POST',
    path: '/pl/standard/user/oauth/authorize',
    // 401 without the content type, whatever the pair.
    requires: (request) =>
      formOf(request)
        ? needsClientCredentials(request)
        : oauthError(401, 'unauthorized', 'Full authentication is required to access this resource'),
    place: payuClient,
    replies: {
      good: (call) => ({
        status: 200,
        body: {
          access_token: call.issueToken(''),
          token_type: 'bearer',
          expires_in: 43_199,
          grant_type: 'client_credentials',
        },
      }),
      dead: oauthError(401, 'invalid_client', 'Bad client credentials'),
    },
  }),
};
