/** The endpoints about models, over HTTP, with the simulator's list behind them; OpenAI's client among their callers. */
import OpenAI from 'openai';
import { Agent } from 'undici';
import { createApp } from '../../src/http/app';
import { reachOf } from '../../src/http/describe-access';
import { listen, type Listening } from '../../src/http/listen';
import { openApiDocument } from '../../src/http/openapi';
import type { HttpPorts } from '../../src/http/ports';
import { ROLES } from '../../src/http/principal';
import { BASE_PATH, templateOf, type Route } from '../../src/http/route';
import { getModel } from '../../src/http/routes/get-model';
import { listModels } from '../../src/http/routes/list-models';
import { openAiModelRoutes } from '../../src/http/routes/list-openai-models';
import { createTokenVerifier } from '../../src/http/verify-token';
import { fetchModels } from '../../src/openrouter/fetch-models';
import { createModelCatalogue, type ModelCatalogue } from '../../src/openrouter/model-catalogue';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { callApi, until, type ApiReply } from '../support/service';
import { answerChecker, type OpenApi } from './answer-document';
import { startIssuer, type TestIssuer } from './test-issuer';

const MINUTE = 60_000;
const dispatcher = new Agent();
const clock = { aheadMs: 0 };
const faults: unknown[] = [];
const wrong: string[] = [];

let simulator: Simulator;
let issuer: TestIssuer;
let token: string;
let catalogue: ModelCatalogue;
let routes: readonly Route[];
let door: Listening;
let check: ReturnType<typeof answerChecker>;

beforeAll(async () => {
  [simulator, issuer] = await Promise.all([startSimulator({ port: 0 }), startIssuer()]);
  token = await issuer.sign({ roles: ['tenant'], tenant_id: 'acme' });
  catalogue = createModelCatalogue({
    fetchModels: (signal) => fetchModels({ origin: simulator.origin, dispatcher, timeoutMs: 20_000, signal }),
    now: () => Date.now() + clock.aheadMs,
    log: { warn: () => {} },
  });
  routes = [listModels(catalogue), getModel(catalogue), ...openAiModelRoutes(catalogue)];
  const ports = {
    verifyToken: createTokenVerifier(issuer.settings),
    ledger: { appendAudit: async () => {} },
    observeRequest: () => {},
    logError: (error: unknown) => faults.push(error),
  };
  door = await listen(createApp(ports as unknown as HttpPorts, routes), { host: '127.0.0.1', port: 0 });
  check = answerChecker(openApiDocument(routes, BASE_PATH) as OpenApi);
});
afterAll(async () => {
  catalogue.close();
  await door.close();
  await Promise.all([issuer.close(), simulator.close(), dispatcher.close()]);
});

async function ask(path: string): Promise<ApiReply> {
  const reply = await callApi(door.url, token, { path });
  const contentType = reply.headers.get('content-type') ?? '';
  const asked = path.startsWith('//') ? path.slice(1) : `${BASE_PATH}${path}`;
  // In the document an id is one segment.
  const [, base = '', id = ''] = /^(.*\/models\/)?(.*)$/.exec(asked.split('?', 1)[0] ?? '') ?? [];
  const documented = base + (base === '' ? id : encodeURIComponent(id));
  wrong.push(
    ...check({ method: 'GET', path: documented, status: reply.status, contentType, body: reply.body }),
  );
  return reply;
}
const idsOf = ({ body }: ApiReply): string[] => body.models.map(({ id }: { id: string }) => id);

test('before there ever was a list: 502, and the next call tries again', async () => {
  simulator.setFault('openrouter', { kind: 'outage' });
  const reply = await ask('/openrouter/models');
  expect([reply.status, reply.body.code, reply.body.retryable]).toEqual([502, 'upstream_unavailable', true]);
  expect(faults).toHaveLength(1);
  simulator.setFault('openrouter', null);
  expect((await ask('/openrouter/models')).status).toBe(200);
});

test('the list: prices per million, capabilities, warnings, aliases and where they lead', async () => {
  const { status, body } = await ask('/openrouter/models?limit=500');
  expect(status).toBe(200);
  expect(body).toMatchObject({ total: body.models.length, next_cursor: null, stale: false });
  const byId = Object.fromEntries(body.models.map((model: { id: string }) => [model.id, model]));
  expect(Object.keys(byId)).toEqual(Object.keys(byId).toSorted());
  expect(byId['openai/gpt-4-turbo']).toMatchObject({
    author: 'openai',
    context_length: 128_000,
    pricing_per_million: { prompt: '10', completion: '30', has_overrides: false },
    points_to: null,
    aliases: expect.arrayContaining(['gpt-4-turbo']),
  });
  expect(byId['openai/gpt-4o-mini'].pricing_per_million).toMatchObject({ prompt: '0.15', completion: '0.6' });
  expect(byId['deepseek/deepseek-chat'].pricing_per_million.prompt).toBe('0.2574');
  expect(byId['openrouter/auto']).toMatchObject({
    pricing_per_million: { prompt: null, completion: null },
    warnings: [expect.stringContaining('no fixed price')],
  });
  expect(byId['~anthropic/claude-sonnet-latest'].points_to).toBe('anthropic/claude-sonnet-5');
  const aliases = Object.fromEntries(
    body.aliases.map((one: { alias: string; resolves_to: string | null }) => [one.alias, one.resolves_to]),
  );
  expect(aliases).toMatchObject({
    'claude-3.5-sonnet': 'anthropic/claude-sonnet-5',
    'gpt-4-turbo': 'openai/gpt-4-turbo',
    'deepseek-chat': 'deepseek/deepseek-chat',
    'llama-3-70b': 'meta-llama/llama-3.3-70b-instruct',
  });
});

test('filters and pages', async () => {
  expect(idsOf(await ask('/openrouter/models?q=gpt-4%20turbo'))).toEqual(['openai/gpt-4-turbo']);
  expect(idsOf(await ask('/openrouter/models?author=deepseek'))).toContain('deepseek/deepseek-chat');
  expect(idsOf(await ask('/openrouter/models?max_price=0.2'))).not.toContain('openai/gpt-4-turbo');
  expect(idsOf(await ask('/openrouter/models?context=200000'))).not.toContain('openai/gpt-4o-mini');
  expect(idsOf(await ask('/openrouter/models?modality=image&capability=tools'))).toContain(
    'openai/gpt-4-turbo',
  );

  const all = idsOf(await ask('/openrouter/models?limit=500'));
  const seen: string[] = [];
  let path = '/openrouter/models?limit=3';
  for (;;) {
    const page = await ask(path);
    seen.push(...idsOf(page));
    if (page.body.next_cursor === null) break;
    path = `/openrouter/models?limit=3&cursor=${page.body.next_cursor}`;
  }
  expect(seen).toEqual(all);
  // Aliases come once, not with every page.
  expect((await ask(path)).body).not.toHaveProperty('aliases');
});

test.each([
  ['limit=0', 'limit'],
  ['limit=501', 'limit'],
  ['limit=x', 'limit'],
  ['max_price=-1', 'max_price'],
  ['max_price=1e3', 'max_price'],
  ['max_price=', 'max_price'],
  ['context=-1', 'context'],
  ['context=1.5', 'context'],
  ['author=a%20b', 'author'],
  ['cursor=nonsense', 'cursor'],
  ['cursor=', 'cursor'],
  ['q=', 'q'],
  [`q=${'x'.repeat(201)}`, 'q'],
  ['q=a&q=b', 'q'],
  ['verbose=1', 'verbose'],
])('?%s is refused', async (query, field) => {
  const { status, body } = await ask(`/openrouter/models?${query}`);
  expect([status, body.code, body.field]).toEqual([400, 'invalid_request', field]);
});

test.each([
  ['openai/gpt-4o-mini', 'openai/gpt-4o-mini', null],
  ['openai%2Fgpt-4o-mini', 'openai/gpt-4o-mini', null],
  ['openai/gpt-4o-mini:nitro', 'openai/gpt-4o-mini', 'openai/gpt-4o-mini:nitro'],
  ['openai%2fgpt-4o-mini%3anitro', 'openai/gpt-4o-mini', 'openai/gpt-4o-mini:nitro'],
  ['~anthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-5', '~anthropic/claude-sonnet-latest'],
  ['%7Eanthropic/claude-sonnet-latest', 'anthropic/claude-sonnet-5', '~anthropic/claude-sonnet-latest'],
  ['claude-3.5-sonnet', 'anthropic/claude-sonnet-5', 'claude-3.5-sonnet'],
  ['anthropic/claude-3.5-sonnet', 'anthropic/claude-sonnet-5', 'anthropic/claude-3.5-sonnet'],
  ['meta-llama/llama-3-70b-instruct', 'meta-llama/llama-3.3-70b-instruct', 'meta-llama/llama-3-70b-instruct'],
])('/models/%s is %s', async (asked, id, resolvedFrom) => {
  const { status, body } = await ask(`/openrouter/models/${asked}`);
  expect([status, body.model.id, body.resolved_from, body.stale]).toEqual([200, id, resolvedFrom, false]);
});

test('an unknown id: 404 with the nearest ones', async () => {
  const { status, body } = await ask('/openrouter/models/openai/gpt4o-mini');
  expect([status, body.code, body.nearest[0]]).toEqual([404, 'model_not_found', 'openai/gpt-4o-mini']);
  expect(body.nearest.length).toBeLessThanOrEqual(5);
});

test('what is no id is refused or unknown, and never comes back', async () => {
  const key = `sk-or-v1-${'5ec2e7c0ffee5ec2'.repeat(4)}`;
  for (const path of [
    key,
    `a/${key}`,
    `${key}/..%2f..%2f${key}`,
    `%00${key}`,
    'x'.repeat(257),
    '%ff',
    '%zz',
  ]) {
    const { status, body } = await ask(`/openrouter/models/${path}`);
    expect([path, status]).toEqual([path, status < 500 ? status : 'less than 500']);
    expect(JSON.stringify(body)).not.toContain(key);
  }
  const long = await ask(`/openrouter/models/${'x/'.repeat(129)}`);
  expect([long.status, long.body.field]).toEqual([400, 'id']);
});

describe('OpenAI’s client', () => {
  const client = () => new OpenAI({ baseURL: `${door.url}/v1`, apiKey: token, maxRetries: 0 });

  test('lists all models', async () => {
    const all = idsOf(await ask('/openrouter/models?limit=500'));
    const listed: OpenAI.Models.Model[] = [];
    for await (const model of client().models.list()) listed.push(model);
    expect(listed.map(({ id }) => id)).toEqual(all);
    expect(listed.find(({ id }) => id === 'openai/gpt-4-turbo')).toMatchObject({
      id: 'openai/gpt-4-turbo',
      object: 'model',
      created: expect.any(Number),
      owned_by: 'openai',
      // Of OpenRouter's own row.
      pricing: { prompt: '0.00001', completion: '0.00003' },
    });
    expect(listed.every(({ created }) => Number.isInteger(created) && created > 1_500_000_000)).toBe(true);
    expect((await ask('//v1/models')).status).toBe(200);
  });

  test('gets one by id or alias, slashes and all', async () => {
    expect((await client().models.retrieve('deepseek/deepseek-chat')).owned_by).toBe('deepseek');
    expect((await client().models.retrieve('~anthropic/claude-sonnet-latest')).id).toBe(
      'anthropic/claude-sonnet-5',
    );
    expect((await client().models.retrieve('llama-3-70b')).id).toBe('meta-llama/llama-3.3-70b-instruct');
    expect((await ask('//v1/models/deepseek/deepseek-chat')).body.object).toBe('model');
  });

  test('is told of an unknown one in its own way', async () => {
    const error = await client()
      .models.retrieve('deepseek/deepseek-chad')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' });
    expect((error as Error).message).toContain('deepseek/deepseek-chat');
  });
});

test('while OpenRouter is down the old list is served, and says so', async () => {
  const before = await ask('/openrouter/models?limit=500');
  simulator.setFault('openrouter', { kind: 'outage' });
  clock.aheadMs += 6 * MINUTE;
  const stale = await until('the list is marked', async () => {
    const reply = await ask('/openrouter/models?limit=500');
    return reply.body.stale === true && reply;
  });
  expect(stale.status).toBe(200);
  expect(idsOf(stale)).toEqual(idsOf(before));
  expect(stale.body.fetched_at).toBe(before.body.fetched_at);
  expect((await ask('/openrouter/models/openai/gpt-4-turbo')).body.stale).toBe(true);

  simulator.setFault('openrouter', null);
  clock.aheadMs += MINUTE;
  await until('the list is new', async () => (await ask('/openrouter/models')).body.stale === false);
});

test('every role may ask, and nobody without a token', async () => {
  for (const route of routes) expect(ROLES.map((role) => reachOf(route, role))).toEqual(Array(5).fill('yes'));
  for (const path of [
    '/openrouter/models',
    '/openrouter/models/openai/gpt-4-turbo',
    '//v1/models',
    '//v1/models/x',
  ]) {
    const reply = await callApi(door.url, null, { path });
    expect([path, reply.status, reply.body.code]).toEqual([path, 401, 'unauthenticated']);
  }
  const other = await callApi(door.url, token, {
    method: 'DELETE',
    path: '/openrouter/models/openai/gpt-4-turbo',
  });
  expect([other.status, other.body.code]).toEqual([405, 'method_not_allowed']);
});

test('the document writes ids as parameters, and every answer above was as it says', () => {
  expect(routes.map(templateOf)).toEqual([
    '/api/brain/openrouter/models',
    '/api/brain/openrouter/models/{id}',
    '/v1/models',
    '/v1/models/{id}',
  ]);
  const { paths } = openApiDocument(routes, BASE_PATH) as OpenApi;
  expect(paths['/v1/models/{id}']?.['get']?.parameters).toEqual([
    expect.objectContaining({
      name: 'id',
      in: 'path',
      required: true,
      schema: expect.objectContaining({ type: 'string' }),
    }),
  ]);
  expect(wrong).toEqual([]);
  // The outage at the beginning, and nothing else.
  expect(faults).toHaveLength(1);
});
