/** OpenRouter's own SDK checks every reply against OpenRouter's schemas: here it reads each kind of them. */
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { chatBody, keyOf, openRouterSdk, openRouterSdkByName, send } from './openrouter-clients';

const MESSAGES = [{ role: 'user' as const, content: 'Say something' }];
const MODEL = 'openai/gpt-4o-mini';

describe('the SDK of OpenRouter reads', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const sdk = (variant?: string): ReturnType<typeof openRouterSdk> => openRouterSdk(simulator, variant);
  const chat = (simulate = '', more: object = {}): Promise<any> =>
    sdk().chat.send({
      chatRequest: { model: MODEL, messages: MESSAGES, ...(simulate && { metadata: { simulate } }), ...more },
    });
  async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const item of stream) all.push(item);
    return all;
  }

  it('the list of models, whole and in pages', async () => {
    const [whole] = await collect(await sdk().models.list({ outputModalities: 'all' }));
    expect(whole?.result.data.length).toBe(whole?.result.totalCount);
    const pages = await collect(await sdk().models.list({ outputModalities: 'all', offset: 0, limit: 5 }));
    expect(pages.flatMap(({ result }) => result.data.map(({ id }) => id))).toEqual(
      whole?.result.data.map(({ id }) => id),
    );
    expect(pages.length).toBeGreaterThan(3);
  });

  it('the models of an account, of embeddings, and their number', async () => {
    const ofUser = await sdk().models.listForUser({ bearer: keyOf(simulator) });
    expect((await collect(ofUser))[0]?.result.data.length).toBeGreaterThan(10);
    const [embeddings] = await collect(await sdk().embeddings.listModels());
    expect(embeddings?.result.data.map(({ id }) => id)).toContain('openai/text-embedding-3-small');
    expect((await sdk().models.count()).data.count).toBeGreaterThan(10);
  });

  it('one model, its endpoints, and that there is none', async () => {
    const alias = await sdk().models.get({ author: '~anthropic', slug: 'claude-sonnet-latest' });
    expect(alias.data.aliasTarget?.slug).toBe('anthropic/claude-sonnet-5');
    const free = await sdk().models.get({ author: 'meta-llama', slug: 'llama-3.3-70b-instruct:free' });
    expect(free.data.pricing.prompt).toBe('0');
    const { data } = await sdk().endpoints.list({ author: 'google', slug: 'gemini-2.5-pro' });
    expect(data.endpoints[0]?.pricing.prompt).toBe('0.00000125');
    await expect(sdk().models.get({ author: 'nobody', slug: 'nothing' })).rejects.toMatchObject({
      name: 'NotFoundResponseError',
    });
  });

  it('a completion, and one from a fallback', async () => {
    const whole = await chat();
    expect(whole.choices[0].message.content).toContain('Say something');
    expect(whole.usage).toMatchObject({ promptTokens: 4, isByok: false });
    expect(whole.usage.cost).toBeGreaterThan(0);
    const fallback = await chat('', { model: 'nobody/nothing', models: ['deepseek/deepseek-chat'] });
    expect(fallback.model).toBe('deepseek/deepseek-chat');
  });

  it.each(['', 'usage-without-choice', 'unknown-fields', 'byok', 'comments-17', 'gzip', 'split-utf8'])(
    'a stream: %s',
    async (simulate) => {
      const chunks: any[] = await collect(await chat(simulate, { stream: true }));
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      expect(text).toBe('Say something (simulé 漢字 😀)');
      expect(chunks.at(-1).usage).toMatchObject({ promptTokens: 4, isByok: simulate === 'byok' });
    },
  );

  it.each(['unknown-fields', 'byok', 'no-usage', 'gzip', 'split-utf8', 'comments-3', 'ok-but-error'])(
    'a completion: %s',
    async (simulate) => {
      const whole = await chat(simulate);
      expect(whole.choices[0].message.content).toContain('simulé 漢字 😀');
      expect(whole.choices[0].finishReason).toBe(simulate === 'ok-but-error' ? 'error' : 'stop');
    },
  );

  it.each(['error-mid-stream', 'error-mid-stream-done'])('a stream that fails: %s', async (simulate) => {
    const chunks: any[] = await collect(await chat(simulate, { stream: true }));
    expect(chunks.find(({ error }) => error)).toMatchObject({
      error: { code: 502, metadata: { errorType: 'provider_unavailable' } },
    });
  });

  it('a tool call, whole and as a stream', async () => {
    const tools = [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }];
    const whole = await chat('tool-call', { tools });
    expect(whole.choices[0]).toMatchObject({
      finishReason: 'tool_calls',
      message: { toolCalls: [{ function: { name: 'look_up' } }] },
    });
    const chunks: any[] = await collect(await chat('tool-call', { tools, stream: true }));
    expect(chunks[0].choices[0].delta.toolCalls[0].function.name).toBe('look_up');
  });

  it('embeddings', async () => {
    const requestBody = {
      model: 'openai/text-embedding-3-small',
      input: ['a text', 'another'],
      dimensions: 8,
    };
    const reply: any = await sdk().embeddings.generate({ requestBody });
    expect(reply.data.map(({ embedding }: any) => embedding.length)).toEqual([8, 8]);
    expect(reply.usage).toMatchObject({ promptTokens: 4, isByok: false });
  });

  it('a generation, once it is written', async () => {
    const { id } = await chat('', { user: 'someone' });
    await expect(sdk().generations.getGeneration({ id })).rejects.toMatchObject({
      name: 'NotFoundResponseError',
    });
    const { data } = await sdk().generations.getGeneration({ id });
    expect(data).toMatchObject({
      id,
      model: MODEL,
      cancelled: false,
      externalUser: 'someone',
      tokensPrompt: 4,
    });
  });

  it('a key, the credits, and that they are not for every key', async () => {
    expect((await sdk().apiKeys.getCurrentKeyMetadata()).data).toMatchObject({
      limit: 100,
      limitRemaining: 74.5,
    });
    expect((await sdk('wrongKind').credits.getCredits()).data.totalCredits).toBe(100);
    await expect(sdk().credits.getCredits()).rejects.toMatchObject({ name: 'ForbiddenResponseError' });
  });

  it('keys made, listed, changed and deleted', async () => {
    const { apiKeys } = sdk('wrongKind');
    const expiresAt = new Date('2099-01-02T03:04:05Z');
    const made = await apiKeys.create({ requestBody: { name: 'by the SDK', limit: 1, expiresAt } });
    expect(made.key).toMatch(/^sk-or-v1-[0-9a-f]{64}$/);
    const { hash } = made.data;
    expect((await apiKeys.get({ hash })).data).toMatchObject({ name: 'by the SDK', limit: 1, expiresAt });
    expect((await apiKeys.list()).data[0]).toMatchObject({ hash, disabled: false });
    const changed = await apiKeys.update({ hash, requestBody: { disabled: true, limit: null } });
    expect(changed.data).toMatchObject({ disabled: true, limit: null, limitRemaining: null });
    expect(await apiKeys.delete({ hash })).toMatchObject({ deleted: true });
    await expect(apiKeys.delete({ hash })).rejects.toMatchObject({ name: 'NotFoundResponseError' });
  });

  it.each([
    ['status-400', 400, 'BadRequestResponseError'],
    ['status-401', 401, 'UnauthorizedResponseError'],
    ['status-402', 402, 'PaymentRequiredResponseError'],
    ['status-403', 403, 'ForbiddenResponseError'],
    ['status-403-limit', 403, 'ForbiddenResponseError'],
    ['status-403-moderation', 403, 'ForbiddenResponseError'],
    ['status-404', 404, 'NotFoundResponseError'],
    ['status-408', 408, 'RequestTimeoutResponseError'],
    ['status-413', 413, 'PayloadTooLargeResponseError'],
    ['status-422', 422, 'UnprocessableEntityResponseError'],
    ['status-429', 429, 'TooManyRequestsResponseError'],
    ['status-429-body-only', 429, 'TooManyRequestsResponseError'],
    ['retry-after-huge', 429, 'TooManyRequestsResponseError'],
    ['status-500', 500, 'InternalServerResponseError'],
    ['status-502', 502, 'BadGatewayResponseError'],
    ['status-503', 503, 'ServiceUnavailableResponseError'],
    // The SDK has no class for it here.
    ['status-504', 504, 'OpenRouterDefaultError'],
    ['status-524', 524, 'EdgeNetworkTimeoutResponseError'],
    ['status-529', 529, 'ProviderOverloadedResponseError'],
  ])('the error %s', async (simulate, statusCode, name) => {
    await expect(chat(simulate)).rejects.toMatchObject({ statusCode, name });
    await expect(chat(simulate, { stream: true })).rejects.toMatchObject({ statusCode, name });
  });

  it.each([
    ['dead', 401, 'UnauthorizedResponseError'],
    ['exhausted', 403, 'ForbiddenResponseError'],
    ['spent', 403, 'ForbiddenResponseError'],
    ['unpaid', 402, 'PaymentRequiredResponseError'],
    ['wrongKind', 403, 'ForbiddenResponseError'],
    ['throttled', 429, 'TooManyRequestsResponseError'],
  ])('what a key gets that is %s', async (variant, statusCode, name) => {
    const client = sdk(variant);
    await expect(client.chat.send({ chatRequest: { messages: MESSAGES } })).rejects.toMatchObject({
      statusCode,
      name,
    });
    const requestBody = { model: 'openai/text-embedding-3-small', input: 'x' };
    await expect(client.embeddings.generate({ requestBody })).rejects.toMatchObject({ statusCode, name });
  });

  it('models that are unknown, gone, or of another kind', async () => {
    await expect(chat('', { model: 'nobody/nothing' })).rejects.toMatchObject({
      name: 'BadRequestResponseError',
    });
    await expect(chat('', { model: 'anthropic/claude-3.5-sonnet' })).rejects.toMatchObject({
      name: 'NotFoundResponseError',
      userId: expect.stringMatching(/^user_/),
    });
    await expect(chat('', { model: 'openai/text-embedding-3-small' })).rejects.toMatchObject({
      name: 'NotFoundResponseError',
    });
  });

  it('the same under the name of OpenRouter', async () => {
    simulator.openrouter.forget();
    const { sdk: named, close } = openRouterSdkByName(simulator);
    const reply: any = await named.chat.send({ chatRequest: { model: MODEL, messages: MESSAGES } });
    await close();
    expect(reply.choices[0].message.content).toContain('Say something');
    expect(simulator.openrouter.calls()[0]?.headers['host']).toMatch(/^openrouter\.ai:/);
  });

  it('would not read a reply that is none', async () => {
    simulator.setFault('openrouter', { kind: 'status', status: 200, body: { data: [{}] }, times: 1 });
    await expect(chat()).rejects.toMatchObject({ name: 'ResponseValidationError' });
    expect((await send(simulator, '/chat/completions', chatBody())).status).toBe(200);
  });
});
