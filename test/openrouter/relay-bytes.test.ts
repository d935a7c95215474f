/** What goes through the gateway is what was sent, byte by byte, both ways. */
import { gzipSync } from 'node:zlib';
import { startRelay, writePieces, type RelayFixture, type Script } from './relay-fixture';

let relay: RelayFixture | undefined;
afterEach(async () => {
  await relay?.close();
  relay = undefined;
});

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' };
const ok: Script = (_reached, response) => void response.writeHead(200, JSON_TYPE).end('{}');
const bytes = async (reply: { body: { arrayBuffer(): Promise<ArrayBuffer> } }): Promise<Buffer> =>
  Buffer.from(await reply.body.arrayBuffer());

test.each([
  '{"model":"a/b","messages":[],"temperature":1.0,"seed":12345678901234567890,"x":1e-7}',
  '{ "messages" : [ {"role":"user","content":"\\u00e9 é 漢 😀 \\ud83d\\ude00"} ],\n\t"unknown_field":{"z":1,"a":null},\r\n "model":"a/b"}  \n',
  '{"model":"a/b","stream":true,"stream_options":{"include_usage":true}}',
])('a request reaches the upstream as it was sent: %s', async (body) => {
  relay = await startRelay(ok);
  await bytes(await relay.post(body));
  expect(relay.reached[0]?.body.equals(Buffer.from(body))).toBe(true);
  expect(relay.reached[0]?.url).toBe('/api/v1/chat/completions');
});

test('only the alias in model is changed, and the answer tells', async () => {
  relay = await startRelay(ok, {
    ports: {
      models: { resolve: () => ({ model: 'openai/gpt-4-turbo', resolvedFrom: 'gpt-4-turbo', row: null }) },
    },
  });
  const reply = await relay.post('{"n":1.0,"model":"gpt-4-turbo","m":{"model":"gpt-4-turbo"}}');
  await bytes(reply);
  expect(relay.reached[0]?.body.toString()).toBe(
    '{"n":1.0,"model":"openai/gpt-4-turbo","m":{"model":"gpt-4-turbo"}}',
  );
  expect(reply.headers).toMatchObject({
    'x-keyturn-model': 'openai/gpt-4-turbo',
    'x-keyturn-resolved-from': 'gpt-4-turbo',
  });
});

test('of the headers only those on the lists go through', async () => {
  relay = await startRelay((_reached, response) => {
    response.writeHead(200, {
      ...JSON_TYPE,
      'set-cookie': '__cf_bm=1',
      'x-generation-id': 'gen-1-abc',
      'x-openrouter-cache-status': 'MISS',
      'access-control-allow-origin': '*',
      server: 'cloudflare',
      'x-ratelimit-remaining': '3',
    });
    response.end('{}');
  });
  const reply = await relay.post('{"model":"a/b"}', {
    authorization: 'Bearer of-the-caller',
    cookie: 'a=b',
    'x-forwarded-for': '10.0.0.1',
    'x-stainless-os': 'Linux',
    'http-referer': 'https://app.test',
    'x-title': 'App',
    'x-openrouter-title': 'App',
    'x-session-id': 's1',
    'user-agent': 'of-the-caller',
  });
  await bytes(reply);
  const { host, connection, 'content-length': _length, ...sent } = relay.reached[0]?.headers ?? {};
  expect(sent).toEqual({
    authorization: 'Bearer sk-or-v1-tenant',
    'content-type': 'application/json',
    'http-referer': 'https://app.test',
    'x-title': 'App',
    'x-openrouter-title': 'App',
    'x-session-id': 's1',
    'user-agent': 'keyturn',
  });
  expect([host, connection]).toEqual(['openrouter.ai', 'keep-alive']);
  const { date: _date, connection: _c, 'keep-alive': _k, 'x-keyturn-call': call, ...got } = reply.headers;
  expect(got).toEqual({
    'content-type': 'application/json',
    'x-generation-id': 'gen-1-abc',
    'x-openrouter-cache-status': 'MISS',
    'x-ratelimit-remaining': '3',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-keyturn-credential': 'tenant',
    'x-keyturn-key-version': '3',
    'transfer-encoding': 'chunked',
  });
  expect(call).toMatch(/^[0-9a-f-]{36}$/);
});

const STREAM = Buffer.from(
  ': OPENROUTER PROCESSING\n\n'.repeat(12) +
    'data: {"id":"gen-1","choices":[{"delta":{"content":"né 漢字 😀"},"index":0}]}\n\n' +
    'data:{"no":"space"}\r\n\r\nevent: odd\nid: 7\nretry: 10\n\n' +
    'data: {"id":"gen-1","model":"a/b","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"cost":1.50e-5}}\n\n' +
    'data: [DONE]\n\n',
);

test.each([1, 2, 3, 7, 64, STREAM.length])(
  'a stream cut into pieces of %i bytes comes through unchanged',
  async (size) => {
    relay = await startRelay(async (_reached, response) => {
      response.writeHead(200, EVENTS);
      const pieces = Array.from({ length: Math.ceil(STREAM.length / size) }, (_, i) =>
        STREAM.subarray(i * size, (i + 1) * size),
      );
      await writePieces(response, pieces);
    });
    const reply = await relay.post('{"model":"a/b","stream":true}');
    expect((await bytes(reply)).equals(STREAM)).toBe(true);
    expect(relay.noted.at(-1)).toMatchObject({
      outcome: 'done',
      generationId: 'gen-1',
      servedModel: 'a/b',
      promptTokens: 3,
      completionTokens: 5,
      costUsd: '1.50e-5',
    });
  },
);

test('each event is there before the next one is sent', async () => {
  const turns: (() => void)[] = [];
  relay = await startRelay(async (_reached, response) => {
    response.writeHead(200, EVENTS);
    for (let i = 0; i < 3; i += 1) {
      response.write(`data: {"n":${i}}\n\n`);
      await new Promise<void>((resolve) => turns.push(resolve));
    }
    response.end();
  });
  const reply = await relay.post('{"model":"a/b","stream":true}');
  const seen: string[] = [];
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    // The upstream waits: a gateway that held anything back would never come here.
    seen.push(chunk.toString());
    turns.shift()?.();
  }
  expect(seen).toEqual(['data: {"n":0}\n\n', 'data: {"n":1}\n\n', 'data: {"n":2}\n\n']);
});

test('the head of a stream does not wait for its first event', async () => {
  let go: () => void = () => undefined;
  relay = await startRelay(async (_reached, response) => {
    response.writeHead(200, EVENTS);
    response.flushHeaders();
    await new Promise<void>((resolve) => (go = resolve));
    response.end('data: [DONE]\n\n');
  });
  const reply = await relay.post('{"model":"a/b","stream":true}');
  expect(reply.statusCode).toBe(200);
  go();
  await bytes(reply);
});

test('a compressed answer stays compressed, and is metered all the same', async () => {
  const answer = gzipSync(
    JSON.stringify({ id: 'gen-2', model: 'a/b', usage: { cost: 0.25, prompt_tokens: 1 } }),
  );
  relay = await startRelay((reached, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip', 'content-length': answer.length });
    response.end(answer);
  });
  const reply = await relay.post('{"model":"a/b"}', { 'accept-encoding': 'gzip, br' });
  expect(reply.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-length': String(answer.length),
  });
  expect((await bytes(reply)).equals(answer)).toBe(true);
  expect(relay.reached[0]?.headers['accept-encoding']).toBe('gzip, br');
  expect(relay.noted.at(-1)).toMatchObject({ costUsd: '0.25', promptTokens: 1, generationId: 'gen-2' });
});

test('a stream is never asked for compressed', async () => {
  relay = await startRelay(ok);
  await bytes(await relay.post('{"model":"a/b","stream":true}', { 'accept-encoding': 'gzip' }));
  expect(relay.reached[0]?.headers['accept-encoding']).toBe('identity');
});

test.each([
  [400, { 'content-type': 'application/json' }, '{"error":{"message":"Invalid","code":400},"user_id":null}'],
  [402, { 'content-type': 'application/json' }, '{"error":{"message":"Insufficient credits.","code":402}}'],
  [
    403,
    { 'content-type': 'application/json' },
    '{"error":{"code":403,"metadata":{"reasons":["x"]},"message":"moderation"}}',
  ],
  [
    404,
    { 'content-type': 'application/json' },
    '{"error":{"message":"No endpoints found for x.","code":404},"user_id":"u"}',
  ],
  [
    429,
    { 'content-type': 'application/json', 'retry-after': '86400', 'x-ratelimit-reset': '1767225600000' },
    '{"error":{"code":429}}',
  ],
  [401, { 'content-type': 'application/json' }, '{"error":{"message":"User not found.","code":401}}'],
  [502, { 'content-type': 'text/html' }, '<html>bad gateway</html>'],
  [524, { 'content-type': 'text/plain' }, ''],
])('an error %i keeps its status, its body and its headers', async (status, headers, body) => {
  relay = await startRelay((_reached, response) => void response.writeHead(status, headers).end(body));
  const reply = await relay.post('{"model":"a/b"}');
  expect([reply.statusCode, (await bytes(reply)).toString()]).toEqual([status, body]);
  expect(reply.headers).toMatchObject(headers);
  expect(relay.noted.at(-1)).toMatchObject({ outcome: 'refused', status, costUsd: '0' });
});

test('embeddings go to their own endpoint', async () => {
  relay = await startRelay(ok, { endpoint: 'embeddings' });
  await bytes(await relay.post('{"model":"a/b","input":["x"]}'));
  expect(relay.reached[0]?.url).toBe('/api/v1/embeddings');
});
