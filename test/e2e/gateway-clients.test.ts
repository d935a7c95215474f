/** OpenAI's client as people use it, against a whole Keyturn: only the base URL and the key are Keyturn's. */
import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { chatBody, MODEL, type GatewayActions } from '../support/gateway-actions';
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
import { until, type TestService } from '../support/service';

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

/** The body of the last inference call as the provider got it. */
function lastSent(): Record<string, unknown> {
  const sent = service.simulator.openrouter.calls().findLast(({ method }) => method === 'POST');
  return JSON.parse(String(sent?.body)) as Record<string, unknown>;
}

describe('openai', () => {
  const client = (options: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI =>
    new OpenAI({ baseURL: `${service.url}/v1`, apiKey: token, maxRetries: 0, ...options });
  const simulating = (simulate: string, more: object = {}) =>
    ({ model: MODEL, messages: MESSAGES, metadata: { simulate }, ...more }) as const;

  test('a completion is made with the tenant’s key, and neither token nor client are told upstream', async () => {
    const { data, response } = await client()
      .chat.completions.create({ model: MODEL, messages: MESSAGES })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe(ANSWER);
    expect(response.headers.get('x-keyturn-credential')).toBe('tenant');
    expect(acme.seen()).toEqual([key]);
    await client().chat.completions.create({ model: MODEL, messages: MESSAGES });
    const [call] = service.simulator.openrouter.calls();
    const told = JSON.stringify(call?.headers);
    expect(told).not.toContain(token);
    expect(told).not.toMatch(/stainless|OpenAI\/JS/);
  });

  test.each(ALIASES)('the alias %s means %s', async (alias, model) => {
    const { data, response } = await client()
      .chat.completions.create({ model: alias, messages: MESSAGES })
      .withResponse();
    expect(data.model).toBe(model);
    expect(response.headers.get('x-keyturn-resolved-from')).toBe(alias);
  });

  test('a platform token names the tenant as a default of its queries', async () => {
    const apiKey = await service.mintToken({ role: 'platform' });
    const platform = client({ apiKey, defaultQuery: { tenant_id: acme.tenantId } });
    await platform.chat.completions.create({ model: MODEL, messages: MESSAGES });
    expect(acme.seen()).toEqual([key]);
  });

  test('a token may come from a function, which is asked before each call', async () => {
    const tokens = [token, 'ended'];
    const renewing = client({ apiKey: async () => tokens.shift() ?? token });
    const ask = () => renewing.chat.completions.create({ model: MODEL, messages: MESSAGES });
    await ask();
    await expect(ask()).rejects.toBeInstanceOf(AuthenticationError);
    await ask();
    expect(acme.seen()).toEqual([key, key]);
  });

  test('a stream gives the text and, last, what it cost', async () => {
    const stream = await client().chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true });
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(ANSWER);
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 4, cost: expect.any(Number) });
  });

  test('its stream helper puts the chunks together', async () => {
    const whole = await client()
      .chat.completions.stream({ model: MODEL, messages: MESSAGES })
      .finalChatCompletion();
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: ANSWER } });
  });

  test('tools and fields that only OpenRouter knows go through as they are', async () => {
    const look = {
      type: 'function' as const,
      function: { name: 'look_up', parameters: { type: 'object', properties: { id: { type: 'integer' } } } },
    };
    const only = { provider: { order: ['openai'], allow_fallbacks: false }, models: [MODEL] };
    const asked = simulating('tool-call', { tools: [look], tool_choice: 'required', ...only });
    const whole = await client().chat.completions.create({ ...asked, stream: false });
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ type: 'function', function: { name: 'look_up', arguments: '{}' } }] },
    });
    expect(lastSent()).toEqual({ ...asked, stream: false });
    const chunks = await collect(await client().chat.completions.create({ ...asked, stream: true }));
    expect(chunks[0]?.choices[0]?.delta.tool_calls?.[0]?.function?.name).toBe('look_up');
  });

  test('embeddings, as numbers and as the base64 it asks for by itself', async () => {
    const asked = { model: EMBEDDING_MODEL, input: ['a kettle', 'a teapot'], dimensions: 64 };
    const packed = await client().embeddings.create(asked);
    expect(lastSent()['encoding_format']).toBe('base64');
    const plain = await client().embeddings.create({ ...asked, encoding_format: 'float' });
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([64, 64]);
    packed.data.forEach(({ embedding }, index) =>
      embedding.forEach((value, at) => expect(value).toBeCloseTo(plain.data[index]?.embedding[at] ?? NaN, 6)),
    );
    expect(acme.seen()).toEqual([key, key]);
  });

  test('models are listed, and found by id and by alias', async () => {
    const listed = await collect(await client().models.list());
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining([MODEL, EMBEDDING_MODEL]));
    expect(await client().models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: 'model' });
    expect(await client().models.retrieve('claude-3.5-sonnet')).toMatchObject({ owned_by: 'anthropic' });
    const unknown = client().models.retrieve('openai/gpt-4o-minni');
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    await expect(unknown).rejects.toThrow(/openai\/gpt-4o-mini|no model/i);
  });

  test('a revoked key is a readable error after exactly one request, with its usual retries on', async () => {
    const { fetch, count } = counting();
    const apiKey = await fixture.revoked();
    service.simulator.openrouter.forget();
    const asked = client({ apiKey, fetch, maxRetries: 2 }).chat.completions.create(simulating(''));
    await expect(asked).rejects.toBeInstanceOf(APIError);
    await expect(asked).rejects.toMatchObject({ status: 409, code: 'key_revoked', type: 'keyturn_error' });
    await expect(asked).rejects.toThrow('409 the tenant’s OpenRouter key was revoked');
    expect([count(), acme.seen()]).toEqual([1, []]);
  });

  test('a tenant without a key for which the platform does not pay is told so', async () => {
    const keyless = fixture.tenant('keyless');
    await keyless.policy({ platform_fallback: 'never' });
    const apiKey = await fixture.tokenOf(keyless);
    const asked = client({ apiKey }).chat.completions.create({ model: MODEL, messages: MESSAGES });
    await expect(asked).rejects.toBeInstanceOf(NotFoundError);
    await expect(asked).rejects.toThrow('404 the tenant has stored no OpenRouter key');
  });

  test('a token that is none is an authentication error', async () => {
    const asked = client({ apiKey: 'sk-not-a-token' }).chat.completions.create(simulating(''));
    await expect(asked).rejects.toBeInstanceOf(AuthenticationError);
    await expect(asked).rejects.toThrow(/^401 the bearer token is refused/);
    expect(acme.seen()).toEqual([]);
  });

  test('OpenRouter’s own errors reach it with their status, body and headers', async () => {
    const asked = client().chat.completions.create(simulating('status-429'));
    await expect(asked).rejects.toBeInstanceOf(RateLimitError);
    const error = await asked.catch((thrown: unknown) => thrown as RateLimitError);
    const direct = await fetch(`${service.simulator.origin}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(chatBody({ metadata: { simulate: 'status-429' } })),
    });
    const own = (await direct.json()) as { error: object };
    expect(error).toMatchObject({ error: own.error });
    expect((error as RateLimitError).headers.get('retry-after')).toBe(direct.headers.get('retry-after'));
    expect((error as RateLimitError).headers.get('x-should-retry')).toBeNull();
  });

  test('an error in the middle of a stream is thrown after what came before it', async () => {
    const stream = await client().chat.completions.create({
      ...simulating('error-mid-stream'),
      stream: true,
    });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { choices } of stream) seen.push(choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toMatchObject({ code: 502, message: 'Provider returned error' });
    expect(seen.join('')).toMatch(/^Say/);
  });

  test('whoever aborts a stream closes it upstream', async () => {
    const { openrouter } = service.simulator;
    const hangUp = new AbortController();
    const stream = await client().chat.completions.create(
      { ...simulating('endless gap-5'), stream: true },
      { signal: hangUp.signal },
    );
    const reading = collect(stream);
    await until('it runs', async () => openrouter.openStreams() === 1);
    hangUp.abort();
    await reading.catch((error: unknown) => expect(error).toBeInstanceOf(APIUserAbortError));
    await until('it is closed upstream', async () => openrouter.openStreams() === 0);
    expect(openrouter.abortedStreams()).toBe(1);
  });

  test('a stream whose key is revoked ends with the reason', async () => {
    const gone = fixture.tenant('streaming');
    await gone.storeKey();
    const stream = await client({ apiKey: await fixture.tokenOf(gone) }).chat.completions.create({
      ...simulating('endless gap-5'),
      stream: true,
    });
    const reading = collect(stream);
    reading.catch(() => undefined);
    await until('it runs', async () => service.simulator.openrouter.openStreams() === 1);
    await gone.key.revoke();
    await expect(reading).rejects.toBeInstanceOf(APIError);
    await expect(reading).rejects.toMatchObject({
      error: { code: 409, metadata: { error_type: 'key_revoked' } },
    });
  });
});
