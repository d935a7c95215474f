/** The errors that a call can ask for by `status-…`. */
import type { Call } from './define-service';
import {
  failure,
  keyLimitExceeded,
  rateLimited,
  tooLarge,
  unknownKey,
  unknownModel,
  unpaid,
  userOf,
} from './openrouter-errors';
import type { SimulatedReply } from './service';

type Body = Readonly<Record<string, unknown>>;

/** Longer than anyone should wait: a day. */
const HUGE_RETRY_AFTER_SECONDS = 86_400;

const NAMED: Readonly<Record<string, (call: Call, body: Body) => SimulatedReply>> = {
  '401': () => unknownKey,
  '402': () => unpaid,
  '403': ({ account }) =>
    failure(403, 'Request blocked: prompt injection patterns detected', {
      metadata: { patterns: ['ignore all previous instructions'], error_type: 'permission_denied' },
      userId: userOf(account),
    }),
  '403-limit': keyLimitExceeded,
  '403-moderation': ({ account }) =>
    failure(403, 'Your input was flagged', {
      metadata: {
        reasons: ['violence'],
        flagged_input: 'simulated',
        provider_name: 'OpenAI',
        model_slug: 'openai/gpt-4o-mini',
        error_type: 'content_policy_violation',
      },
      userId: userOf(account),
    }),
  '404': ({ account }, { model }) =>
    unknownModel([typeof model === 'string' ? model : 'openai/gpt-4o-mini'], true, account),
  '413': () => tooLarge,
  '429': () => rateLimited(),
  '429-body-only': () => rateLimited({ bodyOnly: true }),
  'retry-after-huge': () => rateLimited({ retryAfterSeconds: HUGE_RETRY_AFTER_SECONDS }),
  '503': () =>
    failure(503, 'Service temporarily unavailable', {
      metadata: { error_type: 'provider_overloaded' },
      headers: { 'retry-after': '1' },
    }),
};

const TEXTS: Readonly<Record<string, readonly [message: string, errorType: string]>> = {
  '400': ['Invalid request parameters', 'invalid_request'],
  '408': ['Operation timed out. Please try again later.', 'timeout'],
  '422': ['Invalid argument', 'unprocessable'],
  '500': ['Internal Server Error', 'server'],
  '502': ['Provider returned error', 'provider_unavailable'],
  '504': ['Gateway timeout', 'timeout'],
  '524': ['Request timed out. Please try again later.', 'timeout'],
  '529': ['Provider returned error', 'provider_overloaded'],
};

/** The reply that `status-<name>` asks for. */
export function scenarioError(name: string, call: Call, body: Body): SimulatedReply {
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  if (named) return named(call, body);
  const status = Number(name.slice(0, 3));
  const [message, errorType] = TEXTS[name] ?? ['Something went wrong', 'unmapped'];
  const provider = errorType.startsWith('provider_') ? { provider_name: 'OpenAI' } : {};
  return failure(status, message, { metadata: { error_type: errorType, ...provider } });
}
