/** What chat completions and embeddings have in common: the request read, the model chosen, the reply tracked. */
import { parseObject } from './credential-places';
import type { Call } from './define-service';
import { sendBody } from './openrouter-body';
import type { ModelCatalogue } from './openrouter-catalogue';
import { badRequest, EDGE_HEADERS, failure, unknownModel, userOf } from './openrouter-errors';
import type { Generation, GenerationBook } from './openrouter-generations';
import type { KeyBook } from './openrouter-keys';
import type { ModelRow } from './openrouter-model-rows';
import type { CallObserver } from './openrouter-observer';
import { readScenario, type Scenario } from './openrouter-scenarios';
import { scenarioError } from './openrouter-scenario-errors';
import type { SimulatedReply } from './service';

/** The state of one simulated OpenRouter. */
export interface OpenRouterState {
  readonly catalogue: ModelCatalogue;
  readonly generations: GenerationBook;
  readonly observer: CallObserver;
  readonly keys: KeyBook;
}

/** A readable request of an inference route. */
export interface InferenceRequest {
  readonly body: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

/** The request, or the reply that refuses it. */
export function readInference(
  state: OpenRouterState,
  call: Call,
): { readonly request: InferenceRequest } | { readonly refusal: SimulatedReply } {
  const body = parseObject(call.request.body);
  if (!body) return { refusal: badRequest };
  const scenario = readScenario(body);
  if (!scenario) return { refusal: failure(400, 'the simulator does not know a word of metadata.simulate') };
  if (scenario.status === null) return { request: { body, scenario } };
  return { refusal: asScenario(state, call, scenario, scenarioError(scenario.status, call, body)) };
}

/** The first of the requested models that can serve, or the reply that none can. */
export function chooseModel(
  state: OpenRouterState,
  call: Call,
  body: Readonly<Record<string, unknown>>,
  need: { readonly output: 'text' | 'embeddings'; readonly promptTokens: number },
): { readonly row: ModelRow } | { readonly refusal: SimulatedReply } {
  const { model, models } = body;
  const fallbacks = Array.isArray(models) ? (models as unknown[]).filter((id) => typeof id === 'string') : [];
  const requested = [...(typeof model === 'string' ? [model] : []), ...fallbacks];
  let tooLong: ModelRow | undefined;
  for (const id of requested.length > 0 ? requested : [undefined]) {
    const row = state.catalogue.serve(id, need.output);
    if (row && need.promptTokens <= (row.context_length ?? Infinity)) return { row };
    tooLong ??= row;
  }
  if (tooLong) return { refusal: contextExceeded(tooLong, need.promptTokens, call.account) };
  const [first = ''] = requested;
  return { refusal: unknownModel(requested, state.catalogue.knowsAuthor(first), call.account) };
}

/** A refusal, sent in the way of its scenario. */
function asScenario(
  { observer }: OpenRouterState,
  call: Call,
  scenario: Scenario,
  reply: SimulatedReply,
): SimulatedReply {
  return {
    ...reply,
    send(response) {
      observer.track(response, scenario.start === 'reset');
      void sendBody(response, {
        status: reply.status,
        headers: reply.headers ?? {},
        pieces: [JSON.stringify(reply.body)],
        scenario,
        acceptsGzip: acceptsGzip(call),
        ended: () => undefined,
      });
    },
  };
}

/** Writes what a call came to, and charges its key. */
export function settle(state: OpenRouterState, call: Call, generation: Generation): void {
  state.generations.write(generation);
  state.keys.charge(call.fields['api_key'], generation.cost);
}

/** Whether the client of a call takes gzip. */
export function acceptsGzip({ request }: Call): boolean {
  return (request.headers['accept-encoding'] ?? '').includes('gzip');
}

/** Headers of a reply that is a generation. */
export function generationHeaders(id: string, contentType: string): Readonly<Record<string, string>> {
  return { ...EDGE_HEADERS, 'content-type': contentType, 'x-generation-id': id };
}

const PROVIDERS: Readonly<Record<string, string>> = {
  anthropic: 'Anthropic',
  deepseek: 'DeepSeek',
  google: 'Google AI Studio',
  'meta-llama': 'DeepInfra',
  mistralai: 'Mistral',
  openai: 'OpenAI',
  qwen: 'Nebius',
  'z-ai': 'Z.AI',
};

/** The provider that serves a model here. */
export function providerOf({ id }: ModelRow): string {
  return PROVIDERS[id.split('/')[0] ?? ''] ?? 'OpenInference';
}

function contextExceeded(row: ModelRow, promptTokens: number, account: string): SimulatedReply {
  return failure(
    400,
    `This endpoint's maximum context length is ${row.context_length} tokens. However, you requested about ${promptTokens} tokens.`,
    { metadata: { error_type: 'context_length_exceeded' }, userId: userOf(account) },
  );
}
