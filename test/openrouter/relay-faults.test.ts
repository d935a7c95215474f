/** What breaks off on the way, and who is told of it. */
import type { ServerResponse } from 'node:http';
import { KeyturnError } from '../../src/contract/errors';
import { until } from '../support/until';
import { REF, startRelay, type RelayFixture, type Script } from './relay-fixture';

let relay: RelayFixture | undefined;
afterEach(async () => {
  await relay?.close();
  relay = undefined;
});

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'text/event-stream' };
const STREAMED = '{"model":"a/b","stream":true}';
const PLAIN = '{"model":"a/b"}';
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const textOf = (reply: { body: { text(): Promise<string> } }): Promise<string> => reply.body.text();
const started =
  (first: string): Script =>
  (_reached, response) => {
    response.writeHead(200, { ...EVENTS, 'x-generation-id': 'gen-9' });
    response.write(first);
  };
/** The events of a stream that ended with one of ours. */
const lastEvent = (text: string): unknown => JSON.parse(/data: (\{[^\n]*\})\n\n$/.exec(text)?.[1] ?? 'null');

test('a caller that hangs up ends the call upstream, before the answer and within it', async () => {
  const script: Script = (reached, response) => {
    if (reached.body.toString() === STREAMED) void started(data({ n: 1 }))(reached, response);
  };
  relay = await startRelay(script);
  const reply = await relay.post(STREAMED);
  for await (const _chunk of reply.body) break;
  const waiting = new AbortController();
  const unanswered = fetch(relay.url, { method: 'POST', body: PLAIN, signal: waiting.signal });
  await until('the second call is under way', async () => relay?.reached.length === 2);
  waiting.abort();
  await expect(unanswered).rejects.toThrow('aborted');
  await until('nothing is open upstream', async () => relay?.upstreamOpen() === 0);
  await until('both calls are noted', async () => relay?.brokenOff.length === 2);
  expect(relay.brokenOff).toEqual(['client', 'client']);
  expect(relay.noted.at(-1)).toMatchObject({ outcome: 'aborted' });
  expect(relay.openCalls.count).toBe(0);
});

test('200 callers that hang up at once leave nothing open', async () => {
  relay = await startRelay(started(data({ n: 1 })));
  const { url } = relay;
  await Promise.all(
    Array.from({ length: 200 }, async () => {
      const own = new AbortController();
      const reply = await fetch(url, { method: 'POST', body: STREAMED, signal: own.signal });
      expect(reply.status).toBe(200);
      own.abort();
    }),
  );
  await until('nothing is open upstream', async () => relay?.upstreamOpen() === 0);
  await until('every call is over', async () => relay?.openCalls.count === 0);
  expect(relay.noted.filter(({ outcome }) => outcome === 'aborted')).toHaveLength(200);
});

test('a revocation ends a stream with an event that says so', async () => {
  relay = await startRelay(started(data({ n: 1 })));
  const reply = await relay.post(STREAMED);
  const text = textOf(reply);
  await until('the call is known', async () => relay?.openCalls.count === 1);
  expect(relay.openCalls.keysInUse()).toEqual([{ ref: REF, epoch: 1 }]);
  expect(relay.openCalls.abortBefore(REF, 1)).toBe(0);
  expect(relay.openCalls.abortBefore({ ...REF, tenantId: 'other' }, 2)).toBe(0);
  expect(relay.openCalls.abortBefore(REF, 2)).toBe(1);
  expect(await text).toContain(data({ n: 1 }));
  expect(lastEvent(await text)).toMatchObject({
    error: { code: 409, metadata: { error_type: 'key_revoked' } },
    choices: [{ finish_reason: 'error' }],
  });
  await until('nothing is open upstream', async () => relay?.upstreamOpen() === 0);
  expect(relay.brokenOff).toEqual(['revoked']);
  expect(relay.noted.at(-1)).toMatchObject({ outcome: 'aborted', generationId: 'gen-9', costUsd: null });
});

test('a revocation refuses a call that has no answer yet', async () => {
  relay = await startRelay(() => undefined);
  const reply = relay.post(PLAIN);
  await until('the call is upstream', async () => relay?.reached.length === 1);
  expect(relay.openCalls.abortAll(new KeyturnError('ledger_unavailable', 'away'))).toBe(1);
  expect([(await reply).statusCode, await textOf(await reply)]).toEqual([503, 'ledger_unavailable']);
  expect(relay.brokenOff).toEqual(['fence']);
});

test.each([
  ['no head in time', (() => undefined) as Script, PLAIN, [504, 'upstream_timeout']],
  [
    'a connection that is cut before the head',
    ((_reached, response) => void response.socket?.destroy()) as Script,
    PLAIN,
    [502, 'upstream_unavailable'],
  ],
  [
    'a connection that is cut before the first byte of the body',
    ((_reached, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': 100 });
      response.flushHeaders();
      setImmediate(() => response.socket?.destroy());
    }) as Script,
    PLAIN,
    [502, 'upstream_unavailable'],
  ],
])('%s is an error of ours', async (_what, script, body, expected) => {
  relay = await startRelay(script, { headersTimeoutMs: 300 });
  const reply = await relay.post(body);
  expect([reply.statusCode, await textOf(reply)]).toEqual(expected);
  expect(reply.headers['content-length']).not.toBe('100');
  await until('it is noted', async () => relay?.noted.at(-1)?.outcome === 'aborted');
});

test('an upstream that nobody can reach costs nothing', async () => {
  relay = await startRelay(() => undefined, {
    ports: {
      send: async () => {
        throw new KeyturnError('upstream_unavailable', 'away');
      },
    },
  });
  expect((await relay.post(PLAIN)).statusCode).toBe(502);
  expect(relay.noted).toEqual([expect.objectContaining({ outcome: 'aborted', status: null, costUsd: '0' })]);
});

test('silence within a stream ends it with an event', async () => {
  relay = await startRelay(started(': OPENROUTER PROCESSING\n\n'), { idleTimeoutMs: 300 });
  const text = await textOf(await relay.post(STREAMED));
  expect(lastEvent(text)).toMatchObject({
    error: { code: 504, metadata: { error_type: 'upstream_timeout' } },
  });
  expect(relay.brokenOff).toEqual(['deadline']);
});

test('comments alone do not keep a stream alive', async () => {
  let ticks: NodeJS.Timeout | undefined;
  relay = await startRelay(
    (_reached, response) => {
      response.writeHead(200, EVENTS);
      ticks = setInterval(() => response.write(': OPENROUTER PROCESSING\n\n'), 10);
    },
    { ports: { firstDataTimeoutMs: 200 } },
  );
  const text = await textOf(await relay.post(STREAMED));
  clearInterval(ticks);
  expect(text).toContain(': OPENROUTER PROCESSING');
  expect(lastEvent(text)).toMatchObject({ error: { code: 504 } });
});

test('an answer that is no stream and breaks off is cut, not completed', async () => {
  relay = await startRelay((_reached, response) => {
    response.writeHead(200, JSON_TYPE);
    response.write('{"choices":[');
    setImmediate(() => response.socket?.destroy());
  });
  const reply = await relay.post(PLAIN);
  await expect(textOf(reply)).rejects.toThrow();
});

test.each([
  [
    'an error in the middle',
    data({ error: { code: 502, message: 'x' }, choices: [{ finish_reason: 'error' }] }),
  ],
  [
    'an error, a usage and an end',
    data({ error: { code: 502 }, choices: [{ finish_reason: null }], usage: { cost: 0.5 } }) +
      'data: [DONE]\n\n',
  ],
])('a stream with %s is passed on and noted as refused', async (_what, events) => {
  relay = await startRelay(
    (_reached, response) => void response.writeHead(200, EVENTS).end(data({ n: 1 }) + events),
  );
  expect(await textOf(await relay.post(STREAMED))).toBe(data({ n: 1 }) + events);
  expect(relay.noted.at(-1)).toMatchObject({ outcome: 'refused', status: 200 });
});

test('200 with an error in the body is noted as refused, with what it cost', async () => {
  const body = { choices: [{ finish_reason: 'error', error: { code: 502 } }], usage: { cost: 0.1 } };
  relay = await startRelay(
    (_reached, response) => void response.writeHead(200, JSON_TYPE).end(JSON.stringify(body)),
  );
  expect(JSON.parse(await textOf(await relay.post(PLAIN)))).toEqual(body);
  expect(relay.noted.at(-1)).toMatchObject({ outcome: 'refused', status: 200, costUsd: '0.1' });
});

test.each([
  ['one choice', [{ index: 0, delta: { content: '' }, finish_reason: null }]],
  ['no choice', []],
])('the usage is found in a chunk with %s', async (_what, choices) => {
  const usage = {
    prompt_tokens: 7,
    cost: 0.000123,
    is_byok: true,
    cost_details: { upstream_inference_cost: 0.9 },
  };
  relay = await startRelay(
    (_reached, response) =>
      void response
        .writeHead(200, EVENTS)
        .end(`${data({ n: 1 })}${data({ choices, usage })}data: [DONE]\n\n`),
  );
  await textOf(await relay.post(STREAMED));
  expect(relay.noted.at(-1)).toMatchObject({
    outcome: 'done',
    promptTokens: 7,
    costUsd: '0.000123',
    upstreamCostUsd: '0.9',
    isByok: true,
  });
});

test('an answer far larger than what is kept of it comes through, at the pace of its reader', async () => {
  const piece = Buffer.alloc(64 * 1024, 'x');
  const pieces = 512;
  let written = 0;
  const pump = (response: ServerResponse): void => {
    while (written < pieces) {
      written += 1;
      if (!response.write(piece)) return void response.once('drain', () => pump(response));
    }
    response.end(`\n\n${data({ usage: { cost: 2 } })}`);
  };
  relay = await startRelay((_reached, response) => pump(response.writeHead(200, EVENTS)));
  const reply = await relay.post(STREAMED);
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    if (size === 0) {
      // The reader stands still: so must the upstream, long before its end.
      await new Promise((resolve) => setImmediate(resolve));
      expect(written).toBeLessThan(pieces);
    }
    size += chunk.length;
  }
  expect(size).toBeGreaterThan(pieces * piece.length);
  await until('it is noted', async () => relay?.noted.at(-1)?.costUsd === '2');
});
