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
  missingKey,
  noInference,
  notFound,
  rateLimited,
  tooLarge,
} from './openrouter-errors';
import { GenerationBook } from './openrouter-generations';
import type { OpenRouterState } from './openrouter-inference';
import { KeyBook } from './openrouter-keys';
import { keyReplies, keyRoutes } from './openrouter-key-routes';
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

/** One simulated OpenRouter with a state of its own. `models` replaces the built-in rows: see {@link rowsOf}. */
export function createOpenRouter(options: { readonly models?: readonly ModelRow[] }): {
  readonly definition: ServiceDefinition;
  readonly observer: OpenRouterObserver;
} {
  const state: OpenRouterState = {
    catalogue: new ModelCatalogue(rowsOf(options.models)),
    generations: new GenerationBook(),
    observer: new CallObserver(),
    keys: new KeyBook(),
  };
  const routes = [
    ...keyRoutes(state.keys),
    ...modelRoutes(state.catalogue, state.keys),
    ...inferenceRoutes(state),
  ];
  const definition: ServiceDefinition = {
    id: 'openrouter',
    hosts: ['openrouter.ai'],
    loopbackPrefix: '/api/v1/',
    credentials,
    routes: routes.map((route) => observed(route, state.observer)),
    notFound,
    tooLarge,
    get rateLimited() {
      return rateLimited();
    },
    outage: failure(503, 'Service temporarily unavailable'),
  };
  return { definition, observer: state.observer };
}

/** The given rows; embedding models, which the real list hides unless asked, are added where there are none. */
function rowsOf(models: readonly ModelRow[] | undefined): readonly ModelRow[] {
  const builtIn = builtInModels(new Date());
  if (!models) return builtIn;
  const embeds = ({ architecture }: ModelRow): boolean =>
    architecture.output_modalities.includes('embeddings');
  return models.some(embeds) ? models : [...models, ...builtIn.filter(embeds)];
}

function inferenceRoutes(state: OpenRouterState): readonly Route[] {
  const post = (path: string, answer: (call: Call) => SimulatedReply): Route => ({
    method: 'POST',
    path,
    place: bearer('api_key'),
    maxBodyBytes: MAX_INFERENCE_BYTES,
    missing: missingKey,
    replies: {
      ...keyReplies(state.keys, (call) =>
        state.keys.stateOf(call.fields['api_key'], new Date()) === 'over_limit'
          ? keyLimitExceeded(call)
          : answer(call),
      ),
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
      replies: keyReplies(state.keys, ({ request, account }) => {
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
