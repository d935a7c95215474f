/** Aliases: the data, and what a name means with a list, with another one, and without any. */
import { MODEL_ALIASES } from '../../src/openrouter/model-aliases';
import { filledCatalogue, idList, modelList, modelRow, movingRow, openCatalogue } from './model-rows';

describe('the table', () => {
  test('has each alias once, with candidates that are ids', () => {
    const names = MODEL_ALIASES.map(({ alias }) => alias);
    expect(new Set(names).size).toBe(names.length);
    for (const { alias, candidates } of MODEL_ALIASES) {
      expect([alias, candidates.length > 0]).toEqual([alias, true]);
      expect([alias, new Set(candidates).size]).toEqual([alias, candidates.length]);
      for (const id of candidates)
        expect([alias, id]).toEqual([alias, expect.stringMatching(/^~?[a-z-]+\/[a-z0-9.-]+$/)]);
      // An alias that means another alias would need a second look.
      expect(candidates.filter((id) => names.includes(id))).toEqual([]);
    }
  });

  test.each([
    'claude-3.5-sonnet claude-3.5-haiku claude-3.7-sonnet claude-3-opus gpt-4-turbo gpt-4 gpt-4o gpt-4o-mini',
    'gpt-3.5-turbo gemini-pro gemini-flash deepseek-chat deepseek-r1 llama-3-70b llama-3-8b mistral-large',
    'anthropic/claude-3.5-sonnet anthropic/claude-3.5-haiku anthropic/claude-3.7-sonnet anthropic/claude-3-opus',
    'google/gemini-pro google/gemini-pro-1.5 meta-llama/llama-3-70b-instruct meta-llama/llama-3-8b-instruct',
  ])('knows %s', (names) => {
    const known = MODEL_ALIASES.map(({ alias }) => alias);
    expect(names.split(' ').filter((name) => !known.includes(name))).toEqual([]);
  });
});

const ALIASES = [
  { alias: 'sonnet', candidates: ['~a/sonnet-latest', 'a/sonnet-4'] },
  { alias: 'a/sonnet-3', candidates: ['a/sonnet-4'] },
  { alias: 'lost', candidates: ['b/gone', 'b/gone-too'] },
  { alias: 'only-moving', candidates: ['~a/sonnet-latest'] },
  { alias: 'second', candidates: ['b/gone', 'b/here'] },
];
const LIST = modelList(
  movingRow('~a/sonnet-latest', 'a/sonnet-5'),
  modelRow('a/sonnet-5', { pricing: { prompt: '0.000002', completion: '0.00001' } }),
  modelRow('a/sonnet-4'),
  modelRow('b/here'),
  modelRow('b/here:free', { canonical_slug: 'b/here-20260101', pricing: { prompt: '0', completion: '0' } }),
  movingRow('~b/orphan-latest', 'b/nowhere'),
);

/** What goes upstream, what it was resolved from, and whose prices apply. */
async function resolved(name: string, list: object = LIST) {
  const { catalogue } = await filledCatalogue(list, { aliases: ALIASES });
  const { model, resolvedFrom, row } = catalogue.resolve(name);
  return [model, resolvedFrom, row?.id ?? null];
}

test.each([
  ['an id', 'a/sonnet-4', ['a/sonnet-4', null, 'a/sonnet-4']],
  ['an id with a variant of the list', 'b/here:free', ['b/here:free', null, 'b/here:free']],
  ['an id with a request-time variant', 'b/here:nitro', ['b/here:nitro', null, 'b/here']],
  ['an id with both', 'b/here:free:online', ['b/here:free:online', null, 'b/here:free']],
  [
    'a moving id, which OpenRouter follows itself',
    '~a/sonnet-latest',
    ['~a/sonnet-latest', null, '~a/sonnet-latest'],
  ],
  ['an alias, through a moving id', 'sonnet', ['a/sonnet-5', 'sonnet', 'a/sonnet-5']],
  [
    'an alias with a request-time variant',
    'sonnet:floor',
    ['a/sonnet-5:floor', 'sonnet:floor', 'a/sonnet-5'],
  ],
  ['an old id', 'a/sonnet-3', ['a/sonnet-4', 'a/sonnet-3', 'a/sonnet-4']],
  ['an alias whose first candidate is gone', 'second', ['b/here', 'second', 'b/here']],
  ['an alias whose candidates are all gone', 'lost', ['lost', null, null]],
  ['a canonical slug', 'a/sonnet-4-20260101', ['a/sonnet-4-20260101', null, 'a/sonnet-4']],
  ['a canonical slug several ids share', 'b/here-20260101', ['b/here-20260101', null, 'b/here']],
  ['an unknown id', 'c/unknown', ['c/unknown', null, null]],
  ['an unknown variant', 'b/here:turbo', ['b/here:turbo', null, null]],
])('%s', async (_what, name, expected) => {
  expect(await resolved(name)).toEqual(expected);
});

test('a moving id whose target is not in the list stands for itself', async () => {
  const { catalogue } = await filledCatalogue(LIST, {
    aliases: [{ alias: 'orphan', candidates: ['~b/orphan-latest'] }],
  });
  expect(catalogue.resolve('orphan').model).toBe('~b/orphan-latest');
  expect((await catalogue.get('~b/orphan-latest')).model.id).toBe('~b/orphan-latest');
});

test('an id that is in the list is no alias, whatever the table says', async () => {
  const list = idList('a/sonnet-3', 'a/sonnet-4', 'sonnet');
  expect(await resolved('a/sonnet-3', list)).toEqual(['a/sonnet-3', null, 'a/sonnet-3']);
  expect(await resolved('sonnet', list)).toEqual(['sonnet', null, 'sonnet']);
  const { catalogue } = await filledCatalogue(list, { aliases: ALIASES });
  expect((await catalogue.aliases()).map(({ alias }) => alias)).toEqual(['lost', 'only-moving', 'second']);
});

test('what aliases mean now is listed, and each model names its own', async () => {
  const { catalogue } = await filledCatalogue(LIST, { aliases: ALIASES });
  const listed = await catalogue.aliases();
  expect(listed).toEqual(
    ALIASES.map((one, at) => ({
      ...one,
      resolves_to: ['a/sonnet-5', 'a/sonnet-4', null, 'a/sonnet-5', 'b/here'][at],
    })),
  );
  const { models } = await catalogue.list({ limit: 10 });
  expect(models.filter(({ aliases }) => aliases.length > 0).map(({ id, aliases }) => [id, aliases])).toEqual([
    ['a/sonnet-4', ['a/sonnet-3']],
    ['a/sonnet-5', ['sonnet', 'only-moving']],
    ['b/here', ['second']],
  ]);
});

test.each([
  ['sonnet', 'a/sonnet-5', 'sonnet'],
  ['sonnet:nitro', 'a/sonnet-5', 'sonnet:nitro'],
  ['~a/sonnet-latest', 'a/sonnet-5', '~a/sonnet-latest'],
  ['b/here:online', 'b/here', 'b/here:online'],
  ['b/here', 'b/here', null],
  ['b/here-20260101', 'b/here', 'b/here-20260101'],
])('asked for %s, one model is shown: %s', async (asked, id, resolvedFrom) => {
  const { catalogue } = await filledCatalogue(LIST, { aliases: ALIASES });
  const found = await catalogue.get(asked);
  expect([found.model.id, found.resolvedFrom]).toEqual([id, resolvedFrom]);
});

test('the prices of a row are what a call can be reckoned with', async () => {
  const pricing = {
    prompt: '0.00000125',
    completion: '0.00001',
    web_search: '0.014',
    overrides: [{ min_prompt_tokens: 200_000, prompt: '0.0000025', completion: '0.000015' }],
  };
  const { catalogue } = await filledCatalogue(
    modelList(modelRow('g/pro', { pricing, context_length: null })),
  );
  expect(catalogue.resolve('g/pro').row).toEqual({
    id: 'g/pro',
    promptUsdPerToken: '0.00000125',
    completionUsdPerToken: '0.00001',
    requestUsd: null,
    webSearchUsd: '0.014',
    imageUsd: null,
    // Of the top provider: the model itself names none.
    contextLength: 8_192,
    maxCompletionTokens: 4_096,
    hasOverrides: true,
    maxOverridePromptUsd: '0.0000025',
    maxOverrideCompletionUsd: '0.000015',
  });
});

describe('without a list', () => {
  test.each([
    ['sonnet', 'a/sonnet-4', 'sonnet'],
    ['sonnet:nitro', 'a/sonnet-4:nitro', 'sonnet:nitro'],
    ['only-moving', '~a/sonnet-latest', 'only-moving'],
    ['a/anything', 'a/anything', null],
    ['__proto__', '__proto__', null],
  ])('%s means %s', (name, model, resolvedFrom) => {
    const { catalogue } = openCatalogue({ aliases: ALIASES });
    expect(catalogue.resolve(name)).toEqual({ model, resolvedFrom, row: null });
  });

  test('a name is resolved at once, one fetch begins behind it, and its list counts from then on', async () => {
    const open = openCatalogue({ aliases: ALIASES });
    open.catalogue.resolve('sonnet');
    open.catalogue.resolve('sonnet');
    expect(open.fetches).toHaveLength(1);
    const waiting = open.catalogue.aliases();
    expect(open.fetches).toHaveLength(1);
    open.fetches[0]?.answer(LIST);
    await waiting;
    expect(open.catalogue.resolve('sonnet').model).toBe('a/sonnet-5');
  });

  test('fetches that fail are not begun with every call', async () => {
    const open = openCatalogue({ aliases: ALIASES, staleRetryMs: 1_000 });
    const first = open.catalogue.aliases();
    open.fetches[0]?.fail(new Error('down'));
    await expect(first).rejects.toMatchObject({ code: 'upstream_unavailable' });
    for (let calls = 0; calls < 10; calls += 1) open.catalogue.resolve('sonnet');
    expect(open.fetches).toHaveLength(1);
    open.clock.ms += 1_000;
    expect(open.catalogue.resolve('sonnet').model).toBe('a/sonnet-4');
    expect(open.fetches).toHaveLength(2);
  });
});
