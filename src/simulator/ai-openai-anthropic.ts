/** OpenAI and Anthropic. */
import { bearer, header } from './credential-places';
import type { Call, ServiceDefinition } from './define-service';
import { fakeHex, fakeText } from './fake-values';
import type { SimulatedReply } from './service';

const openaiKey = (kind: string, tag: string): string =>
  `sk-${kind}-${fakeText(`openai ${tag} a`, 74)}T3BlbkFJ${fakeText(`openai ${tag} b`, 74)}`;

function openaiError(status: number, message: string, type: string, code: string | null): SimulatedReply {
  return { status, body: { error: { message, type, param: null, code } } };
}

const openaiDead = ({ fields }: Call): SimulatedReply =>
  openaiError(
    401,
    `Incorrect API key provided: ${(fields['api_key'] ?? '').slice(0, 8)}****. You can find your API key at https://platform.openai.com/account/api-keys.`,
    'invalid_request_error',
    'invalid_api_key',
  );

const openaiReplies = {
  dead: openaiDead,
  exhausted: openaiError(
    429,
    'You exceeded your current quota, please check your plan and billing details.',
    'insufficient_quota',
    'insufficient_quota',
  ),
};
const openaiForbidden = openaiError(
  403,
  'You have insufficient permissions for this operation. Missing scopes: api.model.read.',
  'invalid_request_error',
  'missing_scope',
);
const openaiMissing = openaiError(
  401,
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
  'invalid_request_error',
  null,
);

/** https://platform.openai.com/docs/api-reference/models/list */
export const openai: ServiceDefinition = {
  id: 'openai',
  hosts: ['api.openai.com'],
  credentials: {
    good: { api_key: openaiKey('proj', 'good') },
    second: { api_key: openaiKey('proj', 'second') },
    dead: { api_key: openaiKey('proj', 'dead') },
    limited: { api_key: openaiKey('proj', 'limited') },
    exhausted: { api_key: openaiKey('proj', 'exhausted') },
    /** An administrator's key: no inference. */
    wrongKind: { api_key: openaiKey('admin', 'wrongKind') },
  },
  routes: [
    {
      method: 'GET',
      path: '/v1/models',
      place: bearer('api_key'),
      missing: openaiMissing,
      replies: {
        ...openaiReplies,
        limited: openaiForbidden,
        wrongKind: openaiForbidden,
        good: ({ account }) => ({
          status: 200,
          headers: { 'openai-organization': `org-${fakeText(account, 24)}`, 'openai-version': '2020-10-01' },
          body: {
            object: 'list',
            data: [
              { id: 'gpt-4o-mini', object: 'model', created: 1_721_172_741, owned_by: 'system' },
              { id: 'text-embedding-3-small', object: 'model', created: 1_705_948_997, owned_by: 'system' },
            ],
          },
        }),
      },
    },
    {
      method: 'GET',
      path: '/v1/me',
      place: bearer('api_key'),
      missing: openaiMissing,
      replies: {
        ...openaiReplies,
        good: ({ account }) => ({
          status: 200,
          body: {
            object: 'user',
            id: `user-${fakeText(account, 24)}`,
            email: 'simulated@example.com',
            name: 'Simulated',
            mfa_flag_enabled: true,
            orgs: {
              object: 'list',
              data: [
                {
                  object: 'organization',
                  id: `org-${fakeText(account, 24)}`,
                  title: 'Simulated',
                  role: 'owner',
                },
              ],
            },
          },
        }),
      },
    },
  ],
  notFound: openaiError(404, 'Invalid URL', 'invalid_request_error', null),
  wrongMethod: openaiError(
    405,
    'Not allowed to use that method on this URL',
    'invalid_request_error',
    'method_not_supported',
  ),
  rateLimited: openaiError(429, 'Rate limit reached for requests', 'requests', 'rate_limit_exceeded'),
  outage: openaiError(
    500,
    'The server had an error while processing your request. Sorry about that!',
    'server_error',
    null,
  ),
};

const anthropicKey = (tag: string): string => `sk-ant-api03-${fakeText(`anthropic ${tag}`, 93)}AA`;

function anthropicError(status: number, type: string, message: string): SimulatedReply {
  return {
    status,
    headers: { 'request-id': 'req_simulated' },
    body: { type: 'error', error: { type, message }, request_id: 'req_simulated' },
  };
}

/** https://docs.anthropic.com/en/api/models-list and …/api/errors */
export const anthropic: ServiceDefinition = {
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  credentials: {
    good: { api_key: anthropicKey('good') },
    second: { api_key: anthropicKey('second') },
    dead: { api_key: anthropicKey('dead') },
    forbidden: { api_key: anthropicKey('forbidden') },
  },
  routes: [
    {
      method: 'GET',
      path: '/v1/models',
      requires: ({ headers }) =>
        headers['anthropic-version'] === '2023-06-01'
          ? null
          : anthropicError(400, 'invalid_request_error', 'anthropic-version: header is required'),
      place: header('x-api-key', 'api_key'),
      missing: anthropicError(401, 'authentication_error', 'x-api-key header is required'),
      replies: {
        dead: anthropicError(401, 'authentication_error', 'invalid x-api-key'),
        forbidden: anthropicError(
          403,
          'permission_error',
          'Your API key does not have permission to use the specified resource.',
        ),
        good: ({ account }) => ({
          status: 200,
          headers: { 'anthropic-organization-id': `00000000-0000-4000-8000-${fakeHex(account, 12)}` },
          body: {
            data: [
              {
                type: 'model',
                id: 'claude-simulated-1',
                display_name: 'Claude Simulated 1',
                created_at: '2026-01-01T00:00:00Z',
              },
            ],
            has_more: false,
            first_id: 'claude-simulated-1',
            last_id: 'claude-simulated-1',
          },
        }),
      },
    },
  ],
  notFound: anthropicError(404, 'not_found_error', 'Not found'),
  wrongMethod: anthropicError(405, 'invalid_request_error', 'Method Not Allowed'),
  rateLimited: anthropicError(429, 'rate_limit_error', 'This request would exceed your rate limit.'),
  outage: anthropicError(529, 'overloaded_error', 'Overloaded'),
};
