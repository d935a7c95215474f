import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { keyOf, open, openAiClient, send, until, type RawReply } from './openrouter-clients';

const MODEL = 'openai/text-embedding-3-small';

describe('embeddings and generations of the simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  beforeEach(() => simulator.openrouter.forget());

  const post = (input: unknown, more: object = {}): Promise<RawReply> =>
    send(simulator, '/embeddings', { model: MODEL, input, ...more });
  const vectors = async (input: unknown, more?: object): Promise<number[][]> =>
    (await post(input, more)).json.data.map(({ embedding }: any) => embedding);
  const dot = (a: readonly number[] = [], b: readonly number[] = []): number =>
    a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

  it('have the form of OpenAI, and a cost', async () => {
    const { status, headers, json } = await post(['some text', 'more']);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      object: 'list',
      model: MODEL,
      data: [
        { object: 'embedding', index: 0 },
        { object: 'embedding', index: 1 },
      ],
      usage: { prompt_tokens: 4, total_tokens: 4, cost: 0.00000008, is_byok: false },
    });
    expect(headers['x-generation-id']).toBe(json.id);
    expect(json.data[0].embedding.length).toBe(256);
  });

  it('are near where words are shared, and have length 1', async () => {
    const [question, near, far, same] = await vectors([
      'When is the oven lit?',
      'The oven is lit at three.',
      'Lisbon lies at the mouth of the Tagus.',
      'When is the oven lit?',
    ]);
    expect(dot(question, near)).toBeGreaterThan(dot(question, far) + 0.3);
    expect(dot(question, same)).toBeCloseTo(1, 5);
    const [nothing = []] = await vectors('the !!!');
    expect(dot(nothing, nothing)).toBe(1);
    // A related form of a word is nearer than another word.
    const [baker, bakers, tram] = await vectors(['baker', 'bakers', 'tram']);
    expect(dot(baker, bakers)).toBeGreaterThan(dot(baker, tram));
  });

  it('come as floats or base64, in the length that is asked for', async () => {
    const [floats = []] = await vectors('a text', { dimensions: 12 });
    const { json } = await post('a text', { dimensions: 12, encoding_format: 'base64' });
    const decoded = new Float32Array(new Uint8Array(Buffer.from(json.data[0].embedding, 'base64')).buffer);
    expect([...decoded]).toEqual(floats);
    const reply = await openAiClient(simulator).embeddings.create({
      model: MODEL,
      input: 'a text',
      dimensions: 12,
    });
    expect(reply.data[0]?.embedding).toEqual(floats);
  });

  it('take texts, tokens, and parts', async () => {
    const inputs = [
      'text',
      ['text', 'more'],
      [1, 2, 3],
      [[1, 2, 3], [4]],
      [{ content: [{ type: 'text', text: 'text' }] }],
    ];
    for (const [input, count, tokens] of inputs.map((one, at) => [
      one,
      [1, 2, 1, 2, 1][at],
      [1, 2, 3, 4, 1][at],
    ])) {
      const { json } = await post(input);
      expect({ count: json.data.length, tokens: json.usage.prompt_tokens }).toEqual({ count, tokens });
    }
    expect(await vectors([1, 2, 3])).toEqual(await vectors([[1, 2, 3]]));
  });

  it('are refused when they are none', async () => {
    for (const input of [
      '',
      [],
      [''],
      [1.5],
      [[]],
      {},
      [{}],
      [null],
      undefined,
      Array.from({ length: 2_049 }, () => 'x'),
    ]) {
      expect((await post(input)).status).toBe(400);
    }
    for (const more of [
      { dimensions: 0 },
      { dimensions: 1.5 },
      { dimensions: 5_000 },
      { encoding_format: 'hex' },
      { model: undefined },
    ]) {
      expect((await post('x', more)).status).toBe(400);
    }
    expect((await post('x', { model: 'openai/gpt-4o-mini' })).status).toBe(404);
    expect((await post('a'.repeat(40_000))).json.error.metadata.error_type).toBe('context_length_exceeded');
  });

  it('know the scenarios that make sense for them', async () => {
    const simulate = (words: string): Promise<RawReply> => post('x', { metadata: { simulate: words } });
    expect((await simulate('status-429')).status).toBe(429);
    expect((await simulate('no-usage')).json).not.toHaveProperty('usage');
    expect((await simulate('byok')).json.usage).toMatchObject({ is_byok: true, cost: 1e-9 });
    expect((await simulate('unknown-fields')).json).toHaveProperty('simulated_field');
    await expect(simulate('reset')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const hanging = open(simulator, '/embeddings', {
      model: MODEL,
      input: 'x',
      metadata: { simulate: 'hang' },
    });
    await until(() => simulator.openrouter.openStreams() === 1);
    hanging.hangUp();
    await until(() => simulator.openrouter.abortedStreams() === 1);
  });

  describe('a generation', () => {
    const ask = (id: string, key?: string): Promise<RawReply> =>
      send(simulator, `/generation?id=${id}`, null, key === undefined ? {} : { key });

    it('is written a little after its reply', async () => {
      const { json } = await post('x');
      expect((await ask(json.id)).status).toBe(404);
      expect((await ask(json.id)).json.data).toMatchObject({
        id: json.id,
        api_type: 'embeddings',
        model: MODEL,
        total_cost: 0.00000002,
        usage: 0.00000002,
        tokens_prompt: 1,
        tokens_completion: 0,
        cancelled: false,
      });
    });

    it('is written when it is asked to be', async () => {
      const soon = await post('x', { metadata: { simulate: 'generation-after-0' } });
      expect((await ask(soon.json.id)).status).toBe(200);
      const late = await post('x', { metadata: { simulate: 'generation-after-3 byok' } });
      const statuses = [];
      for (let asked = 0; asked < 4; asked += 1) statuses.push((await ask(late.json.id)).status);
      expect(statuses).toEqual([404, 404, 404, 200]);
      expect((await ask(late.json.id)).json.data).toMatchObject({
        is_byok: true,
        upstream_inference_cost: 2e-8,
      });
    });

    it('is shown to the keys of its account only', async () => {
      const { json } = await post('x', { metadata: { simulate: 'generation-after-0' } });
      expect((await ask(json.id, keyOf(simulator, 'otherAccount'))).status).toBe(404);
      expect((await ask(json.id, keyOf(simulator, 'dead'))).status).toBe(401);
      expect((await ask(json.id, keyOf(simulator, 'second'))).status).toBe(200);
      expect((await ask('gen-1-none')).status).toBe(404);
    });
  });
});
