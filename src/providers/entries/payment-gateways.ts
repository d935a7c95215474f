/** Payment gateways: PayU in its three forms, Braintree, Adyen. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const payuIndia = defineProvider({
  id: 'payu-india',
  aliases: ['payu'],
  name: 'PayU India (merchant key and salt)',
  category: 'payments',
  docsUrl: 'https://docs.payu.in/docs/authentication-with-payu-apis',
  fields: {
    merchant_key: plainField('Merchant key', 'exampl'),
    merchant_salt: secretField('Merchant salt', 'x'.repeat(32)),
    environment: choiceField('Environment', ['production', 'test']),
  },
  hosts: ['info.payu.in', 'test.payu.in'],
  // Asks for a transaction that does not exist; the salt itself is never sent, only a hash over it.
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/merchant/postservice.php',
      query: { form: '2' },
      auth: { scheme: 'none' },
      body: {
        form: { key: '{merchant_key}', command: 'verify_payment', var1: '{transaction}', hash: '{hash}' },
      },
      rules: [
        // "status":0 alone only says that there is no such transaction.
        accept({ status: 200, body: { transaction_details: { is: 'present' } } }),
        reject({ status: 200, body: { msg: /hash|key/i } }),
      ],
    },
    {
      host: { from: 'environment', choose: { production: 'info.payu.in', test: 'test.payu.in' } },
      transaction: { randomHex: 20 },
      hash: { sha512: '{merchant_key}|verify_payment|{transaction}|{merchant_salt}' },
    },
  ),
  rotation: 'manual',
  revocation: { meaning: 'Key and salt are replaced in the dashboard.', url: 'https://dashboard.payu.in' },
});

const payuIndiaOauth = defineProvider({
  id: 'payu-india-oauth',
  name: 'PayU India (client credentials)',
  category: 'payments',
  docsUrl: 'https://docs.payu.in/reference/payment-links-authentication',
  fields: {
    client_id: plainField('Client ID', 'example'),
    client_secret: secretField('Client secret', 'x'.repeat(64)),
    environment: choiceField('Environment', ['production', 'test']),
  },
  hosts: ['accounts.payu.in', 'uat-accounts.payu.in'],
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/oauth/token',
      auth: { scheme: 'none' },
      body: {
        form: {
          grant_type: 'client_credentials',
          client_id: '{client_id}',
          client_secret: '{client_secret}',
          scope: 'read_payment_links',
        },
      },
      rules: [accept({ status: 200, body: { access_token: { is: 'string' } } }), reject({ status: 401 })],
      take: { issued_token: 'access_token' },
      details: { scopes: 'scope' },
      account: ['user_uuid'],
    },
    {
      host: { from: 'environment', choose: { production: 'accounts.payu.in', test: 'uat-accounts.payu.in' } },
    },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The client secret is replaced in the dashboard.',
    url: 'https://dashboard.payu.in',
  },
});

const payuGpo = defineProvider({
  id: 'payu-gpo',
  aliases: ['payu-europe'],
  name: 'PayU GPO / Europe (client credentials)',
  category: 'payments',
  docsUrl: 'https://developers.payu.com/europe/docs/payment-flows/auth-and-order',
  fields: {
    client_id: plainField('Point of sale ID', '300746'),
    client_secret: secretField('Client secret', '0'.repeat(32)),
    second_key: secretField('Second key', '0'.repeat(32), { required: false, hintable: false }),
    environment: choiceField('Environment', ['production', 'sandbox']),
  },
  hosts: ['secure.payu.com', 'secure.snd.payu.com'],
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/pl/standard/user/oauth/authorize',
      auth: { scheme: 'none' },
      body: {
        form: {
          grant_type: 'client_credentials',
          client_id: '{client_id}',
          client_secret: '{client_secret}',
        },
      },
      rules: [accept({ status: 200, body: { access_token: { is: 'string' } } }), reject({ status: 401 })],
      take: { issued_token: 'access_token' },
    },
    {
      host: {
        from: 'environment',
        choose: { production: 'secure.payu.com', sandbox: 'secure.snd.payu.com' },
      },
    },
  ),
  rotation: 'manual',
  revocation: { meaning: 'The client secret is replaced in the panel.', url: 'https://merch-prod.payu.com' },
});

const braintree = defineProvider({
  id: 'braintree',
  name: 'Braintree',
  category: 'payments',
  docsUrl: 'https://developer.paypal.com/braintree/graphql/guides/making_api_calls',
  fields: {
    merchant_id: plainField('Merchant ID', 'example000000000', { required: false }),
    public_key: plainField('Public key', 'x'.repeat(16), { pattern: /^[0-9a-z]{16}$/ }),
    private_key: secretField('Private key', '0'.repeat(32), { pattern: /^[0-9a-f]{32}$/ }),
    environment: choiceField('Environment', ['production', 'sandbox']),
  },
  hosts: ['payments.braintree-api.com', 'payments.sandbox.braintree-api.com'],
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+host}/graphql',
      auth: { scheme: 'basic', username: '{public_key}', password: '{private_key}' },
      headers: { 'braintree-version': '2019-01-01' },
      body: { json: { query: 'query { ping }' } },
      // GraphQL answers 200 whatever happened.
      rules: [
        accept({ status: 200, body: { 'data.ping': 'pong' } }),
        reject({ status: 200, body: { 'errors[].extensions.errorClass': 'AUTHENTICATION' } }),
        limit({ status: 200, body: { 'errors[].extensions.errorClass': 'AUTHORIZATION' } }),
      ],
    },
    {
      host: {
        from: 'environment',
        choose: { production: 'payments.braintree-api.com', sandbox: 'payments.sandbox.braintree-api.com' },
      },
    },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The key pair is deleted in the control panel.',
    url: 'https://www.braintreegateway.com',
  },
});

const adyen = defineProvider({
  id: 'adyen',
  name: 'Adyen',
  category: 'payments',
  docsUrl: 'https://docs.adyen.com/api-explorer/Management/3/get/me',
  fields: {
    api_key: secretField('API key', `AQE${'x'.repeat(60)}`, { patternHint: /^AQE.{20,}$/ }),
    merchant_account: plainField('Merchant account', 'ExampleECOM', { required: false }),
    environment: choiceField('Environment', ['live', 'test']),
    live_url_prefix: plainField('Live URL prefix', '0123456789abcdef-Example', { required: false }),
  },
  hosts: ['management-live.adyen.com', 'management-test.adyen.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/v3/me',
      auth: { scheme: 'header', name: 'x-api-key', value: '{api_key}' },
      rules: [
        accept({ status: 200, body: { active: true } }),
        reject({ status: 200, body: { active: false } }),
        reject({ status: 401 }),
        // A key for payments only may not read itself.
        limit({ status: 403 }),
      ],
      details: { username: 'username', roles: 'roles' },
      account: ['companyName'],
    },
    {
      host: {
        from: 'environment',
        choose: { live: 'management-live.adyen.com', test: 'management-test.adyen.com' },
      },
    },
  ),
  rotation: 'native-grace',
  revocation: {
    meaning: 'Generating a new key ends the old one 24 hours later.',
    url: 'https://ca-live.adyen.com/ca/ca/config/webservice_user.shtml',
  },
  propagationSeconds: 300,
});

export const PAYMENT_GATEWAY_PROVIDERS = [payuIndia, payuIndiaOauth, payuGpo, braintree, adyen];
