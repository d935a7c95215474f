/** Filters and pages of the model list. */
import type { ModelFilter } from '../../src/contract/models';
import { until } from '../support/service';
import { filledCatalogue, idList, modelList, modelRow, movingRow } from './model-rows';

const LIST = modelList(
  modelRow('openai/gpt-4o', {
    name: 'OpenAI: GPT-4o',
    description: 'Omni model. Fast & flagship.',
    context_length: 128_000,
    architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
    pricing: { prompt: '0.0000025', completion: '0.00001' },
    supported_parameters: ['tools', 'structured_outputs'],
  }),
  modelRow('openai/text-embedding-3-small', {
    context_length: 8_191,
    architecture: { input_modalities: ['text'], output_modalities: ['embeddings'] },
    pricing: { prompt: '0.00000002', completion: '0' },
    supported_parameters: [],
  }),
  modelRow('anthropic/claude-sonnet-5', {
    name: 'Anthropic: Claude Sonnet 5',
    context_length: 1_000_000,
    pricing: { prompt: '0.000002', completion: '0.00001' },
    supported_parameters: ['tools', 'reasoning'],
  }),
  movingRow('~anthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-5'),
  modelRow('z-ai/glm:free', { pricing: { prompt: '0', completion: '0' }, supported_parameters: ['tools'] }),
  modelRow('openrouter/auto', {
    pricing: { prompt: '-1', completion: '-1' },
    context_length: null,
    top_provider: null,
  }),
);

async function ids(filter: Partial<ModelFilter>): Promise<string[]> {
  const { catalogue } = await filledCatalogue(LIST);
  return (await catalogue.list({ limit: 100, ...filter })).models.map(({ id }) => id);
}

test.each<[string, Partial<ModelFilter>, string[]]>([
  ['a word of the id', { q: 'gpt-4' }, ['openai/gpt-4o']],
  ['a word of the name, in any case', { q: 'ANTHROPIC: claude' }, ['anthropic/claude-sonnet-5']],
  ['words of several places', { q: ' omni   openai ' }, ['openai/gpt-4o']],
  ['words of which one is missing', { q: 'omni anthropic' }, []],
  ['signs of no pattern', { q: '.*' }, []],
  [
    'an author, with moving ids',
    { author: 'Anthropic' },
    ['anthropic/claude-sonnet-5', '~anthropic/claude-sonnet-latest'],
  ],
  ['what goes in', { modality: 'image' }, ['openai/gpt-4o']],
  ['what comes out', { modality: 'embeddings' }, ['openai/text-embedding-3-small']],
  ['a capability', { capability: 'reasoning' }, ['anthropic/claude-sonnet-5']],
  ['a part of a capability', { capability: 'reason' }, []],
  [
    'a price, the bound included',
    { maxPrice: '2' },
    [
      'anthropic/claude-sonnet-5',
      'openai/text-embedding-3-small',
      'z-ai/glm:free',
      '~anthropic/claude-sonnet-latest',
    ],
  ],
  ['no price at all', { maxPrice: '0' }, ['z-ai/glm:free']],
  ['a price just below', { maxPrice: '0.019999999999' }, ['z-ai/glm:free']],
  [
    'any price, which leaves the unknown out',
    { maxPrice: '999999999' },
    [
      'anthropic/claude-sonnet-5',
      'openai/gpt-4o',
      'openai/text-embedding-3-small',
      'z-ai/glm:free',
      '~anthropic/claude-sonnet-latest',
    ],
  ],
  ['a context, the bound included', { minContext: 128_000 }, ['anthropic/claude-sonnet-5', 'openai/gpt-4o']],
  ['a context of nothing, which leaves nothing out', { minContext: 0, q: 'auto' }, ['openrouter/auto']],
  [
    'all together',
    { author: 'openai', capability: 'tools', modality: 'text', maxPrice: '3', minContext: 1, q: 'fast' },
    ['openai/gpt-4o'],
  ],
])('by %s', async (_what, filter, expected) => {
  expect(await ids(filter)).toEqual(expected);
});

describe('pages', () => {
  const many = Array.from({ length: 25 }, (_, at) => `a/m${String(at).padStart(2, '0')}`);

  test.each([1, 7, 25, 26])('of %i hold every model once, in order', async (limit) => {
    const { catalogue } = await filledCatalogue(idList(...many.toReversed()));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await catalogue.list({ limit, cursor });
      expect(page.models).toHaveLength(Math.min(limit, 25 - seen.length));
      expect(page.models).not.toHaveLength(0);
      expect(page.total).toBe(25);
      seen.push(...page.models.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(many);
  });

  test('go on in the right place when the list changed in between', async () => {
    const open = await filledCatalogue(idList(...many));
    const first = await open.catalogue.list({ limit: 10 });
    expect(first.nextCursor).toMatch(/^[\w-]+$/);
    open.clock.ms += 3_600_000;
    await open.catalogue.list({ limit: 1 });
    // The last one shown is gone, and another came before it.
    open.fetches[1]?.answer(idList('a/m00x', ...many.filter((id) => id !== 'a/m09')));
    const next = await until('the new list is taken in', async () => {
      const page = await open.catalogue.list({ limit: 10, cursor: first.nextCursor ?? '' });
      return page.state.fetchedAt !== first.state.fetchedAt && page;
    });
    expect(next.models.map(({ id }) => id)).toEqual(many.slice(10, 20));
  });

  test.each([
    ['x'],
    ['%%%'],
    [Buffer.from('"a/m01"').toString('base64url')],
    [Buffer.from('[1]').toString('base64url')],
    [Buffer.from('["a","b"]').toString('base64url')],
    [Buffer.from('{}').toString('base64url')],
  ])('are not given for the cursor %j', async (cursor) => {
    const { catalogue } = await filledCatalogue(idList(...many));
    await expect(catalogue.list({ limit: 10, cursor })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'cursor' },
    });
  });
});
