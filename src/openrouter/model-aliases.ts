/**
 * Names people use for models, and what they mean: the first candidate that the live list has. Old ids of OpenRouter
 * that are gone from it stand here, too. Checked against the list of 2026-08-22. A name the list has itself means that.
 *
 * Of the candidates the first that moves with the list (`~…-latest`) or lives longest comes first; the first without
 * `~` is what an alias means while the list was never fetched, so it should be one that stays.
 */
export interface ModelAlias {
  readonly alias: string;
  /** Ids of OpenRouter's list, best first. */
  readonly candidates: readonly string[];
}

const SONNET = [
  '~anthropic/claude-sonnet-latest',
  'anthropic/claude-sonnet-5',
  'anthropic/claude-sonnet-4.6',
  'anthropic/claude-sonnet-4.5',
];
const HAIKU = ['~anthropic/claude-haiku-latest', 'anthropic/claude-haiku-4.5', 'anthropic/claude-3-haiku'];
const OPUS = ['~anthropic/claude-opus-latest', 'anthropic/claude-opus-5', 'anthropic/claude-opus-4.8'];
const GEMINI_PRO = ['~google/gemini-pro-latest', 'google/gemini-2.5-pro', 'google/gemini-3.1-pro-preview'];
const GEMINI_FLASH = ['~google/gemini-flash-latest', 'google/gemini-2.5-flash', 'google/gemini-3.7-flash'];
const LLAMA_70B = ['meta-llama/llama-3.3-70b-instruct', 'meta-llama/llama-3.1-70b-instruct'];
const LLAMA_8B = ['meta-llama/llama-3.1-8b-instruct', 'meta-llama/llama-3.2-3b-instruct'];
const DEEPSEEK_R1 = ['deepseek/deepseek-r1', 'deepseek/deepseek-r1-0528'];
const DEEPSEEK_CHAT = ['deepseek/deepseek-chat', 'deepseek/deepseek-chat-v3.1', 'deepseek/deepseek-v3.2'];
const MISTRAL_LARGE = [
  'mistralai/mistral-large',
  'mistralai/mistral-large-2512',
  'mistralai/mistral-large-2407',
];
const GPT_35 = ['openai/gpt-3.5-turbo', 'openai/gpt-4o-mini'];

/** One row per name that means the same. */
function names(candidates: readonly string[], ...aliases: readonly string[]): readonly ModelAlias[] {
  return aliases.map((alias) => ({ alias, candidates }));
}

export const MODEL_ALIASES: readonly ModelAlias[] = [
  ...names(
    SONNET,
    'claude-sonnet',
    'claude-3-sonnet',
    'claude-3.5-sonnet',
    'claude-3-5-sonnet',
    'claude-3-5-sonnet-latest',
    'claude-3.7-sonnet',
    'claude-3-7-sonnet-latest',
    'anthropic/claude-3-sonnet',
    'anthropic/claude-3.5-sonnet',
    'anthropic/claude-3-5-sonnet',
    'anthropic/claude-3.7-sonnet',
  ),
  ...names(
    HAIKU,
    'claude-haiku',
    'claude-3.5-haiku',
    'claude-3-5-haiku',
    'claude-3-5-haiku-latest',
    'anthropic/claude-3.5-haiku',
    'anthropic/claude-3-5-haiku',
  ),
  ...names(['anthropic/claude-3-haiku', ...HAIKU.slice(0, 2)], 'claude-3-haiku'),
  ...names(OPUS, 'claude-opus', 'claude-3-opus', 'anthropic/claude-3-opus'),

  ...names(['openai/gpt-4-turbo', 'openai/gpt-4-turbo-preview', 'openai/gpt-4.1'], 'gpt-4-turbo'),
  ...names(['openai/gpt-4', 'openai/gpt-4-turbo', 'openai/gpt-4.1'], 'gpt-4'),
  ...names(['openai/gpt-4o', 'openai/gpt-4o-2024-11-20', 'openai/gpt-4.1'], 'gpt-4o'),
  ...names(['openai/gpt-4o-mini', 'openai/gpt-4o-mini-2024-07-18', 'openai/gpt-4.1-mini'], 'gpt-4o-mini'),
  ...names(['openai/gpt-4.1'], 'gpt-4.1'),
  ...names(['openai/gpt-4.1-mini'], 'gpt-4.1-mini'),
  ...names(GPT_35, 'gpt-3.5-turbo'),
  ...names(['openai/o3-mini', 'openai/o4-mini'], 'o3-mini', 'o1-mini', 'openai/o1-mini'),
  ...names(['openai/text-embedding-3-small'], 'text-embedding-3-small'),
  ...names(['openai/text-embedding-3-large'], 'text-embedding-3-large'),

  ...names(GEMINI_PRO, 'gemini-pro', 'gemini-1.5-pro', 'google/gemini-pro', 'google/gemini-pro-1.5'),
  ...names(GEMINI_FLASH, 'gemini-flash', 'gemini-1.5-flash', 'google/gemini-flash-1.5'),

  ...names(DEEPSEEK_CHAT, 'deepseek-chat', 'deepseek-v3'),
  ...names(DEEPSEEK_R1, 'deepseek-r1', 'deepseek-reasoner'),

  ...names(LLAMA_70B, 'llama-3-70b', 'llama-3.3-70b', 'meta-llama/llama-3-70b-instruct'),
  ...names([...LLAMA_70B].reverse(), 'llama-3.1-70b'),
  ...names(LLAMA_8B, 'llama-3-8b', 'llama-3.1-8b', 'meta-llama/llama-3-8b-instruct'),

  ...names(MISTRAL_LARGE, 'mistral-large'),
  ...names(['mistralai/mixtral-8x22b-instruct', ...MISTRAL_LARGE], 'mixtral-8x22b'),
];
