import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { chatBody, keyOf, send } from './openrouter-clients';

describe('the models of the simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const list = async (query = ''): Promise<any> =>
    (await send(simulator, `/models${query}`, null, { key: null })).json;
  const idsOf = async (query: string): Promise<string[]> => (await list(query)).data.map(({ id }: any) => id);
  const row = async (id: string): Promise<any> =>
    (await list('?output_modalities=all')).data.find((one: any) => one.id === id);

  it.each([
    'openai/gpt-4-turbo',
    'openai/gpt-4o-mini',
    'openai/gpt-4o-mini:batch',
    'anthropic/claude-sonnet-5',
    '~anthropic/claude-sonnet-latest',
    'google/gemini-2.5-pro',
    'google/gemini-3.1-pro-preview',
    '~google/gemini-pro-latest',
    'deepseek/deepseek-chat',
    'meta-llama/llama-3.3-70b-instruct',
    'meta-llama/llama-3.3-70b-instruct:free',
    'meta-llama/llama-3.1-8b-instruct',
    'openai/text-embedding-3-small',
    'openrouter/auto',
  ])('have %s', async (id) => {
    expect(await row(id)).toMatchObject({
      id,
      canonical_slug: expect.any(String),
      pricing: { prompt: expect.stringMatching(/^-?\d+(\.\d+)?$/) },
      links: { details: expect.stringMatching(/^\/api\/v1\/models\/.+\/endpoints$/) },
    });
  });

  it('have every oddity of the real list', async () => {
    expect((await row('openrouter/auto')).pricing).toEqual({ prompt: '-1', completion: '-1' });
    expect((await row('openrouter/auto')).context_length).toBeNull();
    expect((await row('google/gemini-2.5-pro')).pricing.overrides[0].min_prompt_tokens).toBe(200_000);
    expect((await row('~google/gemini-pro-latest')).alias_target.slug).toBe('google/gemini-3.1-pro-preview');
    expect((await row('z-ai/glm-5-turbo')).expiration_date).toBe('2098-12-31');
    const soon = Date.parse((await row('z-ai/glm-4.5')).expiration_date) - Date.now();
    expect(soon).toBeGreaterThan(0);
    expect(soon).toBeLessThan(30 * 86_400_000);
    expect(await row('mistralai/mistral-large-2512')).toMatchObject({
      architecture: { tokenizer: 'SimulatedTokenizer' },
      simulated_field: expect.anything(),
    });
    // One slug, several ids.
    expect((await row('openai/gpt-4o-mini:batch')).canonical_slug).toBe('openai/gpt-4o-mini');
  });

  it('are listed to anyone, with text as output unless another is asked for', async () => {
    const text = await idsOf('');
    expect(text).not.toContain('openai/text-embedding-3-small');
    expect(await idsOf('?output_modalities=embeddings')).toEqual([
      'openai/text-embedding-3-small',
      'qwen/qwen3-embedding-8b',
    ]);
    expect((await idsOf('?output_modalities=all')).length).toBe(text.length + 2);
    const counted = await send(simulator, '/models/count?output_modalities=all', null, { key: null });
    expect(counted.json).toEqual({ data: { count: text.length + 2 } });
    const withBadKey = await send(simulator, '/models', null, { key: 'sk-or-v1-made-up' });
    expect(withBadKey).toMatchObject({ status: 200, json: { total_count: text.length } });
  });

  it('are filtered', async () => {
    expect(await idsOf('?q=GLM')).toEqual(['z-ai/glm-4.5', 'z-ai/glm-5-turbo']);
    expect(await idsOf('?input_modalities=audio,video&q=2.5')).toEqual(['google/gemini-2.5-pro']);
    expect(await idsOf('?supported_parameters=logprobs,logit_bias&q=turbo')).toEqual(['openai/gpt-4-turbo']);
  });

  it('come in pages that lead to each other', async () => {
    const whole = await list();
    expect(whole.links).toEqual({ next: null });
    const seen: string[] = [];
    let pages = 0;
    let path: string | null = '/models?limit=6';
    while (path !== null) {
      const page: any = (await send(simulator, path, null)).json;
      expect(page.total_count).toBe(whole.total_count);
      pages += 1;
      seen.push(...page.data.map(({ id }: any) => id));
      path = page.links.next?.replace('/api/v1', '') ?? null;
    }
    expect(seen).toEqual(whole.data.map(({ id }: any) => id));
    expect(pages).toBe(Math.ceil(whole.total_count / 6));
    for (const wrong of ['limit=0', 'limit=1001', 'offset=-1', 'limit=x']) {
      expect((await send(simulator, `/models?${wrong}`, null)).status).toBe(400);
    }
  });

  it.each([
    ['openai/gpt-4o-mini', 'openai/gpt-4o-mini'],
    ['~anthropic%2Fclaude-sonnet-latest', '~anthropic/claude-sonnet-latest'],
    ['meta-llama/llama-3.3-70b-instruct%3Afree', 'meta-llama/llama-3.3-70b-instruct:free'],
    ['deepseek/deepseek-chat:floor', 'deepseek/deepseek-chat'],
    ['meta-llama/llama-3-1-8b-instruct', 'meta-llama/llama-3.1-8b-instruct'],
  ])('are found one by one: %s', async (asked, id) => {
    expect((await send(simulator, `/model/${asked}`, null, { key: null })).json.data.id).toBe(id);
    const { json } = await send(simulator, `/models/${asked}/endpoints`, null, { key: null });
    expect(json.data).toMatchObject({ id, endpoints: [{ model_id: id, latency_last_30m: null }] });
  });

  it('are not found when there are none', async () => {
    for (const path of ['/model/nobody/nothing', '/models/nobody/nothing/endpoints', '/model/%zz']) {
      expect((await send(simulator, path, null)).status).toBe(404);
    }
  });

  it('are an account’s to a good key only', async () => {
    expect((await send(simulator, '/models/user', null)).json.data.length).toBeGreaterThan(10);
    expect((await send(simulator, '/models/user', null, { key: keyOf(simulator, 'dead') })).status).toBe(401);
    expect((await send(simulator, '/models/user', null, { key: null })).status).toBe(401);
  });

  describe('from a file', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'simulated-models-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = (content: unknown): string => {
      const path = join(folder, 'models.json');
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };

    it('replace the built-in ones, with every field they have', async () => {
      const real = { ...(await row('openai/gpt-4-turbo')), id: 'someone/something', extra: [1] };
      const own = await startSimulator({ openrouterModelsFile: file({ data: [real], total_count: 1 }) });
      expect((await send(own, '/models', null)).json.data).toEqual([real]);
      const reply = await send(own, '/chat/completions', chatBody('', { model: 'someone/something' }));
      expect(reply.json.usage.cost).toBe(0.00025);
      // The default model is not among them: the first is.
      expect((await send(own, '/chat/completions', chatBody('', { model: undefined }))).json.model).toBe(
        'someone/something',
      );
      // The list of text models has no embeddings: they are there all the same.
      const input = { model: 'openai/text-embedding-3-small', input: 'x' };
      expect((await send(own, '/embeddings', input)).status).toBe(200);
      await own.close();
    });

    it.each(['{"data":[]}', '{"data":[{"id":"x"}]}', 'no JSON'])(
      'are refused when they are none: %s',
      async (content) => {
        await expect(startSimulator({ openrouterModelsFile: file(content) })).rejects.toMatchObject({
          code: 'configuration',
        });
      },
    );

    it('are refused when there is no file', async () => {
      const missing = join(folder, 'missing.json');
      await expect(startSimulator({ openrouterModelsFile: missing })).rejects.toMatchObject({
        code: 'configuration',
      });
    });
  });
});
