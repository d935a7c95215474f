/** Model hosting, speech and cloud deployments. */
import { accept, exhaust, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const huggingface = defineProvider({
  id: 'huggingface',
  aliases: ['hugging-face'],
  name: 'Hugging Face',
  category: 'ai',
  docsUrl: 'https://huggingface.co/docs/hub/security-tokens',
  fields: {
    api_key: secretField('User access token', `hf_${'x'.repeat(34)}`, {
      pattern: /^(hf_|api_org_)[A-Za-z0-9]{34}$/,
    }),
  },
  hosts: ['huggingface.co'],
  probe: oneStep({
    method: 'GET',
    url: 'https://huggingface.co/api/whoami-v2',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [accept({ status: 200, body: { name: { is: 'string' } } }), reject({ status: 401 })],
    details: { name: 'name', role: 'auth.accessToken.role' },
    account: ['id', 'name'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the settings.',
    url: 'https://huggingface.co/settings/tokens',
  },
});

const replicate = defineProvider({
  id: 'replicate',
  name: 'Replicate',
  category: 'ai',
  docsUrl: 'https://replicate.com/docs/reference/http#account.get',
  fields: {
    api_key: secretField('API token', `r8_${'x'.repeat(37)}`, { pattern: /^r8_[0-9A-Za-z_-]{37}$/ }),
  },
  hosts: ['api.replicate.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.replicate.com/v1/account',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [accept({ status: 200, body: { username: { is: 'string' } } }), reject({ status: 401 })],
    details: { account_type: 'type', name: 'name' },
    account: ['username'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the settings.',
    url: 'https://replicate.com/account/api-tokens',
  },
});

const elevenlabs = defineProvider({
  id: 'elevenlabs',
  name: 'ElevenLabs',
  category: 'ai',
  docsUrl: 'https://elevenlabs.io/docs/api-reference/user/get',
  fields: {
    api_key: secretField('API key', `sk_${'0'.repeat(48)}`, { pattern: /^(sk_[a-f0-9]{48}|[a-f0-9]{32})$/ }),
  },
  hosts: ['api.elevenlabs.io'],
  // The reply may repeat the key (xi_api_key), hence the short list of details.
  probe: oneStep({
    method: 'GET',
    url: 'https://api.elevenlabs.io/v1/user',
    auth: { scheme: 'header', name: 'xi-api-key', value: '{api_key}' },
    rules: [
      accept({ status: 200, body: { user_id: { is: 'string' } } }),
      // 401 is also how a live key without the scope of this call is answered.
      limit({ status: 401, body: { 'detail.status': 'missing_permissions' } }),
      exhaust({ status: 401, body: { 'detail.status': 'quota_exceeded' } }),
      reject({ status: 401, body: { 'detail.status': 'invalid_api_key' } }),
    ],
    details: {
      tier: 'subscription.tier',
      character_count: 'subscription.character_count',
      character_limit: 'subscription.character_limit',
    },
    account: ['user_id'],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://elevenlabs.io/app/settings/api-keys',
  },
  propagationSeconds: 10,
});

const AZURE_HOST =
  /^[a-z0-9-]+\.(openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com|api\.cognitive\.microsoft\.com)$/;

const azureOpenai = defineProvider({
  id: 'azure-openai',
  name: 'Azure OpenAI',
  category: 'ai',
  docsUrl: 'https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list',
  fields: {
    endpoint: plainField('Endpoint', 'https://example.openai.azure.com', {
      pattern: new RegExp(`^https://${AZURE_HOST.source.slice(1, -1)}/?$`, 'i'),
    }),
    api_key: secretField('API key', 'x'.repeat(84), { patternHint: /^([a-f0-9]{32}|[A-Za-z0-9]{84})$/ }),
  },
  hosts: [AZURE_HOST],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/openai/v1/models',
      auth: { scheme: 'header', name: 'api-key', value: '{api_key}' },
      maxBytes: 2 * 1024 * 1024,
      rules: [accept({ status: 200, body: { data: { is: 'array' } } }), reject({ status: 401 })],
    },
    { host: { from: 'endpoint', match: /^https:\/\/([A-Za-z0-9.-]+)\/?$/i } },
  ),
  rotation: 'two-slot',
  revocation: {
    meaning: 'The slot that holds the key is regenerated; the other slot goes on working.',
    url: 'https://portal.azure.com',
  },
  propagationSeconds: 120,
});

export const AI_PLATFORM_PROVIDERS = [huggingface, replicate, elevenlabs, azureOpenai];
