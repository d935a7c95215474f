/** Analytics. */
import { accept, limit, oneStep, proceed, reject, undecided } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const googleAnalytics = defineProvider({
  id: 'google-analytics-service-account',
  aliases: ['google-analytics', 'ga4'],
  name: 'Google Analytics (service account)',
  category: 'analytics',
  docsUrl: 'https://developers.google.com/analytics/devguides/config/admin/v1',
  fields: {
    service_account_json: secretField('Service account key file', '{"type":"service_account"}', {
      hintable: false,
      format: 'google-service-account',
      maxLength: 16_384,
    }),
    property_id: plainField('Property ID', '123456789', { required: false, pattern: /^[0-9]+$/ }),
  },
  hosts: ['oauth2.googleapis.com', 'analyticsadmin.googleapis.com'],
  probe: {
    derived: {
      assertion: {
        serviceAccountJwt: {
          from: 'service_account_json',
          scope: 'https://www.googleapis.com/auth/analytics.readonly',
          audience: 'https://oauth2.googleapis.com/token',
        },
      },
    },
    ways: [
      {
        steps: [
          {
            method: 'POST',
            url: 'https://oauth2.googleapis.com/token',
            auth: { scheme: 'none' },
            body: {
              form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{assertion}' },
            },
            rules: [
              proceed({ status: 200, body: { access_token: { is: 'string' } } }),
              // Our clock, not their key.
              undecided({ status: 400, body: { error_description: /short-lived|timeframe/i } }),
              reject({ status: 400, body: { error: 'invalid_grant' } }),
              reject({ status: 401, body: { error: 'invalid_client' } }),
            ],
            take: { access_token: 'access_token' },
          },
          {
            method: 'GET',
            url: 'https://analyticsadmin.googleapis.com/v1beta/accountSummaries',
            query: { pageSize: '1' },
            auth: { scheme: 'bearer', token: '{access_token}' },
            rules: [
              accept({ status: 200, body: { accountSummaries: { is: 'array' } } }),
              // Google leaves empty lists out: the account has been given access to nothing.
              limit({ status: 200, body: { $: { is: 'object' }, accountSummaries: { is: 'absent' } } }),
              limit({ status: 403 }),
            ],
            details: { accounts: 'accountSummaries[].account' },
          },
        ],
      },
    ],
  },
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key of the service account is deleted; tokens made from it live up to an hour more.',
    url: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
  },
  propagationSeconds: 60,
});

const measurementProtocol = defineProvider({
  id: 'google-analytics-measurement-protocol',
  aliases: ['ga4-measurement-protocol'],
  name: 'Google Analytics 4 (Measurement Protocol)',
  category: 'analytics',
  docsUrl: 'https://developers.google.com/analytics/devguides/collection/protocol/ga4',
  fields: {
    measurement_id: plainField('Measurement ID', 'G-EXAMPLE000', { patternHint: /^G-[A-Z0-9]{6,12}$/ }),
    api_secret: secretField('API secret', 'x'.repeat(22)),
  },
  hosts: [],
  // The protocol answers 204 to everything, and a probe would write events.
  probe: null,
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The secret is deleted in the data stream settings.',
    url: 'https://analytics.google.com',
  },
});

const mixpanel = defineProvider({
  id: 'mixpanel-service-account',
  aliases: ['mixpanel'],
  name: 'Mixpanel (service account)',
  category: 'analytics',
  docsUrl: 'https://docs.mixpanel.com/reference/service-accounts',
  fields: {
    username: plainField('Service account username', 'example.000000.mp-service-account', {
      patternHint: /^\S+\.mp-service-account$/,
    }),
    secret: secretField('Service account secret', 'x'.repeat(32)),
    region: choiceField('Data residency', ['us', 'eu', 'in']),
    organization_id: plainField('Organization ID', '123456', { required: false, pattern: /^[0-9]+$/ }),
  },
  hosts: ['mixpanel.com', 'eu.mixpanel.com', 'in.mixpanel.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/api/app/me',
      auth: { scheme: 'basic', username: '{username}', password: '{secret}' },
      rules: [accept({ status: 200, body: { results: { is: 'object' } } }), reject({ status: 401 })],
    },
    {
      host: { from: 'region', choose: { us: 'mixpanel.com', eu: 'eu.mixpanel.com', in: 'in.mixpanel.com' } },
    },
  ),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The service account is deleted in the organization settings.',
    url: 'https://mixpanel.com/settings/org',
  },
});

const amplitude = defineProvider({
  id: 'amplitude',
  name: 'Amplitude (API key and secret key)',
  category: 'analytics',
  docsUrl: 'https://amplitude.com/docs/apis',
  fields: {
    api_key: plainField('API key', '0'.repeat(32), { pattern: /^[a-f0-9]{32}$/ }),
    secret_key: secretField('Secret key', '0'.repeat(32)),
    region: choiceField('Region', ['us', 'eu']),
  },
  hosts: ['amplitude.com', 'analytics.eu.amplitude.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/api/2/events/list',
      auth: { scheme: 'basic', username: '{api_key}', password: '{secret_key}' },
      rules: [accept({ status: 200, body: { data: { is: 'array' } } }), reject({ status: 401 })],
    },
    { host: { from: 'region', choose: { us: 'amplitude.com', eu: 'analytics.eu.amplitude.com' } } },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The keys of the project are replaced in its settings.',
    url: 'https://app.amplitude.com',
  },
});

export const ANALYTICS_PROVIDERS = [googleAnalytics, measurementProtocol, mixpanel, amplitude];
