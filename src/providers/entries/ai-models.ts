/** Model providers, second part. */
import { accept, exhaust, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const MODEL_LIST_BYTES = 2 * 1024 * 1024;

const cohere = defineProvider({
  id: 'cohere',
  name: 'Cohere',
  category: 'ai',
  docsUrl: 'https://docs.cohere.com/reference/check-api-key',
  fields: {
    api_key: secretField('API key', 'x'.repeat(40), { patternHint: /^[A-Za-z0-9]{40}$/ }),
  },
  hosts: ['api.cohere.com'],
  probe: oneStep({
    method: 'POST',
    url: 'https://api.cohere.com/v1/check-api-key',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [
      accept({ status: 200, body: { valid: true } }),
      reject({ status: 200, body: { valid: false } }),
      reject({ status: [401, 498] }),
      exhaust({ status: 402 }),
    ],
    account: ['organization_id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the dashboard.',
    url: 'https://dashboard.cohere.com/api-keys',
  },
});

const mistral = defineProvider({
  id: 'mistral',
  aliases: ['mistralai'],
  name: 'Mistral AI',
  category: 'ai',
  docsUrl: 'https://docs.mistral.ai/api/',
  fields: {
    api_key: secretField('API key', 'x'.repeat(32), { patternHint: /^[A-Za-z0-9]{32}$/ }),
  },
  hosts: ['api.mistral.ai'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.mistral.ai/v1/models',
    auth: { scheme: 'bearer', token: '{api_key}' },
    maxBytes: MODEL_LIST_BYTES,
    rules: [
      accept({ status: 200, body: { data: { is: 'array' } } }),
      reject({ status: 401 }),
      exhaust({ status: 402 }),
    ],
  }),
  rotation: 'admin-mint',
  revocation: { meaning: 'The key is deleted in the console.', url: 'https://console.mistral.ai/api-keys' },
});

const gemini = defineProvider({
  id: 'google-gemini',
  aliases: ['gemini'],
  name: 'Google Gemini API (AI Studio)',
  category: 'ai',
  docsUrl: 'https://ai.google.dev/gemini-api/docs/api-key',
  fields: {
    api_key: secretField('API key', `AQ.${'x'.repeat(50)}`, {
      patternHint: /^(AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_.-]+)$/,
    }),
  },
  hosts: ['generativelanguage.googleapis.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://generativelanguage.googleapis.com/v1beta/models',
    query: { pageSize: '1' },
    // The header keeps the key out of URLs.
    auth: { scheme: 'header', name: 'x-goog-api-key', value: '{api_key}' },
    rules: [
      accept({ status: 200, body: { models: { is: 'array' } } }),
      reject({ status: 400, body: { 'error.details[].reason': 'API_KEY_INVALID' } }),
      reject({ status: 401 }),
      limit({ status: 403, body: { 'error.details[].reason': /^(API_KEY_\w+_BLOCKED|SERVICE_DISABLED)$/ } }),
    ],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted in AI Studio or in its Cloud project.',
    url: 'https://aistudio.google.com/api-keys',
  },
  propagationSeconds: 60,
});

const groq = defineProvider({
  id: 'groq',
  name: 'Groq',
  category: 'ai',
  docsUrl: 'https://console.groq.com/docs/models',
  fields: {
    api_key: secretField('API key', `gsk_${'x'.repeat(52)}`, { pattern: /^gsk_[A-Za-z0-9]{52}$/ }),
  },
  hosts: ['api.groq.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.groq.com/openai/v1/models',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [accept({ status: 200, body: { data: { is: 'array' } } }), reject({ status: 401 })],
  }),
  rotation: 'manual',
  revocation: { meaning: 'The key is deleted in the console.', url: 'https://console.groq.com/keys' },
});

const deepseek = defineProvider({
  id: 'deepseek',
  name: 'DeepSeek',
  category: 'ai',
  docsUrl: 'https://api-docs.deepseek.com/api/get-user-balance',
  fields: {
    api_key: secretField('API key', `sk-${'0'.repeat(32)}`, { patternHint: /^sk-[a-z0-9]{32}$/ }),
  },
  hosts: ['api.deepseek.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.deepseek.com/user/balance',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [
      exhaust({ status: 200, body: { is_available: false } }),
      accept({ status: 200, body: { is_available: true } }),
      reject({ status: 401 }),
      exhaust({ status: 402 }),
    ],
    details: { is_available: 'is_available' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted on the platform.',
    url: 'https://platform.deepseek.com/api_keys',
  },
});

const together = defineProvider({
  id: 'together',
  name: 'Together AI',
  category: 'ai',
  docsUrl: 'https://docs.together.ai/reference/whoami',
  fields: {
    api_key: secretField('API key', `tgp_v1_${'x'.repeat(43)}`, {
      patternHint: /^(tgp_v1_[A-Za-z0-9_-]{43}|[a-f0-9]{64})$/,
    }),
  },
  hosts: ['api.together.ai'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.together.ai/v1/whoami',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [
      accept({ status: 200, body: { $: { is: 'object' }, error: { is: 'absent' } } }),
      reject({ status: 401 }),
    ],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the project settings.',
    url: 'https://api.together.ai/settings/api-keys',
  },
});

const perplexity = defineProvider({
  id: 'perplexity',
  name: 'Perplexity',
  category: 'ai',
  docsUrl: 'https://docs.perplexity.ai/docs/admin/api-key-management',
  fields: {
    api_key: secretField('API key', `pplx-${'x'.repeat(48)}`, { pattern: /^pplx-[A-Za-z0-9]{48}$/ }),
  },
  hosts: ['api.perplexity.ai'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.perplexity.ai/async/chat/completions',
    auth: { scheme: 'bearer', token: '{api_key}' },
    maxBytes: MODEL_LIST_BYTES,
    rules: [accept({ status: 200, body: { requests: { is: 'array' } } }), reject({ status: 401 })],
  }),
  rotation: 'self-mint',
  revocation: {
    meaning: 'Any key of the group can revoke another by API; the console does it too.',
    url: 'https://www.perplexity.ai/account/api/keys',
  },
  propagationSeconds: 10,
});

const xai = defineProvider({
  id: 'xai',
  aliases: ['grok'],
  name: 'xAI (Grok)',
  category: 'ai',
  docsUrl: 'https://docs.x.ai/developers/rest-api-reference/inference/other',
  fields: {
    api_key: secretField('API key', `xai-${'x'.repeat(80)}`, { patternHint: /^xai-[A-Za-z0-9_]{80}$/ }),
  },
  hosts: ['api.x.ai'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.x.ai/v1/api-key',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [
      reject({ status: 200, body: { api_key_blocked: true } }),
      reject({ status: 200, body: { api_key_disabled: true } }),
      limit({ status: 200, body: { team_blocked: true } }),
      accept({ status: 200, body: { api_key_blocked: false, api_key_disabled: false } }),
      reject({ status: 400, body: { error: /incorrect api key|invalid api key/i } }),
      reject({ status: 401 }),
    ],
    details: { key_name: 'name', scopes: 'acls[]', team_blocked: 'team_blocked' },
    account: ['team_id'],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted by a management key or in the console.',
    url: 'https://console.x.ai',
  },
  propagationSeconds: 60,
});

const fireworks = defineProvider({
  id: 'fireworks',
  aliases: ['fireworks-ai'],
  name: 'Fireworks AI',
  category: 'ai',
  docsUrl: 'https://docs.fireworks.ai/api-reference/create-api-key',
  fields: {
    api_key: secretField('API key', `fw_${'x'.repeat(24)}`, { patternHint: /^fw_[A-Za-z0-9]{20,}$/ }),
    account_id: plainField('Account ID', 'example', { required: false }),
  },
  hosts: ['api.fireworks.ai'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.fireworks.ai/inference/v1/models',
    auth: { scheme: 'bearer', token: '{api_key}' },
    maxBytes: MODEL_LIST_BYTES,
    rules: [
      accept({ status: 200, body: { data: { is: 'array' } } }),
      reject({ status: 401 }),
      exhaust({ status: 412 }),
    ],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://app.fireworks.ai/settings/users/api-keys',
  },
  propagationSeconds: 10,
});

export const AI_MODEL_PROVIDERS = [
  cohere,
  mistral,
  gemini,
  groq,
  deepseek,
  together,
  perplexity,
  xai,
  fireworks,
];
