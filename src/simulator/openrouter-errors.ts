/**
 * OpenRouter's errors: the envelope, the texts, the headers. Recorded replies of the real service where there are
 * any, else the examples of its specification (https://openrouter.ai/openapi.json).
 */
import { createHash } from 'node:crypto';
import type { Call } from './define-service';
import { fakeText } from './fake-values';
import type { SimulatedReply } from './service';

/** What stands in `error` besides its text and number. */
export interface FailureDetails {
  readonly metadata?: object;
  readonly availability?: object;
  /** The account's user, which the real service names in some replies. */
  readonly userId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers that stand on every reply and that no proxy should hand on. */
export const EDGE_HEADERS: Readonly<Record<string, string>> = {
  server: 'cloudflare',
  'cf-ray': '9a1b2c3d4e5f6789-FRA',
  'set-cookie': '__cf_bm=simulated; path=/; domain=.openrouter.ai; HttpOnly; Secure; SameSite=None',
  'access-control-allow-origin': '*',
  'permissions-policy': 'payment=(self "https://checkout.stripe.com")',
  'referrer-policy': 'no-referrer, strict-origin-when-cross-origin',
  vary: 'Accept-Encoding',
  'x-content-type-options': 'nosniff',
};

/** One error reply: the HTTP status is also the number in the body. */
export function failure(status: number, message: string, details: FailureDetails = {}): SimulatedReply {
  const { metadata, availability, userId, headers } = details;
  return {
    status,
    headers: { ...EDGE_HEADERS, 'content-type': 'application/json', ...headers },
    body: {
      error: { message, code: status, ...(metadata && { metadata }), ...(availability && { availability }) },
      ...(userId !== undefined && { user_id: userId }),
    },
  };
}

/** The user id of an account. */
export function userOf(account: string): string {
  return `user_${fakeText(`openrouter ${account}`, 27)}`;
}

/** Lower-case hex SHA-256 of a plain key: how the service names it. */
export function hashOf(plainKey: string): string {
  return createHash('sha256').update(plainKey).digest('hex');
}

/** Recorded: a request without the header, and one with an unknown or deleted key. */
export const missingKey = failure(401, 'No cookie auth credentials found');
export const unknownKey = failure(401, 'User not found.');
export const unpaid = failure(402, 'Insufficient credits. Add more using https://openrouter.ai/credits');
export const managementOnly = failure(403, 'Only management keys can perform this operation');
export const notFound = failure(404, 'Resource not found');
export const badRequest = failure(400, 'Invalid request parameters', {
  metadata: { error_type: 'invalid_request' },
});
export const tooLarge = failure(413, 'Request payload too large', {
  metadata: { error_type: 'payload_too_large' },
});
export const noInference = failure(403, 'Management keys cannot be used for inference', {
  metadata: { error_type: 'permission_denied' },
});

/** Recorded (the documentation says 402): a key over its own limit. The message carries the key's hash. */
export function keyLimitExceeded({ fields }: Call): SimulatedReply {
  const hash = hashOf(fields['api_key'] ?? '');
  return failure(
    403,
    `Key limit exceeded (total limit). Manage it using https://openrouter.ai/workspaces/default/keys/${hash}`,
  );
}

/** A 429 of OpenRouter itself: its limits stand in the body and, unless `bodyOnly`, in headers. */
export function rateLimited(
  options: { bodyOnly?: boolean; retryAfterSeconds?: number } = {},
): SimulatedReply {
  const limits = {
    'X-RateLimit-Limit': '20',
    'X-RateLimit-Remaining': '0',
    // Epoch milliseconds.
    'X-RateLimit-Reset': String(Math.ceil(Date.now() / 60_000) * 60_000),
  };
  const headers = options.bodyOnly
    ? {}
    : { 'retry-after': String(options.retryAfterSeconds ?? 5), ...lowerCased(limits) };
  return failure(429, 'Rate limit exceeded', {
    metadata: {
      headers: limits,
      error_type: 'rate_limit_exceeded',
      limit_source: 'openrouter_shared_capacity',
    },
    headers,
  });
}

/** A model that is in no list, or no more: 404 where its author is known, else 400. */
export function unknownModel(
  requested: readonly string[],
  authorKnown: boolean,
  account: string,
): SimulatedReply {
  const [first = ''] = requested;
  const availability = {
    code: authorKnown ? 'no_endpoints' : 'model_not_found',
    retryable: false,
    requested_models: requested,
    docs_url: 'https://openrouter.ai/docs/errors',
  };
  return authorKnown
    ? failure(404, `No endpoints found for ${first}.`, { availability, userId: userOf(account) })
    : failure(400, `${first} is not a valid model ID`, { availability, userId: userOf(account) });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
