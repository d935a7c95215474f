import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, gunzipSync } from 'node:zlib';
import { sendBody } from '../../src/simulator/openrouter-body';
import { PLAIN } from '../../src/simulator/openrouter-scenarios';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import {
  chatBody,
  eventsOf,
  keyOf,
  open,
  openAiClient,
  send,
  until,
  type OpenRequest,
  type RawReply,
} from './openrouter-clients';

const ANSWER = 'Say something (simulé 漢字 😀)';
const MIB = 1024 * 1024;

describe('streams of the simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  beforeEach(() => simulator.openrouter.forget());
  afterEach(async () => {
    for (const request of opened.splice(0)) request.hangUp();
    await until(() => simulator.openrouter.openStreams() === 0);
  });

  const opened: OpenRequest[] = [];
  const start = (simulate = '', streaming = true, headers: Record<string, string> = {}): OpenRequest => {
    const body = chatBody(simulate, { stream: streaming });
    const request = open(simulator, '/chat/completions', body, { headers });
    opened.push(request);
    return request;
  };
  const stream = (simulate = '', headers?: Record<string, string>): Promise<RawReply> =>
    start(simulate, true, headers).reply;
  const textOf = (events: readonly any[]): string =>
    events.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  const generation = async (id: string): Promise<any> => {
    await send(simulator, `/generation?id=${id}`, null);
    return (await send(simulator, `/generation?id=${id}`, null)).json.data;
  };
  const lastId = (): string => simulator.openrouter.calls().at(-1)?.generationId ?? '';

  it('are comments, chunks, a finish, the usage, and the end', async () => {
    const { status, headers, text, events } = await stream();
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-generation-id': lastId(),
      'set-cookie': [expect.stringContaining('__cf_bm')],
    });
    const comment = ': OPENROUTER PROCESSING\n\n';
    expect(text.startsWith(`${comment}${comment}data: {"id":"gen-`)).toBe(true);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(textOf(events)).toBe(ANSWER);
    expect(events[0].choices).toEqual([
      {
        index: 0,
        delta: { role: 'assistant', content: 'Say' },
        finish_reason: null,
        native_finish_reason: null,
        logprobs: null,
      },
    ]);
    const [finish, usage] = events.slice(-2);
    expect(finish.choices[0]).toMatchObject({ finish_reason: 'stop', native_finish_reason: 'completed' });
    expect(usage).toMatchObject({
      choices: [{ delta: { content: '' }, finish_reason: null }],
      usage: { prompt_tokens: 4, completion_tokens: 7, total_tokens: 11 },
    });
    for (const event of events) {
      expect(event).toMatchObject({ id: lastId(), object: 'chat.completion.chunk', provider: 'OpenAI' });
      expect(event).not.toHaveProperty('system_fingerprint');
    }
  });

  it('carry the usage without a choice, or not at all', async () => {
    expect((await stream('usage-without-choice')).events.at(-1)).toMatchObject({ choices: [], usage: {} });
    const { events, text } = await stream('no-usage');
    expect(events.at(-1).choices[0].finish_reason).toBe('stop');
    expect(text).not.toContain('"usage"');
  });

  it('begin with as many comments as asked for', async () => {
    const comments = async (simulate: string): Promise<number> =>
      (await stream(simulate)).text.split(': OPENROUTER PROCESSING\n\n').length - 1;
    expect([await comments('comments-0'), await comments('comments-17')]).toEqual([0, 17]);
    expect((await start('comments-2', false).reply).text).toMatch(/^(?:\n {9}){2}\{"id"/);
  });

  it.each([1, 3, 100])('come in %i chunks, one after the other', async (count) => {
    const { events, reads } = await stream(`chunks-${count} gap-1`);
    expect(events.length).toBe(count + 2);
    expect(reads.length).toBeGreaterThanOrEqual(count);
    if (count < 4) expect(textOf(events)).toBe(ANSWER);
  });

  it('break off with an error, and with more after it', async () => {
    const error = { code: 502, message: 'Provider returned error' };
    const plain = await stream('error-mid-stream');
    expect(plain.status).toBe(200);
    expect(plain.events.at(-1)).toMatchObject({ error, choices: [{ finish_reason: 'error' }] });
    expect(textOf(plain.events)).toBe('Say something (simulé');
    expect(plain.text).not.toContain('[DONE]');
    const done = await stream('error-mid-stream-done');
    expect(done.events.at(-1)).toMatchObject({ error, choices: [{ finish_reason: null }], usage: {} });
    expect(done.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await generation(lastId())).toMatchObject({ finish_reason: 'error', cancelled: false });
  });

  it('make OpenAI’s client throw at an error in their midst', async () => {
    const chunks = await openAiClient(simulator).chat.completions.create({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
      metadata: { simulate: 'error-mid-stream' },
    });
    const read = async (): Promise<void> => {
      for await (const chunk of chunks) expect(chunk.object).toBe('chat.completion.chunk');
    };
    await expect(read()).rejects.toMatchObject({ code: 502 });
  });

  it('finish with an error where an answer should be', async () => {
    expect((await stream('ok-but-error')).events.at(-2).choices[0].finish_reason).toBe('error');
    const { status, json } = await start('ok-but-error', false).reply;
    expect(status).toBe(200);
    expect(json.choices[0]).toMatchObject({ finish_reason: 'error', error: { code: 502 } });
  });

  it('are compressed for those who take it, each event at once', async () => {
    const zipped = await stream('gzip', { 'accept-encoding': 'gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(textOf(eventsOf(gunzipSync(zipped.bytes).toString()))).toBe(ANSWER);
    const plain = await stream('gzip');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(textOf(plain.events)).toBe(ANSWER);
    const stalled = start('gzip stall-mid-stream', true, { 'accept-encoding': 'gzip' });
    const unzipped = (): string => {
      const soFar = stalled.soFar();
      return soFar.length === 0 ? '' : gunzipSync(soFar, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    };
    await until(() => unzipped().includes('"content":" (simulé"'));
    stalled.hangUp();
    const whole = await start('gzip', false, { 'accept-encoding': 'gzip' }).reply;
    expect(JSON.parse(gunzipSync(whole.bytes).toString()).choices[0].message.content).toBe(ANSWER);
  });

  it.each([true, false])(
    'are cut within characters (stream: %s), and whole at the end',
    async (streaming) => {
      const { reads, json, events } = await start('split-utf8', streaming).reply;
      const cut = reads.filter((read) => read.toString().includes('\ufffd'));
      expect(cut.length).toBeGreaterThanOrEqual(4);
      expect(streaming ? textOf(events) : json.choices[0].message.content).toBe(ANSWER);
    },
  );

  it('never answer, or send the headers only, and notice when the client leaves', async () => {
    const hanging = [start('hang'), start('hang', false)];
    await until(() => simulator.openrouter.openStreams() === 2);
    const headed = start('hang-after-headers');
    expect(await headed.headed).toBe(200);
    expect(simulator.openrouter.openStreams()).toBe(3);
    for (const request of [...hanging, headed]) request.hangUp();
    await until(() => simulator.openrouter.openStreams() === 0);
    expect(simulator.openrouter.abortedStreams()).toBe(3);
  });

  it('stall in their midst', async () => {
    const stalled = start('stall-mid-stream');
    await stalled.has('"content":" (simulé"');
    expect(simulator.openrouter.openStreams()).toBe(1);
    stalled.hangUp();
    await until(() => simulator.openrouter.abortedStreams() === 1);
  });

  it('are reset before or in their midst, by no doing of the client', async () => {
    await expect(stream('reset')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const midst = start('reset-mid-stream');
    await midst.has('"content":" (simulé"');
    await expect(midst.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(simulator.openrouter.abortedStreams()).toBe(0);
  });

  it('go on for ever, until the client leaves, and bill what was sent', async () => {
    const endless = start('endless');
    await endless.has('"content"');
    endless.hangUp();
    await until(() => simulator.openrouter.abortedStreams() === 1);
    const {
      cancelled,
      finish_reason: reason,
      tokens_completion: tokens,
      total_cost: cost,
    } = await generation(lastId());
    expect({ cancelled, reason }).toEqual({ cancelled: true, reason: null });
    expect(tokens).toBeGreaterThan(0);
    expect(cost).toBe(Number((BigInt(tokens) * 6n + (4n * 15n) / 10n).toString()) / 1e7);
  });

  it('that brought nothing cost nothing', async () => {
    const hanging = start('hang-after-headers');
    await hanging.headed;
    hanging.hangUp();
    await until(() => simulator.openrouter.abortedStreams() === 1);
    expect(await generation(lastId())).toMatchObject({
      cancelled: true,
      tokens_completion: 0,
      total_cost: 0,
    });
  });

  it('are huge', async () => {
    for (const streaming of [true, false]) {
      const { bytes, text } = await start('huge', streaming).reply;
      expect(bytes.length).toBeGreaterThan(64 * MIB);
      expect(text.includes('"usage"')).toBe(true);
    }
  });

  it('wait before the headers, and are open meanwhile', async () => {
    const slow = start('slow-30');
    await until(() => simulator.openrouter.openStreams() === 1);
    expect((await slow.reply).status).toBe(200);
  });

  it('may be many', async () => {
    const many = Array.from({ length: 200 }, () => start('endless gap-500'));
    await Promise.all(many.map((request) => request.has('"content"')));
    expect(simulator.openrouter.openStreams()).toBe(200);
    for (const request of many) request.hangUp();
    await until(() => simulator.openrouter.openStreams() === 0);
    expect(simulator.openrouter.abortedStreams()).toBe(200);
  });

  it('end with the simulator', async () => {
    const own = await startSimulator();
    const request = open(own, '/chat/completions', chatBody('endless', { stream: true }), {
      key: keyOf(own),
    });
    await request.has('"content"');
    await own.close();
    await expect(request.reply).rejects.toMatchObject({ code: 'ECONNRESET' });
    await until(() => own.openrouter.openStreams() === 0);
  });
});

describe('a body sent piece by piece', () => {
  it('is made no faster than the client reads', async () => {
    let made = 0;
    let full = false;
    let ended = '';
    function* pieces(): Generator<string> {
      for (; made < 512; made += 1) yield 'x'.repeat(MIB / 4);
    }
    const server = createServer((_, response) => {
      void sendBody(response, {
        status: 200,
        headers: {},
        pieces: (function* watched() {
          for (const piece of pieces()) {
            full = response.writableNeedDrain;
            expect(full).toBe(false);
            yield piece;
          }
        })(),
        scenario: PLAIN,
        acceptsGzip: false,
        ended: (how) => {
          ended = how;
        },
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const request = open({ origin } as Simulator, '/', null, { key: null });
    await request.headed;
    request.stopReading();
    // Far more turns than all pieces need when nothing holds them back.
    for (let turn = 0; turn < 5_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(256);
    expect(ended).toBe('');
    request.hangUp();
    await until(() => ended !== '');
    expect(ended).toBe('cancelled');
    await new Promise((resolve) => server.close(resolve));
  });
});
