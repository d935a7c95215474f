/** More language and voice models, and places that host them. */
import { authorization, bearer, either, header } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeHex, fakeText, fakeUuid } from './fake-values';
import { modelList, ok } from './ai-replies';
import type { SimulatedReply } from './service';

/** https://docs.perplexity.ai/api-reference/async-chat-completions-get */
export const perplexity: ServiceDefinition = {
  id: 'perplexity',
  hosts: ['api.perplexity.ai'],
  credentials: publish('perplexity', [], (tag) => ({ api_key: `pplx-${fakeText(tag, 48)}` })),
  routes: [
    {
      method: 'GET',
      path: '/async/chat/completions',
      place: bearer('api_key'),
      replies: {
        good: ok({ next_token: null, requests: [] }),
        dead: {
          status: 401,
          headers: { 'content-type': 'text/html' },
          body: '<html><head><title>401 Authorization Required</title></head><body></body></html>',
        },
      },
    },
  ],
};

const xaiError = (status: number, code: string, error: string): SimulatedReply => ({
  status,
  body: { code, error },
});

/** https://docs.x.ai/docs/api-reference */
export const xai: ServiceDefinition = {
  id: 'xai',
  hosts: ['api.x.ai'],
  credentials: publish('xai', ['blocked', 'disabled'], (tag) => ({ api_key: `xai-${fakeText(tag, 80)}` })),
  routes: [
    {
      method: 'GET',
      path: '/v1/api-key',
      place: bearer('api_key'),
      missing: xaiError(
        401,
        'The caller does not have valid authentication credentials',
        'No API key provided.',
      ),
      replies: {
        // 400, not 401, and 200 for a key that was switched off.
        dead: (call) =>
          xaiError(
            400,
            'Client specified an invalid argument',
            `Incorrect API key provided: ${(call.fields['api_key'] ?? '').slice(0, 4)}***. You can obtain an API key from https://console.x.ai.`,
          ),
        good: (call) =>
          ok({
            redacted_api_key: `xai-...${(call.fields['api_key'] ?? '').slice(-4)}`,
            user_id: fakeUuid(`xai user ${call.account}`),
            team_id: fakeUuid(`xai team ${call.account}`),
            api_key_id: fakeUuid(`xai key ${call.variant}`),
            name: 'simulated',
            create_time: '2026-01-01T00:00:00.000000Z',
            modify_time: '2026-01-01T00:00:00.000000Z',
            modified_by: fakeUuid(`xai user ${call.account}`),
            acls: ['api-key:endpoint:*', 'api-key:model:*'],
            team_blocked: false,
            api_key_blocked: call.variant === 'blocked',
            api_key_disabled: call.variant === 'disabled',
          }),
      },
    },
  ],
};

const fireworksError = (status: number, message: string): SimulatedReply => ({
  status,
  body: { error: { object: 'error', type: 'invalid_request_error', message } },
});
const fireworksReplies = {
  dead: fireworksError(401, 'The API key you provided is invalid.'),
  suspended: fireworksError(
    412,
    'Account is suspended, possibly due to reaching the monthly spending limit.',
  ),
};

/** https://docs.fireworks.ai/api-reference */
export const fireworks: ServiceDefinition = {
  id: 'fireworks',
  hosts: ['api.fireworks.ai'],
  credentials: publish('fireworks', ['suspended'], (tag) => ({ api_key: `fw_${fakeText(tag, 24)}` })),
  routes: [
    {
      method: 'GET',
      path: '/inference/v1/models',
      place: bearer('api_key'),
      replies: { ...fireworksReplies, good: modelList('accounts/fireworks/models/simulated') },
    },
    {
      method: 'GET',
      path: '/v1/accounts',
      place: bearer('api_key'),
      replies: {
        ...fireworksReplies,
        good: ({ account }) =>
          ok({ accounts: [{ name: `accounts/${account}`, displayName: 'Simulated' }], totalSize: 1 }),
      },
    },
  ],
};

/** https://huggingface.co/docs/hub/api */
export const huggingface: ServiceDefinition = {
  id: 'huggingface',
  hosts: ['huggingface.co'],
  credentials: publish('huggingface', [], (tag) => ({ api_key: `hf_${fakeText(tag, 34)}` })),
  routes: [
    {
      method: 'GET',
      path: '/api/whoami-v2',
      place: bearer('api_key'),
      missing: { status: 401, body: { error: 'Invalid username or password.' } },
      replies: {
        dead: { status: 401, body: { error: 'Invalid credentials in Authorization header' } },
        good: ({ account }) =>
          ok({
            type: 'user',
            id: fakeHex(`huggingface ${account}`, 24),
            name: account,
            fullname: 'Simulated',
            email: 'simulated@example.com',
            orgs: [{ type: 'org', name: 'simulated-org', roleInOrg: 'admin' }],
            auth: { type: 'access_token', accessToken: { displayName: 'simulated', role: 'read' } },
          }),
      },
    },
  ],
};

const replicateDead: SimulatedReply = {
  status: 401,
  body: { title: 'Unauthenticated', detail: 'You did not pass a valid authentication token', status: 401 },
};

/** https://replicate.com/docs/reference/http#account.get */
export const replicate: ServiceDefinition = {
  id: 'replicate',
  hosts: ['api.replicate.com'],
  credentials: publish('replicate', [], (tag) => ({ api_key: `r8_${fakeText(tag, 37)}` })),
  routes: [
    {
      method: 'GET',
      path: '/v1/account',
      // `Token` is the older scheme.
      place: either(bearer('api_key'), authorization('Token', 'api_key')),
      replies: {
        dead: replicateDead,
        good: ({ account }) =>
          ok({
            type: 'organization',
            username: account,
            name: 'Simulated',
            github_url: 'https://github.com/simulated',
          }),
      },
    },
  ],
};

const azureError = (status: number, message: string): SimulatedReply => ({
  status,
  body: { error: { code: String(status), message } },
});
const azureReplies = {
  dead: azureError(
    401,
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
  ),
  forbidden: azureError(403, 'Access denied due to Virtual Network/Firewall rules.'),
  good: modelList('gpt-simulated'),
};

/** https://learn.microsoft.com/azure/ai-services/openai/reference */
export const azureOpenai: ServiceDefinition = {
  id: 'azure-openai',
  hosts: ['simulated.openai.azure.com'],
  credentials: publish('azure-openai', ['forbidden'], (tag) => ({
    endpoint: 'https://simulated.openai.azure.com',
    api_key: fakeHex(tag, 32),
  })),
  routes: [
    { method: 'GET', path: '/openai/v1/models', place: header('api-key', 'api_key'), replies: azureReplies },
    { method: 'GET', path: '/openai/models', place: header('api-key', 'api_key'), replies: azureReplies },
  ],
  notFound: azureError(404, 'Resource not found'),
};

const elevenlabsError = (status: number, kind: string, message: string): SimulatedReply => ({
  status,
  body: { detail: { status: kind, message } },
});
const elevenlabsMissing = elevenlabsError(
  401,
  'needs_authorization',
  'Neither authorization header nor xi-api-key received, please provide one.',
);
const elevenlabsReplies = (permission: string) => ({
  dead: elevenlabsError(401, 'invalid_api_key', 'Invalid API key'),
  // 401 as well, and yet the key is alive.
  limited: elevenlabsError(
    401,
    'missing_permissions',
    `The API key you used is missing the permission ${permission} to execute this operation.`,
  ),
});

/** https://elevenlabs.io/docs/api-reference/user/get */
export const elevenlabs: ServiceDefinition = {
  id: 'elevenlabs',
  hosts: ['api.elevenlabs.io'],
  credentials: publish('elevenlabs', ['limited'], (tag) => ({ api_key: `sk_${fakeHex(tag, 48)}` })),
  routes: [
    {
      method: 'GET',
      path: '/v1/user',
      place: header('xi-api-key', 'api_key'),
      missing: elevenlabsMissing,
      replies: {
        ...elevenlabsReplies('user_read'),
        // The real reply may echo the key.
        good: ({ fields, account }) =>
          ok({
            user_id: fakeText(`elevenlabs ${account}`, 28),
            subscription: {
              tier: 'creator',
              character_count: 100,
              character_limit: 100_000,
              status: 'active',
            },
            is_new_user: false,
            first_name: 'Simulated',
            xi_api_key: fields['api_key'],
            xi_api_key_preview: (fields['api_key'] ?? '').slice(-4),
            created_at: 1_767_225_600,
            seat_type: 'workspace_admin',
          }),
      },
    },
    {
      method: 'GET',
      path: '/v1/models',
      place: header('xi-api-key', 'api_key'),
      missing: elevenlabsMissing,
      replies: { ...elevenlabsReplies('models_read'), good: ok([{ model_id: 'eleven_simulated' }]) },
    },
  ],
  notFound: { status: 404, body: { detail: 'Not Found' } },
  wrongMethod: { status: 405, body: { detail: 'Method Not Allowed' } },
  rateLimited: elevenlabsError(429, 'too_many_concurrent_requests', 'Too many concurrent requests.'),
};
