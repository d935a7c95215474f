/** Stripe: https://docs.stripe.com/api */
import { basic, bearer, either } from './credential-places';
import type { Call, Reply, Route, ServiceDefinition } from './define-service';
import { fakeText } from './fake-values';
import type { SimulatedReply } from './service';

const key = (prefix: string, tag: string): string => `${prefix}_test_${fakeText(`stripe ${tag}`, 99)}`;
const accountId = ({ account }: Call): string => `acct_${fakeText(account, 16)}`;
const masked = ({ fields }: Call): string => {
  const value = fields['api_key'] ?? '';
  return `${value.slice(0, 8)}********${value.slice(-4)}`;
};

function failure(status: number, message: string, more: object = {}): SimulatedReply {
  return { status, body: { error: { message, type: 'invalid_request_error', ...more } } };
}

const missing = failure(
  401,
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
);

/** The key as bearer, or as the user name of basic with an empty password. */
const place = either(bearer('api_key'), basic('api_key', null));

function replies(permission: string, good: (call: Call) => SimulatedReply): Route['replies'] {
  const onOwnAccount: Reply = (call) => {
    const wanted = call.request.headers['stripe-account'];
    if (wanted && wanted !== accountId(call)) {
      const message = `The provided key '${masked(call)}' does not have access to account '${wanted}' (or that account does not exist). Application access may have been revoked.`;
      return failure(403, message, { code: 'account_invalid' });
    }
    return good(call);
  };
  return {
    good: onOwnAccount,
    dead: (call) => failure(401, `Invalid API Key provided: ${masked(call)}`),
    expired: (call) => failure(401, `Expired API Key provided: ${masked(call)}`, { code: 'api_key_expired' }),
    limited: (call) =>
      failure(
        403,
        `The provided key '${masked(call)}' does not have the required permissions for this endpoint on account '${accountId(call)}'. Having the '${permission}' permission would allow this request to continue.`,
      ),
  };
}

export const stripe: ServiceDefinition = {
  id: 'stripe',
  hosts: ['api.stripe.com'],
  credentials: {
    good: { api_key: key('sk', 'good') },
    second: { api_key: key('sk', 'second') },
    otherAccount: { api_key: key('sk', 'otherAccount') },
    dead: { api_key: key('sk', 'dead') },
    expired: { api_key: key('rk', 'expired') },
    /** A restricted key without the permission. */
    limited: { api_key: key('rk', 'limited') },
  },
  routes: [
    {
      method: 'GET',
      path: '/v1/account',
      place,
      missing,
      replies: replies('rak_accounts_kyc_basic_read', (call) => ({
        status: 200,
        body: {
          id: accountId(call),
          object: 'account',
          business_profile: { name: 'Simulated', support_email: 'simulated@example.com', url: null },
          capabilities: { card_payments: 'active', transfers: 'active' },
          charges_enabled: true,
          country: 'DE',
          default_currency: 'eur',
          details_submitted: true,
          email: 'simulated@example.com',
          payouts_enabled: true,
          settings: { dashboard: { display_name: 'Simulated', timezone: 'Etc/UTC' } },
          type: 'standard',
        },
      })),
    },
    {
      method: 'GET',
      path: '/v1/balance',
      place,
      missing,
      replies: replies('rak_balance_read', () => ({
        status: 200,
        body: {
          object: 'balance',
          available: [{ amount: 12345, currency: 'eur', source_types: { card: 12345 } }],
          livemode: false,
          pending: [{ amount: 0, currency: 'eur', source_types: { card: 0 } }],
        },
      })),
    },
  ],
  notFound: failure(
    404,
    'Unrecognized request URL. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.',
  ),
  rateLimited: failure(429, 'Request rate limit exceeded.', { code: 'rate_limit' }),
  outage: { status: 500, body: { error: { message: 'An unknown error occurred', type: 'api_error' } } },
};
