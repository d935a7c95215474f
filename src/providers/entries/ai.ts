/** Model providers, first part. Each probe is a documented read that costs no tokens. */
import { accept, exhaust, limit, oneStep, reject, wrongKind } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const openrouter = defineProvider({
  id: 'openrouter',
  name: 'OpenRouter',
  category: 'ai',
  docsUrl: 'https://openrouter.ai/docs/api-reference/api-keys/get-current-api-key',
  fields: {
    api_key: secretField('API key', `sk-or-v1-${'0'.repeat(64)}`, { pattern: /^sk-or-v1-[0-9a-f]{64}$/ }),
  },
  hosts: ['openrouter.ai'],
  // Not /models: that list is public and answers any key.
  probe: oneStep({
    method: 'GET',
    url: 'https://openrouter.ai/api/v1/key',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [
      wrongKind({ status: 200, body: { 'data.is_management_key': true } }),
      wrongKind({ status: 200, body: { 'data.is_provisioning_key': true } }),
      exhaust({ status: 200, body: { 'data.limit_remaining': { atMost: 0 } } }),
      accept({ status: 200, body: { data: { is: 'object' } } }),
      reject({ status: 401 }),
      exhaust({ status: 402 }),
      exhaust({ status: 403, body: { 'error.message': /key limit exceeded/i } }),
    ],
    // Not `label`: it is the masked key.
    details: {
      limit: 'data.limit',
      limit_remaining: 'data.limit_remaining',
      limit_reset: 'data.limit_reset',
      is_free_tier: 'data.is_free_tier',
      is_management_key: 'data.is_management_key',
      expires_at: 'data.expires_at',
    },
    account: ['data.organization_id', 'data.creator_user_id'],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted and stops at once.',
    url: 'https://openrouter.ai/settings/keys',
  },
  propagationSeconds: 10,
});

const openai = defineProvider({
  id: 'openai',
  name: 'OpenAI',
  category: 'ai',
  docsUrl: 'https://platform.openai.com/docs/api-reference/models/list',
  fields: {
    api_key: secretField('API key', 'sk-proj-exampleT3BlbkFJexample', {
      pattern: /^sk-[A-Za-z0-9_-]*T3BlbkFJ[A-Za-z0-9_-]+$/,
    }),
    organization_id: plainField('Organization ID', 'org-example', { required: false }),
    project_id: plainField('Project ID', 'proj_example', { required: false }),
  },
  hosts: ['api.openai.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.openai.com/v1/models',
    auth: { scheme: 'bearer', token: '{api_key}' },
    headers: { 'openai-organization': '{organization_id}', 'openai-project': '{project_id}' },
    maxBytes: 2 * 1024 * 1024,
    rules: [
      // An administrator's key manages the organization and cannot call models.
      wrongKind({ status: [200, 403], fields: { api_key: /^sk-admin-/ } }),
      accept({ status: 200, body: { data: { is: 'array' } } }),
      reject({ status: 401 }),
      limit({ status: 403, body: { 'error.message': /insufficient permissions|missing scopes/i } }),
      exhaust({ status: 429, body: { 'error.code': 'insufficient_quota' } }),
    ],
    account: [{ header: 'openai-organization' }],
  }),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The key is deleted; a service account key goes with its service account.',
    url: 'https://platform.openai.com/api-keys',
  },
  propagationSeconds: 30,
});

const anthropic = defineProvider({
  id: 'anthropic',
  aliases: ['claude'],
  name: 'Anthropic (Claude)',
  category: 'ai',
  docsUrl: 'https://docs.anthropic.com/en/api/models-list',
  fields: {
    api_key: secretField('API key', `sk-ant-api03-${'x'.repeat(93)}AA`, {
      pattern: /^sk-ant-[A-Za-z0-9_-]+$/,
      patternHint: /^sk-ant-api03-[A-Za-z0-9_-]{93}AA$/,
    }),
  },
  hosts: ['api.anthropic.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.anthropic.com/v1/models',
    query: { limit: '1' },
    auth: { scheme: 'header', name: 'x-api-key', value: '{api_key}' },
    headers: { 'anthropic-version': '2023-06-01' },
    rules: [accept({ status: 200, body: { data: { is: 'array' } } }), reject({ status: 401 })],
    account: [{ header: 'anthropic-organization-id' }],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is set inactive or archived; an administrator key can do it by API.',
    url: 'https://console.anthropic.com/settings/keys',
  },
});

export const AI_PROVIDERS = [openrouter, openai, anthropic];
