import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { chatBody, keyOf, openAiClient, send, type RawReply } from './openrouter-clients';
import { ask, type Answer } from './speak-to-simulator';

describe('chats with the simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  beforeEach(() => simulator.openrouter.forget());

  const chat = (more: object = {}, simulate = '', key?: string | null): Promise<RawReply> =>
    send(simulator, '/chat/completions', chatBody(simulate, more), key === undefined ? {} : { key });
  const user = (content: unknown): object => ({ messages: [{ role: 'user', content }] });
  const answerOf = async (more: object): Promise<string> =>
    (await chat(more)).json.choices[0].message.content;

  it('have the form of OpenAI, and what OpenRouter adds', async () => {
    const { status, headers, json } = await chat();
    expect(status).toBe(200);
    expect(json).toEqual({
      id: expect.stringMatching(/^gen-\d{10}-[0-9A-Za-z]{20}$/),
      provider: 'OpenAI',
      model: 'openai/gpt-4o-mini',
      object: 'chat.completion',
      created: expect.any(Number),
      choices: [
        {
          logprobs: null,
          finish_reason: 'stop',
          native_finish_reason: 'completed',
          index: 0,
          message: {
            role: 'assistant',
            content: 'Say something (simulé 漢字 😀)',
            refusal: null,
            reasoning: null,
          },
        },
      ],
      system_fingerprint: null,
      usage: {
        prompt_tokens: 4,
        completion_tokens: 7,
        total_tokens: 11,
        cost: 0.0000048,
        is_byok: false,
        cost_details: {
          upstream_inference_cost: null,
          upstream_inference_prompt_cost: 0.0000006,
          upstream_inference_completions_cost: 0.0000042,
        },
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      },
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-generation-id': json.id,
      server: 'cloudflare',
      vary: 'Accept-Encoding',
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
  });

  it('answer a question with the sentence that fits, and its number', async () => {
    const passages = [
      '[1] Lisbon lies at the mouth of the Tagus. The old trams climb its hills.',
      'An oven, of which nobody in the old town knows anything any more, was lit once in each of the wars.',
      '[2] Bread is baked at night. The oven is lit at three o’clock.',
    ].join('\n');
    expect(
      await answerOf({
        messages: [
          { role: 'system', content: `Answer from these passages only.\n${passages}` },
          { role: 'user', content: 'When is the oven lit?' },
        ],
      }),
    ).toBe('The oven is lit at three o’clock. [2] (simulé 漢字 😀)');
    expect(await answerOf(user(`${passages}\n\nQuestion: which trams climb hills`))).toContain(
      'The old trams climb its hills. [1]',
    );
    expect(await answerOf(user([{ type: 'text', text: 'Nothing fits. What of the zebra?' }]))).toContain(
      'Nothing fits. What of the zebra?',
    );
  });

  it('count four characters a token, and end at the most that are asked for', async () => {
    expect((await chat(user(''))).json.usage.prompt_tokens).toBe(1);
    expect((await chat(user('12345'))).json.usage.prompt_tokens).toBe(2);
    const { json } = await chat({ ...user('a long text to be cut'), max_tokens: 2 });
    expect(json).toMatchObject({
      choices: [{ finish_reason: 'length', message: { content: 'a long t' } }],
      usage: { completion_tokens: 2 },
    });
    // The limit lies within the last character, which has two units.
    const cut = await chat({ ...user('abc'), max_completion_tokens: 4 });
    expect(cut.json.choices[0].message.content).toBe('abc (simulé 漢字 ');
  });

  // Prices in units of 10⁻¹⁰ USD a token.
  it.each([
    ['openai/gpt-4-turbo', 100_000, 100_000n, 300_000n],
    ['google/gemini-2.5-pro', 199_999, 12_500n, 100_000n],
    ['google/gemini-2.5-pro', 200_000, 25_000n, 150_000n],
    ['meta-llama/llama-3.1-8b-instruct', 3, 500n, 800n],
    // Summed as floats these have a tail.
    ['deepseek/deepseek-chat', 4, 2_574n, 10_287n],
  ])('cost exactly the price of their model: %s, %i tokens', async (model, tokens, prompt, completion) => {
    const { json } = await chat({ ...user('a'.repeat(tokens * 4)), model, max_tokens: 1 });
    expect(json.usage).toMatchObject({ prompt_tokens: tokens, completion_tokens: 1 });
    expect(json.usage.cost).toBe(Number(`${BigInt(tokens) * prompt + completion}e-10`));
  });

  it('cost nothing with a free model, and a fee with an own key', async () => {
    const free = await chat({ model: 'meta-llama/llama-3.3-70b-instruct:free' });
    expect(free.json.usage.cost).toBe(0);
    const { json } = await chat({}, 'byok');
    expect(json.usage).toMatchObject({
      is_byok: true,
      cost: 0.00000024,
      cost_details: { upstream_inference_cost: 0.0000048 },
    });
  });

  it.each([
    [undefined, 'openai/gpt-4o-mini'],
    ['openrouter/auto', 'openai/gpt-4o-mini'],
    ['~anthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-5'],
    ['~google/gemini-pro-latest', 'google/gemini-3.1-pro-preview'],
    ['deepseek/deepseek-chat:nitro', 'deepseek/deepseek-chat'],
    ['openai/gpt-4o-mini:batch', 'openai/gpt-4o-mini:batch'],
  ])('asked of %s are served by %s', async (asked, served) => {
    expect((await chat({ model: asked })).json.model).toBe(served);
  });

  it('go to the next model where one is unknown or too small', async () => {
    const models = ['nobody/nothing', 'deepseek/deepseek-chat', 'openai/gpt-4-turbo'];
    expect((await chat({ model: undefined, models })).json.model).toBe('deepseek/deepseek-chat');
    const long = user('a'.repeat(4 * 130_000));
    expect((await chat({ ...long, models: ['deepseek/deepseek-chat'] })).json.model).toBe(
      'deepseek/deepseek-chat',
    );
    const refused = await chat(long);
    expect(refused).toMatchObject({
      status: 400,
      json: { error: { code: 400, metadata: { error_type: 'context_length_exceeded' } } },
    });
  });

  it('are refused with a model that is unknown, or gone', async () => {
    expect(await chat({ model: 'nobody/nothing' })).toMatchObject({
      status: 400,
      json: {
        error: {
          message: 'nobody/nothing is not a valid model ID',
          code: 400,
          availability: { code: 'model_not_found', retryable: false, requested_models: ['nobody/nothing'] },
        },
      },
    });
    expect(await chat({ model: 'google/gemini-2.5-flash:free' })).toMatchObject({
      status: 404,
      json: {
        error: { message: 'No endpoints found for google/gemini-2.5-flash:free.', code: 404 },
        user_id: expect.stringMatching(/^user_/),
      },
    });
  });

  it('are refused when they are no chat', async () => {
    for (const wrong of [{ messages: [] }, { messages: 'x' }, { messages: [{}] }, { stream: 'yes' }]) {
      expect((await chat(wrong)).status).toBe(400);
    }
    expect((await send(simulator, '/chat/completions', Buffer.from('{"mess'))).status).toBe(400);
    expect((await chat({}, 'no-such-word')).text).toContain('metadata.simulate');
    expect((await chat({}, 'chunks-none')).status).toBe(400);
  });

  it.each([
    ['good', 200],
    ['second', 200],
    ['dead', 401],
    ['exhausted', 403],
    ['spent', 403],
    ['unpaid', 402],
    ['wrongKind', 403],
    ['throttled', 429],
  ])('with a %s key get %i', async (variant, status) => {
    expect((await chat({}, '', keyOf(simulator, variant))).status).toBe(status);
  });

  it('without a key get 401', async () => {
    const { status, text } = await chat({}, '', null);
    expect({ status, text }).toEqual({
      status: 401,
      text: '{"error":{"message":"No cookie auth credentials found","code":401}}',
    });
  });

  it('are limited, in headers and body or in the body only', async () => {
    const both = await chat({}, 'status-429');
    expect(both.headers).toMatchObject({ 'retry-after': '5', 'x-ratelimit-remaining': '0' });
    const { headers } = both.json.error.metadata;
    expect(headers['X-RateLimit-Reset']).toMatch(/^\d{13}$/);
    expect(both.headers['x-ratelimit-reset']).toBe(headers['X-RateLimit-Reset']);
    const bodyOnly = await chat({}, 'status-429-body-only');
    expect(bodyOnly.json.error.metadata.headers).toHaveProperty('X-RateLimit-Limit', '20');
    expect(bodyOnly.headers).not.toHaveProperty('retry-after');
    expect(bodyOnly.headers).not.toHaveProperty('x-ratelimit-limit');
    expect((await chat({}, 'retry-after-huge')).headers['retry-after']).toBe('86400');
    expect((await chat({}, 'status-503')).headers['retry-after']).toBe('1');
  });

  it('are refused for a key’s limit by its hash, and for their content', async () => {
    expect((await chat({}, 'status-403-limit')).json.error.message).toMatch(
      /^Key limit exceeded \(total limit\)\. Manage it using https:\/\/openrouter\.ai\/workspaces\/default\/keys\/[0-9a-f]{64}$/,
    );
    expect((await chat({}, 'status-403-moderation')).json.error.metadata).toMatchObject({
      reasons: ['violence'],
      flagged_input: 'simulated',
    });
    expect((await chat({}, 'status-403')).json.error.metadata.patterns).toHaveLength(1);
  });

  it('can be slow, compressed or reset and an error, too', async () => {
    expect((await chat({}, 'slow-1 status-502')).json.error).toMatchObject({ code: 502 });
    await expect(chat({}, 'reset status-502')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('speak with OpenAI’s client', async () => {
    const client = openAiClient(simulator);
    const messages = [{ role: 'user' as const, content: 'Say something' }];
    const reply = await client.chat.completions.create({ model: 'openai/gpt-4o-mini', messages });
    expect(reply.choices[0]?.message.content).toContain('Say something');
    const stream = await client.chat.completions.create({
      model: 'openai/gpt-4o-mini',
      messages,
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Say something (simulé 漢字 😀)');
    await expect(
      openAiClient(simulator, 'dead').chat.completions.create({ model: 'openai/gpt-4o-mini', messages }),
    ).rejects.toMatchObject({ status: 401, code: 401 });
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('openai/gpt-4o-mini');
  });

  describe('are remembered for tests', () => {
    it('with key, headers, bytes and generation', async () => {
      const body = Buffer.from('{"messages":[{"role":"user","content":"\\u00e9 1.0"}],  "seed":1.0}');
      const { json } = await send(simulator, '/chat/completions?x=1', body, {
        headers: { 'x-title': 'Tests' },
      });
      await chat({}, '', null);
      const calls = simulator.openrouter.calls();
      expect(calls[0]).toMatchObject({
        method: 'POST',
        path: '/api/v1/chat/completions',
        headers: { host: 'openrouter.ai', 'x-title': 'Tests' },
        credential: keyOf(simulator),
        generationId: json.id,
        status: 200,
      });
      expect(calls[0]?.query.get('x')).toBe('1');
      expect(calls[0]?.body.equals(body)).toBe(true);
      expect(calls[1]).toMatchObject({ credential: null, generationId: null, status: 401 });
      simulator.openrouter.forget();
      expect(simulator.openrouter.calls()).toEqual([]);
    });

    it('the last 2,000, and of each the first MiB', async () => {
      await chat(user('a'.repeat(2 * 1024 * 1024)), '', keyOf(simulator, 'unpaid'));
      expect(simulator.openrouter.calls()[0]?.body.length).toBe(1024 * 1024);
      const next = {
        method: 'GET',
        host: 'openrouter.ai',
        path: '/api/v1/key',
        query: new URLSearchParams(),
        headers: { authorization: `Bearer ${keyOf(simulator)}` },
        body: '',
        bytes: Buffer.alloc(0),
      };
      for (let call = 0; call < 2_000; call += 1) simulator.find('openrouter').handle(next);
      expect(simulator.openrouter.calls().length).toBe(2_000);
      expect(simulator.openrouter.calls()[0]?.path).toBe('/api/v1/key');
    });

    it('in this process only', async () => {
      await chat();
      const control = (path: string): Promise<Answer> =>
        ask(simulator.origin, { host: '127.0.0.1', path: `/__simulator/${path}/openrouter` });
      expect((await control('calls')).status).toBe(404);
      const { status, text } = await control('requests');
      expect(status).toBe(200);
      expect(text).toContain('/api/v1/chat/completions');
      expect(text).not.toContain(keyOf(simulator));
      expect(text).not.toContain('Say something');
    });
  });

  it('may be as long as 32 MiB; other requests may not', async () => {
    const long = (bytes: number): Buffer => {
      const body = Buffer.from(JSON.stringify(chatBody('', user('a'))));
      return Buffer.concat([body, Buffer.alloc(bytes - body.length, ' ')]);
    };
    expect((await send(simulator, '/chat/completions', long(32 * 1024 * 1024))).status).toBe(200);
    expect(await send(simulator, '/chat/completions', long(32 * 1024 * 1024 + 1))).toMatchObject({
      status: 413,
      json: { error: { message: 'Request payload too large', code: 413 } },
    });
    expect((await send(simulator, '/keys', long(64 * 1024 + 1))).status).toBe(413);
  });

  it('reach it under the name of the simulator, too', async () => {
    const headers = { host: '127.0.0.1' };
    expect((await send(simulator, '/chat/completions', chatBody(), { headers })).status).toBe(200);
    expect(
      (await send(simulator, '/chat/completions', chatBody(), { headers: { host: 'nobody.example' } }))
        .status,
    ).toBe(404);
  });

  it('are struck by faults like any service', async () => {
    simulator.setFault('openrouter', { kind: 'rate_limited', retryAfterSeconds: 9, times: 1 });
    expect((await chat()).headers).toMatchObject({ 'retry-after': '9', 'x-ratelimit-limit': '20' });
    expect(await chat()).toMatchObject({ status: 200 });
  });
});
