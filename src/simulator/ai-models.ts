/** Makers and hosts of language models with an API key as bearer. */
import { bearer } from './credential-places';
import { modelList, ok } from './ai-replies';
import { publish, type Call, type ServiceDefinition } from './define-service';
import { fakeHex, fakeText, fakeUuid } from './fake-values';
import type { SimulatedReply } from './service';

const mask = ({ fields }: Call): string => `****${(fields['api_key'] ?? '').slice(-4)}`;
/** The error envelope that OpenAI-compatible APIs share. */
function compatibleError(status: number, message: string, type: string, code: string | null): SimulatedReply {
  return { status, body: { error: { message, type, param: null, code } } };
}

const cohereMessage = (status: number, message: string): SimulatedReply => ({ status, body: { message } });
const cohereMissing = cohereMessage(401, 'no api key supplied');

/** https://docs.cohere.com/reference/checkapikey */
export const cohere: ServiceDefinition = {
  id: 'cohere',
  hosts: ['api.cohere.com'],
  credentials: publish('cohere', ['revoked', 'unpaid'], (tag) => ({ api_key: fakeText(tag, 40) })),
  routes: [
    {
      // 200 for a bad key too: the body decides.
      method: 'POST',
      path: '/v1/check-api-key',
      place: bearer('api_key'),
      missing: cohereMissing,
      replies: {
        good: ({ account }) =>
          ok({
            valid: true,
            organization_id: fakeUuid(`cohere ${account}`),
            owner_id: fakeUuid('cohere owner'),
          }),
        dead: ok({ valid: false }),
        revoked: cohereMessage(401, 'invalid api token'),
        unpaid: cohereMessage(
          402,
          'Please add or update your payment method at https://dashboard.cohere.com/billing',
        ),
      },
    },
    {
      method: 'GET',
      path: '/v1/models',
      place: bearer('api_key'),
      missing: cohereMissing,
      replies: {
        good: ok({ models: [{ name: 'command-simulated', endpoints: ['chat'] }], next_page_token: '' }),
        dead: cohereMessage(401, 'invalid api token'),
        revoked: cohereMessage(401, 'invalid api token'),
      },
    },
  ],
  notFound: cohereMessage(404, 'not found'),
  wrongMethod: cohereMessage(405, 'method not allowed'),
  rateLimited: cohereMessage(429, 'You are using a Trial key, which is limited to 40 API calls / minute.'),
  outage: cohereMessage(500, 'internal server error'),
};

const mistralError = (status: number, message: string): SimulatedReply => ({
  status,
  body: { message, request_id: fakeHex('mistral request', 32) },
});

/** https://docs.mistral.ai/api/#tag/models */
export const mistral: ServiceDefinition = {
  id: 'mistral',
  hosts: ['api.mistral.ai'],
  credentials: publish('mistral', ['unpaid'], (tag) => ({ api_key: fakeText(tag, 32) })),
  routes: [
    {
      method: 'GET',
      path: '/v1/models',
      place: bearer('api_key'),
      replies: {
        good: modelList('mistral-simulated-latest'),
        dead: mistralError(401, 'Unauthorized'),
        unpaid: mistralError(402, 'Payment required'),
      },
    },
  ],
  notFound: mistralError(404, 'no Route matched with those values'),
  rateLimited: mistralError(429, 'Requests rate limit exceeded'),
  outage: mistralError(503, 'Service unavailable'),
};

/** https://console.groq.com/docs/api-reference#models-list */
export const groq: ServiceDefinition = {
  id: 'groq',
  hosts: ['api.groq.com'],
  credentials: publish('groq', ['forbidden'], (tag) => ({ api_key: `gsk_${fakeText(tag, 52)}` })),
  routes: [
    {
      method: 'GET',
      path: '/openai/v1/models',
      place: bearer('api_key'),
      replies: {
        good: modelList('llama-simulated'),
        dead: {
          status: 401,
          body: {
            error: { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' },
          },
        },
        forbidden: {
          status: 403,
          body: { error: { message: 'Access denied. Please check your network settings.' } },
        },
      },
    },
  ],
  notFound: compatibleError(404, 'Unknown request URL', 'invalid_request_error', 'unknown_url'),
  rateLimited: compatibleError(429, 'Rate limit reached', 'requests', 'rate_limit_exceeded'),
};

const deepseekDead = (call: Call): SimulatedReply =>
  compatibleError(
    401,
    `Authentication Fails, Your api key: ${mask(call)} is invalid`,
    'authentication_error',
    'invalid_request_error',
  );
const deepseekBalance = (total: string): SimulatedReply =>
  ok({
    is_available: total !== '0.00',
    balance_infos: [
      { currency: 'USD', total_balance: total, granted_balance: '0.00', topped_up_balance: total },
    ],
  });

/** https://api-docs.deepseek.com/api/get-user-balance */
export const deepseek: ServiceDefinition = {
  id: 'deepseek',
  hosts: ['api.deepseek.com'],
  credentials: publish('deepseek', ['exhausted', 'unpaid'], (tag) => ({
    api_key: `sk-${fakeText(tag, 32)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/user/balance',
      place: bearer('api_key'),
      replies: {
        good: deepseekBalance('12.34'),
        exhausted: deepseekBalance('0.00'),
        dead: deepseekDead,
        unpaid: compatibleError(402, 'Insufficient Balance', 'unknown_error', 'invalid_request_error'),
      },
    },
    {
      method: 'GET',
      path: '/models',
      place: bearer('api_key'),
      replies: { good: modelList('deepseek-chat'), dead: deepseekDead },
    },
  ],
  rateLimited: compatibleError(429, 'Rate Limit Reached', 'rate_limit_error', null),
};

const togetherDead = compatibleError(
  401,
  'Invalid API key provided. You can find your API key at https://api.together.ai/settings/api-keys.',
  'invalid_request_error',
  'invalid_api_key',
);

/** https://docs.together.ai/reference */
export const together: ServiceDefinition = {
  id: 'together',
  hosts: ['api.together.ai', 'api.together.xyz'],
  credentials: publish('together', [], (tag) => ({ api_key: `tgp_v1_${fakeText(tag, 43)}` })),
  routes: [
    {
      method: 'GET',
      host: 'api.together.ai',
      path: '/v1/whoami',
      place: bearer('api_key'),
      replies: {
        good: ({ account }) =>
          ok({
            organization: `org-${fakeText(`together ${account}`, 20)}`,
            project_id: `proj-${fakeText(`together ${account}`, 20)}`,
            project_slug: 'simulated',
          }),
        dead: togetherDead,
      },
    },
    {
      method: 'GET',
      path: '/v1/models',
      place: bearer('api_key'),
      replies: { good: ok([{ id: 'simulated/chat', object: 'model', type: 'chat' }]), dead: togetherDead },
    },
  ],
};
