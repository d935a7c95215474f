/** Payment providers. Probes read the merchant's own account, never customers or orders. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

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
    account: plainField('Connected account', 'acct_example', {
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

export const PAYMENT_PROVIDERS = [stripe];
