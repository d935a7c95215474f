/** OpenRouter: https://openrouter.ai/docs/api and its published OpenAPI. */
import { createHash } from 'node:crypto';
import { bearer } from './credential-places';
import type { Call, Reply, Route, ServiceDefinition } from './define-service';
import { fakeHex, fakeText } from './fake-values';
import { openrouterModels } from './openrouter-models';
import type { SimulatedReply } from './service';

const key = (tag: string): string => `sk-or-v1-${fakeHex(`openrouter ${tag}`, 64)}`;

function failure(status: number, message: string, metadata?: object): SimulatedReply {
  return { status, body: { error: { message, code: status, ...(metadata && { metadata }) } } };
}

/** Recorded live: a request without the header, and one with an unknown or deleted key. */
const missing = failure(401, 'No cookie auth credentials found');
const dead = failure(401, 'User not found.');

/** Recorded live (the docs say 402): a key over its own limit. The message carries the key's hash. */
function keyLimitExceeded({ fields }: Call): SimulatedReply {
  const hash = createHash('sha256')
    .update(fields['api_key'] ?? '')
    .digest('hex');
  return failure(
    403,
    `Key limit exceeded (total limit). Manage it using https://openrouter.ai/workspaces/default/keys/${hash}`,
  );
}

const unpaid = failure(402, 'Insufficient credits. Add more using https://openrouter.ai/credits');

/** GET /key. Every documented field; `is_provisioning_key` is the old name of `is_management_key`. */
function keyReply(call: Call): SimulatedReply {
  const { fields, variant, account } = call;
  const plain = fields['api_key'] ?? '';
  const management = variant === 'wrongKind';
  const limit = variant === 'spent' ? 5 : management ? null : 100;
  const usage = variant === 'spent' ? 5 : 25.5;
  return {
    status: 200,
    body: {
      data: {
        label: `${plain.slice(0, 12)}...${plain.slice(-3)}`,
        limit,
        limit_remaining: limit === null ? null : limit - usage,
        limit_reset: null,
        include_byok_in_limit: false,
        usage,
        usage_daily: 0.5,
        usage_weekly: 2.5,
        usage_monthly: 12,
        byok_usage: 0,
        byok_usage_daily: 0,
        byok_usage_weekly: 0,
        byok_usage_monthly: 0,
        is_free_tier: false,
        is_management_key: management,
        is_provisioning_key: management,
        rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
        creator_user_id: `user_${fakeText(`openrouter ${account}`, 27)}`,
        expires_at: null,
        allowed_data_regions: [],
        free_model_daily_requests: { limit: 1000, used: 0, remaining: 1000 },
        organization_id: null,
        workspace_id: null,
      },
    },
  };
}

const replies = (good: Reply): Route['replies'] => ({ good, dead, exhausted: keyLimitExceeded, unpaid });
const managementOnly = failure(403, 'Only management keys can perform this operation');

export const openrouter: ServiceDefinition = {
  id: 'openrouter',
  hosts: ['openrouter.ai'],
  credentials: {
    good: { api_key: key('good') },
    second: { api_key: key('second') },
    otherAccount: { api_key: key('otherAccount') },
    dead: { api_key: key('dead') },
    /** 403, key limit exceeded. */
    exhausted: { api_key: key('exhausted') },
    /** 200, nothing left of its limit. */
    spent: { api_key: key('spent') },
    /** 402, the account has no credit. */
    unpaid: { api_key: key('unpaid') },
    /** A management key: authenticates, must not be used for inference. */
    wrongKind: { api_key: key('wrongKind') },
  },
  routes: [
    { method: 'GET', path: '/api/v1/key', place: bearer('api_key'), missing, replies: replies(keyReply) },
    // The older path, no longer in the specification, still answered.
    {
      method: 'GET',
      path: '/api/v1/auth/key',
      place: bearer('api_key'),
      missing,
      replies: replies(keyReply),
    },
    // Public: a made-up key is answered like a good one.
    { method: 'GET', path: '/api/v1/models', place: null, replies: { good: openrouterModels, dead } },
    {
      method: 'GET',
      path: '/api/v1/models/user',
      place: bearer('api_key'),
      missing,
      replies: replies(openrouterModels),
    },
    {
      method: 'GET',
      path: '/api/v1/credits',
      place: bearer('api_key'),
      missing,
      replies: {
        good: managementOnly,
        dead,
        wrongKind: { status: 200, body: { data: { total_credits: 100, total_usage: 25.5 } } },
      },
    },
  ],
  notFound: failure(404, 'Resource not found'),
  rateLimited: failure(429, 'Rate limit exceeded', {
    headers: {
      'X-RateLimit-Limit': '20',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': '1767225600000',
    },
  }),
  outage: failure(503, 'Service temporarily unavailable'),
};
