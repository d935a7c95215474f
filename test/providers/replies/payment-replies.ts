import { INVALID, LIMITED, reply, UNDECIDED, VALID, type ReplySheet } from './reply-case';

const token = { access_token: 'issued', token_type: 'Bearer', expires_in: 3600 };

export const PAYMENT_REPLIES: Readonly<Record<string, ReplySheet>> = {
  stripe: {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { id: 'acct_1', object: 'account' }, VALID),
      reply(200, { object: 'list' }, UNDECIDED),
      reply(200, { object: 'account' }, VALID, {
        fields: { account: 'acct_2' },
        sent: ['stripe-account: acct_2'],
      }),
    ],
  },
  paypal: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, token, VALID, { url: 'https://api-m.paypal.com/v1/oauth2/token' }),
      reply(200, token, VALID, {
        fields: { environment: 'sandbox' },
        url: 'https://api-m.sandbox.paypal.com/v1/oauth2/token',
        sent: ['grant_type=client_credentials', 'content-type: application/x-www-form-urlencoded'],
      }),
      reply(401, { error: 'invalid_client' }, INVALID),
    ],
  },
  razorpay: {
    cases: [
      reply(200, { entity: 'collection', count: 0, items: [] }, VALID, {
        url: 'https://api.razorpay.com/v1/items?count=1',
      }),
    ],
  },
  square: {
    cases: [
      reply(200, { scopes: [], merchant_id: 'M' }, VALID, {
        url: 'https://connect.squareup.com/oauth2/token/status',
      }),
      reply(200, { scopes: [] }, VALID, {
        fields: { environment: 'sandbox' },
        url: 'https://connect.squareupsandbox.com/oauth2/token/status',
        sent: ['square-version: 2025-08-20'],
      }),
    ],
  },
  mollie: {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { resource: 'profile', id: 'pfl_1' }, VALID, {
        url: 'https://api.mollie.com/v2/profiles/me',
      }),
      reply(200, { _embedded: { permissions: [] } }, VALID, {
        fields: { api_key: `access_${'x'.repeat(30)}` },
        url: 'https://api.mollie.com/v2/permissions',
      }),
      reply(401, {}, INVALID, { fields: { api_key: `access_${'x'.repeat(30)}` } }),
      reply(200, {}, UNDECIDED, { fields: { api_key: `access_${'x'.repeat(30)}` } }),
      reply(403, {}, UNDECIDED, { fields: { api_key: `access_${'x'.repeat(30)}` } }),
    ],
  },
  'payu-india': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(
        200,
        { status: 0, msg: '0 out of 1 Transactions Fetched Successfully', transaction_details: { t: {} } },
        VALID,
        {
          url: 'https://info.payu.in/merchant/postservice.php?form=2',
          sent: [/^key=exampl&command=verify_payment&var1=[0-9a-f]{20}&hash=[0-9a-f]{128}$/m],
        },
      ),
      reply(200, { transaction_details: {} }, VALID, {
        fields: { environment: 'test' },
        url: 'https://test.payu.in/merchant/postservice.php?form=2',
      }),
      reply(200, { status: 0, msg: 'Invalid Hash.' }, INVALID),
      reply(200, { status: 0, msg: 'maintenance' }, UNDECIDED),
    ],
  },
  'payu-india-oauth': {
    cases: [
      reply(200, token, VALID, {
        url: 'https://accounts.payu.in/oauth/token',
        sent: [/grant_type=client_credentials&client_id=example&client_secret=x+&scope=read_payment_links/],
      }),
      reply(200, token, VALID, {
        fields: { environment: 'test' },
        url: 'https://uat-accounts.payu.in/oauth/token',
      }),
    ],
  },
  'payu-gpo': {
    cases: [
      reply(200, token, VALID, {
        url: 'https://secure.payu.com/pl/standard/user/oauth/authorize',
        sent: [/grant_type=client_credentials&client_id=300746&client_secret=0+/],
      }),
      reply(200, token, VALID, {
        fields: { environment: 'sandbox' },
        url: 'https://secure.snd.payu.com/pl/standard/user/oauth/authorize',
      }),
    ],
  },
  braintree: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { data: { ping: 'pong' } }, VALID, {
        url: 'https://payments.braintree-api.com/graphql',
        sent: ['braintree-version: 2019-01-01', '{"query":"query { ping }"}'],
      }),
      reply(200, { data: { ping: 'pong' } }, VALID, {
        fields: { environment: 'sandbox' },
        url: 'https://payments.sandbox.braintree-api.com/graphql',
      }),
      reply(200, { errors: [{ extensions: { errorClass: 'AUTHENTICATION' } }] }, INVALID),
      reply(200, { errors: [{ extensions: { errorClass: 'AUTHORIZATION' } }] }, LIMITED),
      reply(200, { errors: [{ extensions: { errorClass: 'INTERNAL' } }] }, UNDECIDED),
    ],
  },
  adyen: {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { active: true }, VALID, { url: 'https://management-live.adyen.com/v3/me' }),
      reply(200, { active: true }, VALID, {
        fields: { environment: 'test' },
        url: 'https://management-test.adyen.com/v3/me',
      }),
      reply(200, { active: false }, INVALID),
    ],
  },
};
