/** Payment providers. Probes read the merchant's own account, never customers or orders. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const stripe = defineProvider({
  id: 'stripe',
  name: 'Stripe',
  category: 'payments',
  docsUrl: 'https://docs.stripe.com/keys',
  fields: {
    api_key: secretField('Secret or restricted key', 'sk_test_example0000000000', {
      pattern: /^(sk|rk)_(test|live)_[A-Za-z0-9]{10,247}$/,
    }),
    webhook_secret: secretField('Webhook signing secret', 'whsec_example', {
      required: false,
      hintable: false,
    }),
    account: plainField('Connected account', 'acct_example000000000', {
      required: false,
      patternHint: /^acct_[A-Za-z0-9]{16}$/,
    }),
  },
  hosts: ['api.stripe.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.stripe.com/v1/account',
    auth: { scheme: 'bearer', token: '{api_key}' },
    headers: { 'stripe-account': '{account}' },
    rules: [
      accept({ status: 200, body: { object: 'account' } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
    ],
    details: {
      country: 'country',
      default_currency: 'default_currency',
      charges_enabled: 'charges_enabled',
      payouts_enabled: 'payouts_enabled',
      type: 'type',
    },
    account: ['id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is expired in the Dashboard; rolling it lets the old one live on for a chosen time.',
    url: 'https://dashboard.stripe.com/apikeys',
  },
});

const paypal = defineProvider({
  id: 'paypal',
  name: 'PayPal (REST app)',
  category: 'payments',
  docsUrl: 'https://developer.paypal.com/api/rest/authentication/',
  fields: {
    client_id: plainField('Client ID', `A${'x'.repeat(79)}`),
    client_secret: secretField('Client secret', `E${'x'.repeat(79)}`),
    environment: choiceField('Environment', ['live', 'sandbox']),
  },
  hosts: ['api-m.paypal.com', 'api-m.sandbox.paypal.com'],
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/v1/oauth2/token',
      auth: { scheme: 'basic', username: '{client_id}', password: '{client_secret}' },
      body: { form: { grant_type: 'client_credentials' } },
      rules: [
        accept({ status: 200, body: { access_token: { is: 'string' } } }),
        reject({ status: 401, body: { error: 'invalid_client' } }),
      ],
      take: { issued_token: 'access_token' },
      details: { scopes: 'scope' },
      account: ['app_id'],
    },
    {
      host: {
        from: 'environment',
        choose: { live: 'api-m.paypal.com', sandbox: 'api-m.sandbox.paypal.com' },
      },
    },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The secret is disabled in the developer dashboard; an app can have two for a while.',
    url: 'https://developer.paypal.com/dashboard/applications',
  },
});

const razorpay = defineProvider({
  id: 'razorpay',
  name: 'Razorpay',
  category: 'payments',
  docsUrl: 'https://razorpay.com/docs/api/authentication/',
  fields: {
    key_id: plainField('Key ID', 'rzp_test_example0000000', { pattern: /^rzp_(test|live)_[A-Za-z0-9]+$/ }),
    key_secret: secretField('Key secret', 'x'.repeat(24), { patternHint: /^[A-Za-z0-9]{24}$/ }),
  },
  hosts: ['api.razorpay.com'],
  // Items rather than orders: they are no customer's data.
  probe: oneStep({
    method: 'GET',
    url: 'https://api.razorpay.com/v1/items',
    query: { count: '1' },
    auth: { scheme: 'basic', username: '{key_id}', password: '{key_secret}' },
    rules: [accept({ status: 200, body: { entity: 'collection' } }), reject({ status: 401 })],
  }),
  rotation: 'native-grace',
  revocation: {
    meaning:
      'The secret is rotated in the dashboard; where several secrets are enabled the old one lives 24 hours more.',
    url: 'https://dashboard.razorpay.com/app/website-app-settings/api-keys',
  },
});

const square = defineProvider({
  id: 'square',
  name: 'Square',
  category: 'payments',
  docsUrl: 'https://developer.squareup.com/reference/square/o-auth-api/retrieve-token-status',
  fields: {
    access_token: secretField('Access token', `EAAA${'x'.repeat(60)}`, {
      pattern: /^(EAAA[A-Za-z0-9_+=-]{22,80}|sq0atp-[A-Za-z0-9_-]{22})$/,
    }),
    environment: choiceField('Environment', ['production', 'sandbox']),
    application_id: plainField('Application ID', `sq0idp-${'x'.repeat(22)}`, {
      required: false,
      pattern: /^(sandbox-)?sq0idp-[A-Za-z0-9_-]{22,43}$/,
    }),
    application_secret: secretField('OAuth application secret', `sq0csp-${'x'.repeat(43)}`, {
      required: false,
      hintable: false,
      pattern: /^(sandbox-)?sq0csp-[A-Za-z0-9_-]{40,50}$/,
    }),
  },
  hosts: ['connect.squareup.com', 'connect.squareupsandbox.com'],
  // A read in spite of its method: it tells the state of the presented token and needs no scope.
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/oauth2/token/status',
      auth: { scheme: 'bearer', token: '{access_token}' },
      headers: { 'square-version': '2025-08-20' },
      rules: [accept({ status: 200, body: { scopes: { is: 'array' } } }), reject({ status: 401 })],
      details: { scopes: 'scopes', expires_at: 'expires_at' },
      account: ['merchant_id'],
    },
    {
      host: {
        from: 'environment',
        choose: { production: 'connect.squareup.com', sandbox: 'connect.squareupsandbox.com' },
      },
    },
  ),
  rotation: 'oauth-refresh',
  revocation: {
    meaning:
      "Revoking by API ends all of the seller's tokens for the application; personal tokens are replaced by hand.",
    url: 'https://developer.squareup.com/apps',
  },
});

const mollie = defineProvider({
  id: 'mollie',
  name: 'Mollie',
  category: 'payments',
  docsUrl: 'https://docs.mollie.com/reference/get-current-profile',
  fields: {
    api_key: secretField('API key or access token', `test_${'x'.repeat(30)}`, {
      pattern: /^(live|test|access)_[A-Za-z0-9]{30,}$/,
    }),
  },
  hosts: ['api.mollie.com'],
  probe: {
    ways: [
      {
        // Organization access tokens have no profile of their own.
        matching: { api_key: /^access_/ },
        steps: [
          {
            method: 'GET',
            url: 'https://api.mollie.com/v2/permissions',
            auth: { scheme: 'bearer', token: '{api_key}' },
            rules: [
              accept({ status: 200, body: { '_embedded.permissions': { is: 'array' } } }),
              reject({ status: 401 }),
            ],
          },
        ],
      },
      {
        steps: [
          {
            method: 'GET',
            url: 'https://api.mollie.com/v2/profiles/me',
            auth: { scheme: 'bearer', token: '{api_key}' },
            rules: [
              accept({ status: 200, body: { resource: 'profile' } }),
              reject({ status: 401 }),
              limit({ status: 403 }),
            ],
            details: { mode: 'mode', profile_status: 'status', name: 'name' },
            account: ['id'],
          },
        ],
      },
    ],
  },
  rotation: 'manual',
  revocation: {
    meaning: 'The key is reset in the dashboard and stops at once.',
    url: 'https://my.mollie.com/dashboard/developers/api-keys',
  },
});

export const PAYMENT_PROVIDERS = [stripe, paypal, razorpay, square, mollie];
