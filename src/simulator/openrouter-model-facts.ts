/**
 * A dozen and more of OpenRouter's models, written by hand: real ids, prices of August 2026 in USD per token. Among
 * them is a row for each oddity of the real list. Shape: https://openrouter.ai/docs/api-reference/list-available-models
 */
import type { ModelPricing } from './openrouter-model-rows';

/** What is to be said of a model by hand; the rest of its row follows from it. */
export interface ModelFacts {
  readonly id: string;
  readonly name: string;
  /** Unix seconds. */
  readonly created: number;
  readonly context: number | null;
  readonly maxCompletion?: number;
  readonly pricing: ModelPricing;
  readonly tokenizer?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly parameters: readonly string[];
  readonly slug?: string;
  readonly huggingFace?: string;
  readonly expires?: string;
  /** Further fields, over those made here. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const EVERY_INPUT = ['text', 'image', 'file', 'audio', 'video'];
const SAMPLING = ['max_tokens', 'seed', 'stop', 'temperature', 'top_p'];
const TOOLS = ['tool_choice', 'tools', 'response_format', 'structured_outputs'];
const REASONING = ['include_reasoning', 'reasoning'];
const OPEN_WEIGHTS = [...SAMPLING, ...TOOLS, 'min_p', 'top_k', 'repetition_penalty'];

const SONNET: Omit<ModelFacts, 'id' | 'name'> = {
  created: 1_782_843_083,
  context: 1_000_000,
  maxCompletion: 128_000,
  pricing: {
    prompt: '0.000002',
    completion: '0.00001',
    web_search: '0.01',
    input_cache_read: '0.0000002',
    input_cache_write: '0.0000025',
  },
  input: ['text', 'image', 'file'],
  parameters: ['max_completion_tokens', 'max_tokens', 'stop', 'verbosity', ...TOOLS, ...REASONING],
  more: {
    reasoning: {
      mandatory: false,
      default_enabled: true,
      default_effort: 'high',
      supported_efforts: ['high', 'low'],
    },
  },
};

const GEMINI_PRO: Omit<ModelFacts, 'id' | 'name'> = {
  created: 1_771_509_627,
  context: 1_048_576,
  maxCompletion: 65_536,
  pricing: {
    prompt: '0.000002',
    completion: '0.000012',
    input_cache_read: '0.0000002',
    overrides: [{ min_prompt_tokens: 200_000, prompt: '0.000004', completion: '0.000018' }],
  },
  input: EVERY_INPUT,
  parameters: [...SAMPLING, ...TOOLS, ...REASONING],
  more: { reasoning: { mandatory: true } },
};

const LLAMA: Omit<ModelFacts, 'id' | 'name' | 'pricing'> = {
  created: 1_733_506_137,
  context: 131_072,
  maxCompletion: 16_384,
  tokenizer: 'Llama3',
  parameters: OPEN_WEIGHTS,
  slug: 'meta-llama/llama-3.3-70b-instruct',
  huggingFace: 'meta-llama/Llama-3.3-70B-Instruct',
};

const GPT_4O_MINI: Omit<ModelFacts, 'id' | 'name' | 'pricing'> = {
  created: 1_721_260_800,
  context: 128_000,
  maxCompletion: 16_384,
  tokenizer: 'GPT',
  input: ['text', 'image', 'file'],
  parameters: [
    ...SAMPLING,
    ...TOOLS,
    'logit_bias',
    'logprobs',
    'max_completion_tokens',
    'web_search_options',
  ],
  slug: 'openai/gpt-4o-mini',
};

const EMBEDDING = { output: ['embeddings'], parameters: [] } as const;

/** The models; `soon` is a date within the next month, as YYYY-MM-DD. */
export function modelFacts(soon: string): readonly ModelFacts[] {
  return [
    {
      id: 'openai/gpt-4-turbo',
      name: 'OpenAI: GPT-4 Turbo',
      created: 1_712_620_800,
      context: 128_000,
      maxCompletion: 4_096,
      pricing: { prompt: '0.00001', completion: '0.00003' },
      tokenizer: 'GPT',
      input: ['text', 'image'],
      parameters: [...SAMPLING, ...TOOLS, 'logit_bias', 'logprobs'],
    },
    {
      ...GPT_4O_MINI,
      id: 'openai/gpt-4o-mini',
      name: 'OpenAI: GPT-4o-mini',
      pricing: { prompt: '0.00000015', completion: '0.0000006', input_cache_read: '0.000000075' },
    },
    {
      ...GPT_4O_MINI,
      id: 'openai/gpt-4o-mini:batch',
      name: 'OpenAI: GPT-4o-mini (batch)',
      pricing: { prompt: '0.000000075', completion: '0.0000003', input_cache_read: '0.0000000375' },
    },
    {
      ...SONNET,
      id: 'anthropic/claude-sonnet-5',
      name: 'Anthropic: Claude Sonnet 5',
      tokenizer: 'Claude',
      slug: 'anthropic/claude-sonnet-5-20260630',
    },
    {
      ...SONNET,
      id: '~anthropic/claude-sonnet-latest',
      name: 'Anthropic Claude Sonnet Latest',
      tokenizer: 'Router',
      more: {
        ...SONNET.more,
        alias_target: { name: 'Anthropic: Claude Sonnet 5', slug: 'anthropic/claude-sonnet-5' },
      },
    },
    {
      ...GEMINI_PRO,
      id: 'google/gemini-2.5-pro',
      name: 'Google: Gemini 2.5 Pro',
      created: 1_750_169_544,
      tokenizer: 'Gemini',
      pricing: {
        prompt: '0.00000125',
        completion: '0.00001',
        image: '0.00000125',
        web_search: '0.014',
        overrides: [{ min_prompt_tokens: 200_000, prompt: '0.0000025', completion: '0.000015' }],
      },
      huggingFace: '',
    },
    {
      ...GEMINI_PRO,
      id: 'google/gemini-3.1-pro-preview',
      name: 'Google: Gemini 3.1 Pro Preview',
      tokenizer: 'Gemini',
      slug: 'google/gemini-3.1-pro-preview-20260219',
    },
    {
      ...GEMINI_PRO,
      id: '~google/gemini-pro-latest',
      name: 'Google Gemini Pro Latest',
      tokenizer: 'Router',
      more: {
        ...GEMINI_PRO.more,
        alias_target: { name: 'Google: Gemini 3.1 Pro Preview', slug: 'google/gemini-3.1-pro-preview' },
      },
    },
    {
      id: 'deepseek/deepseek-chat',
      name: 'DeepSeek: DeepSeek V3',
      created: 1_735_241_320,
      context: 163_840,
      maxCompletion: 16_000,
      pricing: { prompt: '0.0000002574', completion: '0.0000010287' },
      tokenizer: 'DeepSeek',
      parameters: OPEN_WEIGHTS,
      slug: 'deepseek/deepseek-chat-v3',
      huggingFace: 'deepseek-ai/DeepSeek-V3',
    },
    {
      ...LLAMA,
      id: 'meta-llama/llama-3.3-70b-instruct',
      name: 'Meta: Llama 3.3 70B Instruct',
      pricing: { prompt: '0.0000001', completion: '0.00000032' },
    },
    {
      ...LLAMA,
      id: 'meta-llama/llama-3.3-70b-instruct:free',
      name: 'Meta: Llama 3.3 70B Instruct (free)',
      pricing: { prompt: '0', completion: '0' },
    },
    {
      id: 'meta-llama/llama-3.1-8b-instruct',
      name: 'Meta: Llama 3.1 8B Instruct',
      created: 1_721_692_800,
      context: 131_072,
      maxCompletion: 131_072,
      pricing: { prompt: '0.00000005', completion: '0.00000008', input_cache_read: '0.000000025' },
      tokenizer: 'Llama3',
      parameters: OPEN_WEIGHTS,
      huggingFace: 'meta-llama/Meta-Llama-3.1-8B-Instruct',
    },
    {
      // It may go soon.
      id: 'z-ai/glm-4.5',
      name: 'Z.ai: GLM 4.5',
      created: 1_753_471_347,
      context: 131_072,
      maxCompletion: 98_304,
      pricing: { prompt: '0.0000006', completion: '0.0000022', input_cache_read: '0.00000011' },
      parameters: [...SAMPLING, ...TOOLS, ...REASONING],
      huggingFace: 'zai-org/GLM-4.5',
      expires: soon,
    },
    {
      // This date is how the list says "never".
      id: 'z-ai/glm-5-turbo',
      name: 'Z.ai: GLM 5 Turbo',
      created: 1_773_583_573,
      context: 202_752,
      maxCompletion: 131_072,
      pricing: { prompt: '0.0000012', completion: '0.000004', input_cache_read: '0.00000024' },
      parameters: [...SAMPLING, ...TOOLS, ...REASONING],
      slug: 'z-ai/glm-5-turbo-20260315',
      expires: '2098-12-31',
    },
    {
      // Words and fields that no documentation has yet: they come without notice.
      id: 'mistralai/mistral-large-2512',
      name: 'Mistral: Mistral Large 3 2512',
      created: 1_764_624_472,
      context: 262_144,
      pricing: { prompt: '0.0000005', completion: '0.0000015', discount: 0.1, simulated_price: '0.01' },
      tokenizer: 'SimulatedTokenizer',
      input: ['text', 'image', 'simulated_sense'],
      parameters: [...SAMPLING, ...TOOLS, 'simulated_parameter'],
      more: { simulated_field: { nested: [1, null] } },
    },
    {
      // A router: neither its price nor its context is known beforehand.
      id: 'openrouter/auto',
      name: 'Auto Router',
      created: 1_699_401_600,
      context: null,
      pricing: { prompt: '-1', completion: '-1' },
      tokenizer: 'Router',
      parameters: [...SAMPLING, ...TOOLS],
    },
    {
      ...EMBEDDING,
      id: 'openai/text-embedding-3-small',
      name: 'OpenAI: Text Embedding 3 Small',
      created: 1_761_862_866,
      context: 8_192,
      pricing: { prompt: '0.00000002', completion: '0' },
      tokenizer: 'GPT',
    },
    {
      ...EMBEDDING,
      id: 'qwen/qwen3-embedding-8b',
      name: 'Qwen: Qwen3 Embedding 8B',
      created: 1_761_680_622,
      context: 32_000,
      pricing: { prompt: '0.00000001', completion: '0' },
      tokenizer: 'Qwen3',
      huggingFace: 'Qwen/Qwen3-Embedding-8B',
    },
  ];
}
