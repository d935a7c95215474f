/** Ids that are told when one does not exist. */
import { nearestModels } from '../../src/openrouter/nearest-models';

const IDS = [
  'anthropic/claude-3-haiku',
  'anthropic/claude-opus-5',
  'anthropic/claude-sonnet-5',
  'deepseek/deepseek-chat',
  'google/gemini-2.5-flash',
  'google/gemini-2.5-pro',
  'meta-llama/llama-3.3-70b-instruct',
  'mistralai/mistral-large',
  'nvidia/nemotron:free',
  'openai/gpt-4',
  'openai/gpt-4-turbo',
  'openai/gpt-4o',
  'openai/gpt-4o-mini',
  'openai/gpt-4o-mini:batch',
  'openai/gpt-4o:batch',
  '~anthropic/claude-sonnet-latest',
];

test.each([
  ['a wrong letter', 'openai/gpt-4o-mimi', 'openai/gpt-4o-mini'],
  ['a missing hyphen', 'openai/gpt4-turbo', 'openai/gpt-4-turbo'],
  ['no author', 'mistral-larg', 'mistralai/mistral-large'],
  ['another author', 'openrouter/gemini-2.5-pro', 'google/gemini-2.5-pro'],
  ['a part of the name', 'llama-70b', 'meta-llama/llama-3.3-70b-instruct'],
  ['more than the name', 'deepseek/deepseek-chat-v9-2027', 'deepseek/deepseek-chat'],
  ['other case', 'OpenAI/GPT-4-TURBO', 'openai/gpt-4-turbo'],
  ['words in another order', 'anthropic/claude-5-sonnet', 'anthropic/claude-sonnet-5'],
  ['a variant that does not exist', 'openai/gpt-4o:free', 'openai/gpt-4o'],
  ['a variant of a model that has no plain row', 'nvidia/nemotron', 'nvidia/nemotron:free'],
])('%s', (_what, asked, expected) => {
  expect(nearestModels(asked, IDS)[0]).toBe(expected);
});

test('words in common count for more than letters in common', () => {
  const nearest = nearestModels('llama-70b', [
    'meta-llama/llama-4-scout',
    'meta-llama/llama-3.3-70b-instruct',
  ]);
  expect(nearest[0]).toBe('meta-llama/llama-3.3-70b-instruct');
});

test('at most five, each model once', () => {
  const nearest = nearestModels('openai/gpt-4x', IDS);
  expect(nearest).toHaveLength(5);
  expect(nearest.slice(0, 4).toSorted()).toEqual([
    'openai/gpt-4',
    'openai/gpt-4-turbo',
    'openai/gpt-4o',
    'openai/gpt-4o-mini',
  ]);
  expect(nearestModels('openai/gpt-4o-mini-btch', IDS).filter((id) => id.includes(':'))).toEqual([]);
  expect(nearestModels('openai/gpt-4o-mini:btch', IDS)[0]).toBe('openai/gpt-4o-mini:batch');
  expect(nearestModels('anything', [])).toEqual([]);
  expect(nearestModels('', IDS)).toHaveLength(5);
  expect(nearestModels('x'.repeat(256), IDS)).toHaveLength(5);
});
