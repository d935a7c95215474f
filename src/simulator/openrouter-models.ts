/** A handful of rows of OpenRouter's model list, hand-written in its documented shape. */
import type { SimulatedReply } from './service';

interface ModelFacts {
  readonly id: string;
  readonly name: string;
  readonly contextLength: number | null;
  /** USD per token, as decimal strings. */
  readonly prompt: string;
  readonly completion: string;
  readonly input?: readonly string[];
}

const MODELS: readonly ModelFacts[] = [
  {
    id: 'simulated/small',
    name: 'Simulated: Small',
    contextLength: 8_192,
    prompt: '0.0000001',
    completion: '0.0000002',
  },
  {
    id: 'simulated/small:free',
    name: 'Simulated: Small (free)',
    contextLength: 8_192,
    prompt: '0',
    completion: '0',
  },
  {
    id: 'simulated/large',
    name: 'Simulated: Large',
    contextLength: 200_000,
    prompt: '0.000003',
    completion: '0.000015',
    input: ['text', 'image'],
  },
  // A router: its price is unknown beforehand.
  { id: 'openrouter/auto', name: 'Auto Router', contextLength: null, prompt: '-1', completion: '-1' },
];

function row({ id, name, contextLength, prompt, completion, input = ['text'] }: ModelFacts): object {
  const slug = id.split(':')[0] ?? id;
  return {
    id,
    canonical_slug: slug,
    hugging_face_id: null,
    name,
    created: 1_767_225_600,
    description: `${name}, for tests.`,
    context_length: contextLength,
    architecture: {
      modality: `${input.join('+')}->text`,
      input_modalities: input,
      output_modalities: ['text'],
      tokenizer: 'Other',
      instruct_type: null,
    },
    pricing: { prompt, completion },
    top_provider: { context_length: contextLength, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: ['max_tokens', 'temperature', 'tools'],
    default_parameters: null,
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: null,
    links: { details: `/api/v1/models/${slug}/endpoints` },
  };
}

/** Reply of GET /api/v1/models without parameters. */
export const openrouterModels: SimulatedReply = {
  status: 200,
  body: { data: MODELS.map(row), total_count: MODELS.length, links: { next: null } },
};
