/** The kept list: the first fetch, the refresh behind answers, what happens while OpenRouter is down or talks nonsense. */
import { KeyturnError } from '../../src/contract/errors';
import type { ModelPorts } from '../../src/http/gateway-ports';
import { until } from '../support/service';
import { filledCatalogue, idList, modelList, modelRow, movingRow, openCatalogue } from './model-rows';

const MINUTE = 60_000;
const down = () => new KeyturnError('upstream_unavailable', 'the model list was answered with status 503');

type Open = ReturnType<typeof openCatalogue>;
const idsOf = async ({ catalogue }: Open) =>
  (await catalogue.list({ limit: 100 })).models.map(({ id }) => id);
const stateOf = async ({ catalogue }: Open) => (await catalogue.list({ limit: 1 })).state;
/** Ends fetch `at`, and waits until the catalogue has taken it in. */
async function settle(
  open: Open,
  at: number,
  outcome: { list: unknown } | { error: unknown },
): Promise<void> {
  const told = open.warnings.length;
  const before = await stateOf(open);
  if ('list' in outcome) open.fetches[at]?.answer(outcome.list);
  else open.fetches[at]?.fail(outcome.error);
  await until('the fetch is taken in', async () => {
    const now = await stateOf(open);
    return open.warnings.length > told || now.fetchedAt !== before.fetchedAt;
  });
}

test('fits the port of the endpoints', () => {
  const ports: ModelPorts = openCatalogue().catalogue;
  expect(ports).toBeDefined();
});

describe('the first use', () => {
  test('fetches, and all who come meanwhile share that fetch', async () => {
    const open = openCatalogue();
    expect(open.fetches).toHaveLength(0);
    const all = [idsOf(open), open.catalogue.get('a/one'), open.catalogue.aliases(), idsOf(open)];
    expect(open.fetches).toHaveLength(1);
    open.fetches[0]?.answer(idList('a/two', 'a/one'));
    const [first, one] = await Promise.all(all);
    expect(first).toEqual(['a/one', 'a/two']);
    expect(one).toMatchObject({ model: { id: 'a/one' }, resolvedFrom: null });
    expect(open.fetches).toHaveLength(1);
    expect(await stateOf(open)).toEqual({ fetchedAt: '2026-01-01T00:00:00.000Z', stale: false });
  });

  test('that fails is told as such, and the next use tries again at once', async () => {
    const open = openCatalogue();
    const [first, second] = [idsOf(open), open.catalogue.get('a/one')];
    open.fetches[0]?.fail(Object.assign(new Error('connect to 10.0.0.1'), { code: 'ECONNREFUSED' }));
    await expect(first).rejects.toMatchObject({ name: 'KeyturnError', code: 'upstream_unavailable' });
    await expect(second).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(first).rejects.not.toThrow(/10\.0\.0\.1/);
    expect(open.warnings).toEqual([
      {
        message: 'no new model list',
        facts: expect.objectContaining({ code: 'ECONNREFUSED', keptOld: false }),
      },
    ]);
    const third = idsOf(open);
    expect(open.fetches).toHaveLength(2);
    open.fetches[1]?.answer(idList('a/one'));
    expect(await third).toEqual(['a/one']);
    expect((await stateOf(open)).stale).toBe(false);
  });

  test.each([
    ['no rows', modelList()],
    ['no usable rows', modelList({ id: 'a/b' }, null, 7)],
    ['something else', { error: { code: 500 } }],
    ['a text', 'maintenance'],
    ['nothing', undefined],
  ])('answered with %s is a failure', async (_what, answer) => {
    const open = openCatalogue();
    const first = idsOf(open);
    open.fetches[0]?.answer(answer);
    await expect(first).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('later uses', () => {
  test('do not fetch while the list is young', async () => {
    const open = await filledCatalogue(idList('a/one'), { refreshMs: 5 * MINUTE });
    open.clock.ms += 5 * MINUTE - 1;
    await idsOf(open);
    open.catalogue.resolve('a/one');
    expect(open.fetches).toHaveLength(1);
  });

  test('are answered at once from an old list, and fetch one new list behind it', async () => {
    const open = await filledCatalogue(idList('a/one'), { refreshMs: 5 * MINUTE });
    open.clock.ms += 5 * MINUTE;
    // The second fetch is not answered yet: these must not wait for it.
    expect(await idsOf(open)).toEqual(['a/one']);
    expect(await idsOf(open)).toEqual(['a/one']);
    expect(open.fetches).toHaveLength(2);
    expect((await stateOf(open)).stale).toBe(false);
    await settle(open, 1, { list: idList('b/two') });
    expect(await idsOf(open)).toEqual(['b/two']);
    expect(await stateOf(open)).toEqual({ fetchedAt: '2026-01-01T00:05:00.000Z', stale: false });
    expect(open.fetches).toHaveLength(2);
  });

  test('refresh although the clock was set back', async () => {
    const open = await filledCatalogue(idList('a/one'));
    open.clock.ms -= 60 * MINUTE;
    await idsOf(open);
    expect(open.fetches).toHaveLength(2);
  });
});

describe('while OpenRouter is down', () => {
  test('the old list is served and marked, tried again in time, and unmarked by the next success', async () => {
    const open = await filledCatalogue(idList('a/one'), { refreshMs: 5 * MINUTE, staleRetryMs: MINUTE });
    open.clock.ms += 6 * MINUTE;
    await idsOf(open);
    await settle(open, 1, { error: down() });
    expect(await idsOf(open)).toEqual(['a/one']);
    expect(await stateOf(open)).toEqual({ fetchedAt: '2026-01-01T00:00:00.000Z', stale: true });
    expect(open.warnings).toEqual([
      {
        message: 'no new model list',
        facts: expect.objectContaining({
          reason: 'the model list was answered with status 503',
          keptOld: true,
        }),
      },
    ]);

    open.clock.ms += MINUTE - 1;
    await idsOf(open);
    open.catalogue.resolve('a/one');
    expect(open.fetches).toHaveLength(2);

    open.clock.ms += 1;
    await idsOf(open);
    expect(open.fetches).toHaveLength(3);
    await settle(open, 2, { list: idList('b/two') });
    expect(await idsOf(open)).toEqual(['b/two']);
    expect((await stateOf(open)).stale).toBe(false);
  });

  test.each([
    ['no rows', modelList()],
    ['rows of which none is usable', modelList({ id: 'c/x' }, 'c/y')],
    ['rows of which most are not usable', modelList(modelRow('c/x'), { id: 'c/y' }, { id: 'c/z' })],
    ['something else', { data: { 'c/x': {} } }],
  ])('a good list is not given up for %s', async (_what, absurd) => {
    const open = await filledCatalogue(idList('a/one'));
    open.clock.ms += 60 * MINUTE;
    await idsOf(open);
    await settle(open, 1, { list: absurd });
    expect(await idsOf(open)).toEqual(['a/one']);
    expect((await stateOf(open)).stale).toBe(true);
  });
});

describe('rows', () => {
  test('that lack what we need, or come twice, are skipped, counted and told once', async () => {
    const list = modelList(
      modelRow('a/good'),
      modelRow('a/good', { name: 'again' }),
      { ...modelRow('a/no-price'), pricing: undefined },
      { ...modelRow('a/no-name'), name: null },
      modelRow('a/eternal', { created: 1e30 }),
      modelRow('a blank'),
      modelRow(`a/${'x'.repeat(300)}`),
      modelRow('a/fine'),
      modelRow('a/finer'),
      modelRow('a/finest'),
      modelRow('a/more'),
      modelRow('a/most'),
      modelRow('a/last'),
    );
    const open = await filledCatalogue(list);
    expect(await idsOf(open)).toEqual([
      'a/fine',
      'a/finer',
      'a/finest',
      'a/good',
      'a/last',
      'a/more',
      'a/most',
    ]);
    expect((await open.catalogue.get('a/good')).model.name).toBe('Name of a/good');
    const told = { message: 'rows of the model list were skipped', facts: { skippedRows: 6, usableRows: 7 } };
    expect(open.warnings).toEqual([told]);
    open.clock.ms += 60 * MINUTE;
    await idsOf(open);
    await settle(open, 1, { list });
    expect(open.warnings).toEqual([told]);
  });

  test('with fields and values nobody announced are read as far as they go', async () => {
    const odd = modelRow('a/odd', {
      brand_new: { deep: [1] },
      description: null,
      context_length: 'unlimited',
      architecture: { input_modalities: ['text', 'smell', 7], output_modalities: 'text', tokenizer: 'Tea' },
      top_provider: 'best',
      supported_parameters: ['tools', null, 'mind_reading'],
      expiration_date: 'someday',
      alias_target: 'x',
      canonical_slug: 12,
      pricing: { prompt: 0.0000003, completion: '3e-7', thought: '0.1', discount: 0, audio: 'cheap' },
    });
    const { model } = await (await filledCatalogue(modelList(odd))).catalogue.get('a/odd');
    expect(model).toEqual({
      id: 'a/odd',
      name: 'Name of a/odd',
      author: 'a',
      description: '',
      created: '2026-01-01T00:00:00.000Z',
      context_length: null,
      max_completion_tokens: null,
      input_modalities: ['text', 'smell'],
      output_modalities: [],
      capabilities: ['tools', 'mind_reading'],
      pricing_per_million: { prompt: '0.3', completion: '0.3', more: {}, has_overrides: false },
      expires: null,
      warnings: [],
      points_to: null,
      aliases: [],
    });
  });

  test('warn of what expires within 30 days, has expired, moves, or has no fixed price', async () => {
    const open = await filledCatalogue(
      modelList(
        modelRow('a/past', { expiration_date: '2025-12-31' }),
        modelRow('a/soon', { expiration_date: '2026-01-31' }),
        modelRow('a/later', { expiration_date: '2026-02-01' }),
        modelRow('a/never', { expiration_date: '2098-12-31' }),
        modelRow('a/router', { pricing: { prompt: '-1', completion: '-1' } }),
        movingRow('~a/x-latest', 'a/later'),
      ),
    );
    const { models } = await open.catalogue.list({ limit: 10 });
    const told = Object.fromEntries(models.map(({ id, expires, warnings }) => [id, [expires, ...warnings]]));
    expect(told).toEqual({
      'a/past': ['2025-12-31', 'expired: may be removed any time since 2025-12-31'],
      'a/soon': ['2026-01-31', 'expires soon: may be removed after 2026-01-31'],
      'a/later': ['2026-02-01'],
      'a/never': [null],
      'a/router': [null, 'no fixed price: what a call costs is known only afterwards'],
      '~a/x-latest': [null, 'moving alias: means a/later now, and another model later'],
    });
    // The day moves on under a list that stays.
    open.clock.ms += 1440 * MINUTE;
    expect((await open.catalogue.get('a/later')).model.warnings).toHaveLength(1);
  });
});

describe('one model', () => {
  test('that nobody knows: 404 with the nearest ids, and not a word of what was asked for', async () => {
    const { catalogue } = await filledCatalogue(idList('openai/gpt-4o', 'openai/gpt-4', 'mistralai/large'));
    await expect(catalogue.get('openai/gpt4o')).rejects.toMatchObject({
      code: 'model_not_found',
      details: { nearest: ['openai/gpt-4o', 'openai/gpt-4', 'mistralai/large'] },
    });
    const error = await catalogue.get('openai/gpt4o-secret').catch((thrown: unknown) => thrown);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('secret');
  });

  test.each(['__proto__', 'constructor', 'toString', '', '/', '~', ':', ':nitro', '\u0000'])(
    'called %j is not known',
    async (id) => {
      const { catalogue } = await filledCatalogue(idList('a/one'));
      await expect(catalogue.get(id)).rejects.toMatchObject({ code: 'model_not_found' });
      expect(catalogue.resolve(id)).toEqual({ model: id, resolvedFrom: null, row: null });
    },
  );
});

test('closing ends the fetch under way, and begins no other', async () => {
  const open = await filledCatalogue(idList('a/one'));
  open.clock.ms += 60 * MINUTE;
  await idsOf(open);
  expect(open.fetches[1]?.signal.aborted).toBe(false);
  open.catalogue.close();
  expect(open.fetches[1]?.signal.aborted).toBe(true);
  open.fetches[1]?.fail(open.fetches[1].signal.reason);
  open.clock.ms += 60 * MINUTE;
  expect(await idsOf(open)).toEqual(['a/one']);
  expect(open.fetches).toHaveLength(2);
  expect(open.warnings).toEqual([]);

  const unused = openCatalogue();
  unused.catalogue.close();
  await expect(idsOf(unused)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  expect(unused.fetches).toHaveLength(0);
});
