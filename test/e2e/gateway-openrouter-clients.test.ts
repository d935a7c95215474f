/** Clients made for OpenRouter as people use them, against a whole Keyturn. */
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { OpenRouter } from '@openrouter/sdk';
import { embedMany, generateText, jsonSchema, streamText, tool, type ToolSet } from 'ai';
import { MODEL, type GatewayActions } from '../support/gateway-actions';
import {
  ALIASES,
  ANSWER,
  collect,
  counting,
  EMBEDDING_MODEL,
  MESSAGES,
  startClientFixture,
  type ClientFixture,
} from '../support/gateway-clients';
import type { TestService } from '../support/service';

let fixture: ClientFixture;
let service: TestService;
let acme: GatewayActions;
let key: string;
let token: string;
beforeAll(async () => {
  fixture = await startClientFixture();
  ({ service, acme, key, token } = fixture);
});
afterAll(() => service.stop());
beforeEach(() => service.simulator.openrouter.forget());

describe('@openrouter/sdk', () => {
  const sdk = (apiKey = token): OpenRouter =>
    new OpenRouter({ apiKey, serverURL: `${service.url}/v1`, retryConfig: { strategy: 'none' } });
  const send = (more: object = {}, apiKey?: string): Promise<any> =>
    sdk(apiKey).chat.send({ chatRequest: { model: MODEL, messages: MESSAGES, ...more } });

  test.each(['', 'byok', 'unknown-fields', 'no-usage'])('a completion: %s', async (simulate) => {
    const whole = await send({ metadata: { simulate } });
    expect(whole.choices[0].message.content).toBe(ANSWER);
    expect(whole.usage?.isByok).toBe(simulate === 'no-usage' ? undefined : simulate === 'byok');
    expect(acme.seen()).toEqual([key]);
  });

  test.each(['', 'comments-17', 'usage-without-choice', 'split-utf8'])('a stream: %s', async (simulate) => {
    const chunks: any[] = await collect(await send({ stream: true, metadata: { simulate } }));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(ANSWER);
    expect(chunks.at(-1).usage).toMatchObject({ promptTokens: 4 });
  });

  test.each(ALIASES)('the alias %s means %s', async (alias, model) => {
    expect(await send({ model: alias })).toMatchObject({ model });
  });

  test('embeddings', async () => {
    const requestBody = { model: EMBEDDING_MODEL, input: ['a kettle', 'a teapot'], dimensions: 8 };
    const reply: any = await sdk().embeddings.generate({ requestBody });
    expect(reply.data.map(({ embedding }: any) => embedding.length)).toEqual([8, 8]);
  });

  test('the models, each as OpenRouter tells it', async () => {
    const pages = await collect(await sdk().models.list());
    const rows = pages.flatMap(({ result }) => result.data);
    expect(rows.length).toBe(pages[0]?.result.totalCount);
    const sonnet = rows.find(({ id }) => id === 'anthropic/claude-sonnet-5');
    expect(sonnet).toMatchObject({
      canonicalSlug: 'anthropic/claude-sonnet-5-20260630',
      pricing: { prompt: '0.000002', inputCacheRead: '0.0000002' },
    });
  });

  test('a revoked key, an error upstream, and one in the middle of a stream', async () => {
    await expect(send({}, await fixture.revoked())).rejects.toMatchObject({
      statusCode: 409,
      message: expect.stringContaining('the tenant’s OpenRouter key was revoked'),
    });
    await expect(send({ metadata: { simulate: 'status-402' } })).rejects.toMatchObject({
      name: 'PaymentRequiredResponseError',
    });
    const chunks: any[] = await collect(
      await send({ stream: true, metadata: { simulate: 'error-mid-stream' } }),
    );
    expect(chunks.at(-1).error).toMatchObject({ code: 502 });
  });
});

describe('the AI SDK with OpenRouter’s provider', () => {
  const provider = (apiKey = token, fetch?: typeof globalThis.fetch) =>
    createOpenRouter({ apiKey, baseURL: `${service.url}/v1`, ...(fetch === undefined ? {} : { fetch }) });

  test('a text, with its cost and who paid for it', async () => {
    const answer = await generateText({ model: provider().chat(MODEL), messages: MESSAGES });
    expect(answer.text).toBe(ANSWER);
    expect(answer.response.headers?.['x-keyturn-credential']).toBe('tenant');
    expect(answer.usage.inputTokens).toBe(4);
    expect(answer.providerMetadata?.['openrouter']?.['usage']).toMatchObject({ cost: expect.any(Number) });
    expect(acme.seen()).toEqual([key]);
  });

  test.each(ALIASES)('the alias %s means %s', async (alias, model) => {
    const answer = await generateText({ model: provider().chat(alias), messages: MESSAGES });
    expect(answer.response.modelId).toBe(model);
  });

  test('a stream', async () => {
    const answer = streamText({ model: provider().chat(MODEL), messages: MESSAGES });
    const pieces = await collect(answer.textStream);
    expect(pieces.join('')).toBe(ANSWER);
    expect(pieces.length).toBeGreaterThan(3);
    expect(await answer.finishReason).toBe('stop');
    expect((await answer.response).headers?.['x-keyturn-credential']).toBe('tenant');
  });

  test('a tool is called', async () => {
    const look_up = tool({
      description: 'looks something up',
      inputSchema: jsonSchema<object>({ type: 'object', properties: {} }),
    });
    const answer = await generateText({
      model: provider().chat(MODEL, { extraBody: { metadata: { simulate: 'tool-call' } } }),
      messages: MESSAGES,
      tools: { look_up } as unknown as ToolSet,
    });
    expect(answer.toolCalls).toMatchObject([{ toolName: 'look_up', input: {} }]);
  });

  test('embeddings', async () => {
    const { embeddings, usage } = await embedMany({
      model: provider().textEmbeddingModel(EMBEDDING_MODEL),
      values: ['a kettle', 'a teapot', 'shipping'],
    });
    expect(embeddings.map(({ length }) => length)).toEqual([256, 256, 256]);
    expect(usage.tokens).toBeGreaterThan(0);
    expect(acme.seen()).toEqual([key]);
  });

  test('a revoked key is a readable error', async () => {
    const { fetch, count } = counting();
    const asked = generateText({
      model: provider(await fixture.revoked(), fetch).chat(MODEL),
      messages: MESSAGES,
      maxRetries: 0,
    });
    await expect(asked).rejects.toMatchObject({
      name: 'AI_APICallError',
      statusCode: 409,
      message: 'the tenant’s OpenRouter key was revoked',
    });
    expect(count()).toBe(1);
  });

  test('an error in the middle of a stream is told', async () => {
    const errors: unknown[] = [];
    const answer = streamText({
      model: provider().chat(MODEL, { extraBody: { metadata: { simulate: 'error-mid-stream' } } }),
      messages: MESSAGES,
      onError: ({ error }) => void errors.push(error),
    });
    const parts = await collect(answer.fullStream);
    expect(parts.some(({ type }) => type === 'error')).toBe(true);
    expect(errors).toHaveLength(1);
  });
});
