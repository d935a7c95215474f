/** Product and web analytics, partly self-hosted by the tenant. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';
import { HOST_NAME } from './tenant-host';

const posthog = defineProvider({
  id: 'posthog',
  name: 'PostHog (personal API key)',
  category: 'analytics',
  docsUrl: 'https://posthog.com/docs/api',
  fields: {
    personal_api_key: secretField('Personal API key', `phx_${'x'.repeat(43)}`, {
      pattern: /^phx_[A-Za-z0-9_-]{41,49}$/,
    }),
    host: plainField('Region (us, eu) or own host', 'us', {
      pattern: new RegExp(`^(us|eu|(https://)?${HOST_NAME.source.slice(1, -1)})$`),
    }),
  },
  hosts: [HOST_NAME],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+address}/api/personal_api_keys/@current/',
      auth: { scheme: 'bearer', token: '{personal_api_key}' },
      rules: [
        accept({ status: 200, body: { id: { is: 'string' } } }),
        reject({ status: 401 }),
        limit({ status: 403 }),
      ],
      details: { label: 'label', scopes: 'scopes' },
    },
    {
      bare: { from: 'host', match: /^(?:https:\/\/)?(.+)$/ },
      address: { from: 'bare', choose: { us: 'us.posthog.com', eu: 'eu.posthog.com' }, otherwise: '{bare}' },
    },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the settings.',
    url: 'https://app.posthog.com/settings/user-api-keys',
  },
});

const segmentPublicApi = defineProvider({
  id: 'segment-public-api',
  aliases: ['segment'],
  name: 'Segment (Public API token)',
  category: 'analytics',
  docsUrl: 'https://docs.segmentapis.com',
  fields: {
    token: secretField('Public API token', `sgp_${'x'.repeat(64)}`, { pattern: /^sgp_[A-Za-z0-9]{64}$/ }),
    region: choiceField('Region', ['us', 'eu']),
  },
  hosts: ['api.segmentapis.com', 'eu1.api.segmentapis.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/',
      auth: { scheme: 'bearer', token: '{token}' },
      rules: [accept({ status: 200, body: { 'data.workspace': { is: 'object' } } }), reject({ status: 401 })],
      details: { workspace: 'data.workspace.slug' },
      account: ['data.workspace.id'],
    },
    { host: { from: 'region', choose: { us: 'api.segmentapis.com', eu: 'eu1.api.segmentapis.com' } } },
  ),
  rotation: 'manual',
  revocation: { meaning: 'The token is deleted in the workspace settings.', url: 'https://app.segment.com' },
});

const segmentWriteKey = defineProvider({
  id: 'segment-write-key',
  name: 'Segment (source write key)',
  category: 'analytics',
  docsUrl: 'https://segment.com/docs/connections/find-writekey/',
  fields: {
    write_key: secretField('Write key', 'x'.repeat(32), { patternHint: /^[A-Za-z0-9]{32}$/ }),
  },
  hosts: ['cdn.segment.com'],
  // Not the tracking endpoint: that one takes any key and writes data.
  probe: oneStep({
    method: 'GET',
    url: 'https://cdn.segment.com/v1/projects/{write_key}/settings',
    auth: { scheme: 'none' },
    maxBytes: 1024 * 1024,
    rules: [accept({ status: 200, body: { integrations: { is: 'object' } } }), reject({ status: 404 })],
  }),
  rotation: 'admin-mint',
  revocation: { meaning: 'The write key is removed from its source.', url: 'https://app.segment.com' },
});

const plausible = defineProvider({
  id: 'plausible',
  name: 'Plausible (Stats API key)',
  category: 'analytics',
  docsUrl: 'https://plausible.io/docs/stats-api',
  fields: {
    api_key: secretField('API key', 'x'.repeat(64)),
    site_id: plainField('Site domain as registered', 'example.com', { pattern: /^[A-Za-z0-9._/-]{1,255}$/ }),
    host: plainField('Host', 'plausible.io', {
      pattern: new RegExp(`^(https://)?${HOST_NAME.source.slice(1, -1)}$`),
    }),
  },
  hosts: [HOST_NAME],
  probe: oneStep(
    {
      method: 'POST',
      url: 'https://{+address}/api/v2/query',
      auth: { scheme: 'bearer', token: '{api_key}' },
      body: { json: { site_id: '{site_id}', metrics: ['visitors'], date_range: 'day' } },
      rules: [
        accept({ status: 200, body: { results: { is: 'array' } } }),
        reject({ status: 401 }),
        limit({ status: 402 }),
      ],
    },
    { address: { from: 'host', match: /^(?:https:\/\/)?(.+)$/ } },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the settings.',
    url: 'https://plausible.io/settings/api-keys',
  },
});

export const PRODUCT_ANALYTICS_PROVIDERS = [posthog, segmentPublicApi, segmentWriteKey, plausible];
