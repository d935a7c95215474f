/** The request for the model list: what is sent, what is refused of the answer. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { fetchModels } from '../../src/openrouter/fetch-models';
import { startSimulator } from '../../src/simulator/simulator';
import { until } from '../support/service';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const dispatcher = new Agent();
let server: Server;
let origin: string;
let answer: Answer;
let seen: { method: string; url: string; headers: IncomingMessage['headers'] }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await dispatcher.close();
});

const fetchNow = (more: Partial<Parameters<typeof fetchModels>[0]> = {}) =>
  fetchModels({ origin, dispatcher, timeoutMs: 20_000, signal: new AbortController().signal, ...more });
const json =
  (body: unknown, status = 200): Answer =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const unavailable = { name: 'KeyturnError', code: 'upstream_unavailable' };

test('asks the provider’s host for models of every kind, with no credential', async () => {
  answer = json({ data: [{ id: 'a/one' }], total_count: 1, links: { next: null }, more: 1 });
  expect(await fetchNow()).toEqual({ data: [{ id: 'a/one' }] });
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ method: 'GET', url: '/api/v1/models?output_modalities=all' });
  expect(seen[0]?.headers.host).toBe('openrouter.ai');
  expect(Object.keys(seen[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['authorization']));
});

test('an answer without links is one page', async () => {
  answer = json({ data: [] });
  expect(await fetchNow()).toEqual({ data: [] });
});

test('further pages are fetched', async () => {
  answer = (request, response) => {
    const offset = Number(new URL(request.url ?? '', origin).searchParams.get('offset') ?? 0);
    const next = offset < 20 ? `/api/v1/models?offset=${offset + 10}&limit=10` : null;
    json({ data: [offset], total_count: 3, links: { next } })(request, response);
  };
  expect(await fetchNow()).toEqual({ data: [0, 10, 20] });
  expect(seen.map(({ url }) => url)).toEqual([
    '/api/v1/models?output_modalities=all',
    '/api/v1/models?offset=10&limit=10',
    '/api/v1/models?offset=20&limit=10',
  ]);
});

test('pages that never end are given up', async () => {
  answer = json({ data: [1], links: { next: '/api/v1/models?offset=1' } });
  await expect(fetchNow()).rejects.toMatchObject(unavailable);
  expect(seen).toHaveLength(20);
});

test('a next page of another host is asked of ours', async () => {
  answer = (request, response) => {
    const next = request.url?.includes('offset') ? null : 'https://evil.test/api/v1/models?offset=1';
    json({ data: [1], links: { next } })(request, response);
  };
  expect(await fetchNow()).toEqual({ data: [1, 1] });
  expect(seen[1]).toMatchObject({ url: '/api/v1/models?offset=1', headers: { host: 'openrouter.ai' } });
});

test.each([['/api/v1/keys?x=1'], ['//evil.test/steal'], ['http://']])(
  'a next page at %s is refused',
  async (next) => {
    answer = json({ data: [1], links: { next } });
    await expect(fetchNow()).rejects.toMatchObject(unavailable);
    expect(seen).toHaveLength(1);
  },
);

test.each<[string, Answer]>([
  ['an error', json({ error: { code: 500 } }, 500)],
  ['a redirect', (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
  ['no JSON', (_request, response) => void response.end('<html>')],
  [
    'an answer that breaks off',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":[');
      response.destroy();
    },
  ],
  ['a hang-up', (_request, response) => void response.destroy()],
  ['another shape', json({ models: [] })],
])('%s is a failure, in words without an address', async (_what, given) => {
  answer = given;
  const error = await fetchNow().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(unavailable);
  expect((error as Error).message).not.toMatch(/http|127\.0\.0\.1|elsewhere|html/);
  expect(seen).toHaveLength(1);
});

test('an answer without end is given up at 16 MiB', async () => {
  let cut = false;
  answer = (_request, response) => {
    response.on('close', () => {
      cut = true;
    });
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const more = (): void => {
      if (!response.destroyed) response.write(piece, more);
    };
    more();
  };
  await expect(fetchNow()).rejects.toMatchObject({
    ...unavailable,
    message: expect.stringContaining('16777216'),
  });
  await until('the connection is closed', async () => cut);
});

test('an answer that does not come is given up at the deadline, or when nobody wants it any more', async () => {
  answer = () => {};
  await expect(fetchNow({ timeoutMs: 50 })).rejects.toMatchObject({
    message: expect.stringContaining('in time'),
  });
  const controller = new AbortController();
  const waiting = fetchNow({ signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject(unavailable);
});

test('a provider that cannot be reached is a failure', async () => {
  await expect(fetchNow({ origin: 'http://127.0.0.1:9' })).rejects.toMatchObject(unavailable);
});

test('the simulator’s list is fetched, without a key', async () => {
  const simulator = await startSimulator({ port: 0 });
  const { data } = await fetchNow({ origin: simulator.origin });
  expect(data.length).toBeGreaterThan(3);
  await simulator.close();
});
