/**
 * OpenRouter: https://openrouter.ai/docs/api and its published OpenAPI. A client is pointed at it by the simulator's
 * origin with `/api/v1` after it; the Host may be OpenRouter's or the simulator's own. What a call may ask for besides
 * an answer: see openrouter-scenarios.ts.
 */
import { bearer } from './credential-places';
import type { Call, Reply, Route, ServiceDefinition } from './define-service';
import { fakeHex } from './fake-values';
import { ModelCatalogue } from './openrouter-catalogue';
import { answerChat } from './openrouter-chat';
import { answerEmbeddings } from './openrouter-embeddings';
import {
  EDGE_HEADERS,
  failure,
  keyLimitExceeded,
  managementOnly,
  missingKey,
  noInference,
  notFound,
  rateLimited,
  tooLarge,
  unknownKey,
  unpaid,
  userOf,
} from './openrouter-errors';
import { GenerationBook } from './openrouter-generations';
import type { OpenRouterState } from './openrouter-inference';
import { builtInModels, type ModelRow } from './openrouter-model-rows';
import { modelRoutes } from './openrouter-model-routes';
import { CallObserver, type OpenRouterObserver } from './openrouter-observer';
import type { SimulatedReply } from './service';

const MAX_INFERENCE_BYTES = 32 * 1024 * 1024;

const key = (tag: string): string => `sk-or-v1-${fakeHex(`openrouter ${tag}`, 64)}`;

const credentials: ServiceDefinition['credentials'] = {
  good: { api_key: key('good') },
  second: { api_key: key('second') },
  otherAccount: { api_key: key('otherAccount') },
  dead: { api_key: key('dead') },
  /** 403, key limit exceeded. */
  exhausted: { api_key: key('exhausted') },
  /** 200 at /key with nothing left of its limit; inference is refused. */
  spent: { api_key: key('spent') },
  /** 402, the account has no credit. */
  unpaid: { api_key: key('unpaid') },
  /** Inference is always 429. */
  throttled: { api_key: key('throttled') },
  /** A management key: authenticates, must not be used for inference. */
  wrongKind: { api_key: key('wrongKind') },
};

/** One simulated OpenRouter with a state of its own. `models` replaces the built-in rows. */
export function createOpenRouter(options: { readonly models?: readonly ModelRow[] }): {
  readonly definition: ServiceDefinition;
  readonly observer: OpenRouterObserver;
} {
  const state: OpenRouterState = {
    catalogue: new ModelCatalogue(options.models ?? builtInModels(new Date())),
    generations: new GenerationBook(),
    observer: new CallObserver(),
  };
  const routes = [...keyRoutes(), ...modelRoutes(state.catalogue), ...inferenceRoutes(state)];
  const definition: ServiceDefinition = {
    id: 'openrouter',
    hosts: ['openrouter.ai'],
    loopbackPrefix: '/api/v1/',
    credentials,
    routes: routes.map((route) => observed(route, state.observer)),
    notFound,
    tooLarge,
    rateLimited: rateLimited(),
    outage: failure(503, 'Service temporarily unavailable'),
  };
  return { definition, observer: state.observer };
}

/** GET /key. Every documented field; `is_provisioning_key` is the old name of `is_management_key`. */
function keyReply(call: Call): SimulatedReply {
  const { fields, variant, account } = call;
  const plain = fields['api_key'] ?? '';
  const management = variant === 'wrongKind';
  const limit = variant === 'spent' ? 5 : management ? null : 100;
  const usage = variant === 'spent' ? 5 : 25.5;
  return {
    status: 200,
    headers: EDGE_HEADERS,
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
        creator_user_id: userOf(account),
        expires_at: null,
        allowed_data_regions: [],
        free_model_daily_requests: { limit: 1000, used: 0, remaining: 1000 },
        organization_id: null,
        workspace_id: null,
      },
    },
  };
}

function replies(good: Reply): Route['replies'] {
  return { good, dead: unknownKey, exhausted: keyLimitExceeded, unpaid };
}

function keyRoutes(): readonly Route[] {
  const place = bearer('api_key');
  const get = (path: string, answers: Route['replies']): Route => ({
    method: 'GET',
    path,
    place,
    missing: missingKey,
    replies: answers,
  });
  return [
    get('/api/v1/key', replies(keyReply)),
    // The older path, no longer in the specification, still answered.
    get('/api/v1/auth/key', replies(keyReply)),
    get('/api/v1/credits', {
      good: managementOnly,
      dead: unknownKey,
      wrongKind: {
        status: 200,
        headers: EDGE_HEADERS,
        body: { data: { total_credits: 100, total_usage: 25.5 } },
      },
    }),
  ];
}

function inferenceRoutes(state: OpenRouterState): readonly Route[] {
  const post = (path: string, good: Reply): Route => ({
    method: 'POST',
    path,
    place: bearer('api_key'),
    maxBodyBytes: MAX_INFERENCE_BYTES,
    missing: missingKey,
    replies: {
      ...replies(good),
      spent: keyLimitExceeded,
      throttled: () => rateLimited(),
      wrongKind: noInference,
    },
  });
  return [
    post('/api/v1/chat/completions', (call) => answerChat(state, call)),
    post('/api/v1/embeddings', (call) => answerEmbeddings(state, call)),
    {
      method: 'GET',
      path: '/api/v1/generation',
      place: bearer('api_key'),
      missing: missingKey,
      replies: replies(({ request, account }) => {
        const found = state.generations.read(request.query.get('id') ?? '', account);
        return found ? { status: 200, headers: EDGE_HEADERS, body: { data: found } } : notFound;
      }),
    },
  ];
}

/** The same route, with every call told to the observer. */
function observed(route: Route, observer: CallObserver): Route {
  const watch =
    (reply: Reply) =>
    (call: Call): SimulatedReply => {
      const made = typeof reply === 'function' ? reply(call) : reply;
      observer.record(call, made);
      return made;
    };
  const watched = Object.fromEntries(
    Object.entries(route.replies).map(([name, reply]) => [name, watch(reply)]),
  );
  return {
    ...route,
    ...(route.missing && { missing: watch(route.missing) }),
    replies: watched as Route['replies'],
  };
}
