/** The document is what the service does: its structure, its routes, and real answers held against it. */
import { z } from 'zod';
import { everyRoute } from '../../src/http/routes';
import { templateOf } from '../../src/http/route';
import { startService, until, type ApiCall, type ApiReply, type TestService } from '../support/service';
import { answerChecker, operationsOf, type OpenApi } from './answer-document';

let service: TestService;
let document: OpenApi;
const routes = everyRoute();

beforeAll(async () => {
  service = await startService();
  document = (await service.call({ path: '//openapi.json' })).body;
});
afterAll(() => service.stop());

const parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['query', 'path']),
  required: z.boolean().optional(),
  description: z.string().optional(),
  example: z.unknown().optional(),
  schema: z.record(z.string(), z.unknown()),
});
const content = z.record(
  z.string().regex(/^[a-z]+\/[a-z+]+$/),
  z.strictObject({ schema: z.record(z.string(), z.unknown()) }),
);
/** OpenAPI 3.1, as far as our document goes: https://spec.openapis.org/oas/v3.1.1 */
const structure = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(
      z.enum(['get', 'put', 'post', 'delete']),
      z.strictObject({
        operationId: z.string().min(1),
        summary: z.string().min(1),
        description: z.string().min(1),
        tags: z.array(z.string()).min(1),
        security: z.array(z.strictObject({ bearer: z.tuple([]) })).optional(),
        parameters: z.array(parameter).optional(),
        requestBody: z.strictObject({ content, required: z.boolean().optional() }).optional(),
        responses: z
          .record(
            z.string().regex(/^([1-5]\d\d|default)$/),
            z.strictObject({ description: z.string().min(1), content: content.optional() }),
          )
          .refine((responses) => Object.keys(responses).some((status) => status.startsWith('2'))),
      }),
    ),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z0-9._-]+$/), z.record(z.string(), z.unknown())),
    securitySchemes: z.strictObject({
      bearer: z.strictObject({
        type: z.literal('http'),
        scheme: z.literal('bearer'),
        bearerFormat: z.string(),
      }),
    }),
  }),
});

test('the document has the structure of OpenAPI 3.1', () => {
  expect(structure.safeParse(document).error?.issues ?? []).toEqual([]);
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('path parameters are declared, required and no others', () => {
  for (const { path, operation } of operationsOf(document)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((one) => one.in === 'path');
    expect([path, declared.map((one) => one.name)]).toEqual([path, named]);
    expect(declared.every((one) => one.required === true)).toBe(true);
  }
});

test('every route of the table is in the document, and the other way round', () => {
  const ofTable = routes.map((route) => `${route.method} ${templateOf(route)}`);
  const ofDocument = operationsOf(document).map(({ path, method }) => `${method} ${path}`);
  expect(ofDocument.sort()).toEqual(ofTable.sort());
});

test('routes that need a token say so, the open ones do not', () => {
  const open = operationsOf(document).filter(({ operation }) => operation.security === undefined);
  expect(open.map(({ path }) => path).sort()).toEqual(['/healthz', '/readyz']);
});

test('no reference dangles, and nothing is described that nobody refers to', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  expect(references.length).toBeGreaterThan(10);
  expect(new Set(references)).toEqual(new Set(known));
});

test('every answer but an error has a schema, and every example fits its own', () => {
  for (const { path, operation } of operationsOf(document)) {
    for (const [status, response] of Object.entries(operation.responses)) {
      expect([path, status, response.content]).not.toEqual([path, status, undefined]);
    }
  }
  const examples: { example: unknown; fits: boolean }[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { example, ...schema } = value as Record<string, unknown>;
    if (example !== undefined && 'type' in schema) {
      examples.push({ example, fits: z.fromJSONSchema(schema as never).safeParse(example).success });
    }
    Object.values(schema).forEach(visit);
  };
  visit(document);
  expect(examples).toEqual(expect.arrayContaining([{ example: 'acme', fits: true }]));
  expect(examples.filter(({ fits }) => !fits)).toEqual([]);
});

describe('the page', () => {
  test('loads itself and its assets from this service alone', async () => {
    const page = await service.call({ path: '//docs' });
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*(unsafe-inline|https?:)/);
    expect(page.body).not.toMatch(/https?:\/\//);
    expect(page.body).not.toMatch(/<script>|\son\w+=/);
    const assets = [...(page.body as string).matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, path]) => path as string,
    );
    expect(assets.length).toBe(3);
    for (const asset of assets) {
      expect([asset, (await service.call({ path: `/${asset}` })).status]).toEqual([asset, 200]);
    }
  });

  test('gives nothing else of its package away', async () => {
    for (const path of [
      '/docs/assets/../package.json',
      '/docs/assets/%2e%2e/package.json',
      '/docs/assets/',
    ]) {
      const { status, body } = await service.call({ path: `/${path}` });
      expect([path, status, body.code]).toEqual([path, 404, 'not_found']);
    }
  });
});

describe('real answers', () => {
  const seen = new Set<string>();
  const wrong: string[] = [];

  async function call(request: ApiCall): Promise<ApiReply> {
    const reply = await service.call(request);
    const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
    const path = request.path.startsWith('//') ? request.path.slice(1) : `/api/brain${request.path}`;
    const contentType = reply.headers.get('content-type') ?? '';
    const answer = { method, path, status: reply.status, contentType, body: reply.body };
    wrong.push(...answerChecker(document)(answer));
    const operation = operationsOf(document).find(
      (one) =>
        one.method === method.toLowerCase() &&
        new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
    );
    seen.add(`${operation?.operation.operationId} ${reply.status}`);
    return reply;
  }

  test('that do not fit are found: a planted control', () => {
    const check = answerChecker(document);
    const ok = { status: 'ready', parts: { ledger: { ok: true } } };
    const about = {
      method: 'GET',
      path: '/readyz',
      status: 200,
      contentType: 'application/json; charset=utf-8',
    };
    expect(check({ ...about, body: ok })).toEqual([]);
    expect(check({ ...about, body: { ...ok, more: 1 } })).toHaveLength(1);
    expect(check({ ...about, body: { status: 'ready' } })).toHaveLength(1);
    expect(check({ ...about, body: { parts: ok.parts, status: 'ready' } })).toEqual([
      expect.stringContaining('order'),
    ]);
    expect(check({ ...about, body: ok, status: 201 })).toHaveLength(1);
    expect(check({ ...about, body: ok, contentType: 'text/html' })).toHaveLength(1);
    expect(check({ ...about, body: ok, path: '/nowhere' })).toHaveLength(1);
  });

  test('have the members of the document, in its order', async () => {
    const tenant_id = service.tenant('doc');
    const about = { tenant_id, service_id: 'openrouter' };
    const key = (name: string) => service.simulator.find('openrouter')?.credentials[name];
    const soon = { headers: { prefer: 'respond-async' } };
    for (const path of ['//healthz', '//readyz', '/vault/health', '//metrics', '/byok/services'])
      await call({ path });

    await call({ path: '/byok/generate-keys', body: { ...about, api_keys: key('good') } });
    await call({ path: '/byok/generate-keys', body: { ...about, api_keys: key('good') } });
    await call({
      path: '/byok/generate-keys',
      body: { ...about, key_name: 'later', api_keys: key('good') },
      ...soon,
    });
    await call({ path: '/byok/validate-key', body: about });
    await call({ path: '/byok/validate-key', body: { ...about, api_keys: key('dead') } });
    await call({ path: '/byok/validate-key', body: { ...about, api_keys: key('dead') }, ...soon });
    const rotate = (name: string) =>
      call({ path: '/byok/rotate-key', body: { ...about, api_keys: key(name), grace_seconds: 900 } });
    const decide = (id: string, what: string) => call({ path: `/byok/operations/${id}/${what}`, body: {} });
    await decide((await rotate('second')).body.operation_id, 'rollback');
    await decide((await rotate('second')).body.operation_id, 'finish');
    await call({ path: '/byok/rotate-key', body: { ...about, api_keys: key('good') }, ...soon });
    const stopped = await service.call({ path: `/byok/keys?tenant_id=${tenant_id}` });
    expect(stopped.body.keys.length).toBeGreaterThan(0);
    for (const path of ['keys', 'operations'])
      await call({ path: `/byok/${path}?tenant_id=${tenant_id}&limit=200` });
    await call({
      path: `/byok/resolve?tenant_id=${tenant_id}&service_id=openrouter`,
      as: { role: 'service', tenantId: tenant_id },
    });

    service.simulator.setFault('openrouter', { kind: 'outage' });
    const waiting = await call({
      path: '/byok/generate-keys',
      body: { ...about, key_name: 'cancelled', api_keys: key('good') },
      ...soon,
    });
    const id = waiting.body.operation_id;
    await call({ path: `/byok/operations/${id}` });
    const cancelled = await until('the run is known and cancelled', async () => {
      const reply = await call({ method: 'POST', path: `/byok/operations/${id}/cancel` });
      return reply.status === 200 ? reply : null;
    });
    expect(cancelled.body).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    service.simulator.setFault('openrouter', null);

    await call({ method: 'DELETE', path: '/byok/revoke-key', body: about });
    await until('no operation is open', async () => {
      const { body } = await service.call({ path: `/byok/operations?tenant_id=${tenant_id}&limit=200` });
      return body.operations.every((one: { state: string }) => !['accepted', 'running'].includes(one.state));
    });
    await call({ method: 'DELETE', path: `/byok/tenants/${tenant_id}` });
    await call({ path: `/byok/operations?tenant_id=${tenant_id}&limit=200` });
    await call({ path: `/audit?tenant_id=${tenant_id}&limit=200` });
    await call({ path: '/audit/verify' });
    await call({ path: `/byok/operations/00000000-0000-0000-0000-000000000000` });
    expect(wrong).toEqual([]);
  });

  test('of the gateway likewise', async () => {
    const tenantId = service.tenant('gateway');
    const as = { role: 'service', tenantId };
    const api_keys = service.simulator.find('openrouter')?.credentials['good'];
    await service.call({
      path: '/byok/generate-keys',
      body: { tenant_id: tenantId, service_id: 'openrouter', api_keys },
    });
    const models = await call({ path: '/openrouter/models?limit=3' });
    await call({ path: `/openrouter/models?limit=3&cursor=${models.body.next_cursor}` });
    await call({ path: '/openrouter/models/openai%2Fgpt-4o-mini' });
    await call({ path: '//v1/models' });
    await call({ path: '//v1/models/openai%2Fgpt-4o-mini' });
    const body = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hello.' }] };
    await call({ path: '/openrouter/completions', body, as });
    await call({ path: '//v1/chat/completions', body, as });
    const input = { model: 'openai/text-embedding-3-small', input: 'Hello.' };
    await call({ path: '//v1/embeddings', body: input, as });
    const policy = `/openrouter/policy/${tenantId}`;
    await call({
      method: 'PUT',
      path: policy,
      body: { platform_fallback: 'never', monthly_budget_usd: '1.5' },
    });
    await call({ path: policy });
    for (const query of ['', '?group_by=day,model,credential,status', '?format=csv'])
      await call({ path: `/openrouter/usage/${tenantId}${query}` });
    expect(wrong).toEqual([]);
  });

  test('of every route were looked at', () => {
    const wanted = routes.map((route) => `${route.operationId} ${Object.keys(route.responses)[0]}`);
    expect(wanted.filter((one) => !seen.has(one) && one !== 'generateKeys 200')).toEqual([]);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'generateKeys 201',
        'generateKeys 200',
        'generateKeys 202',
        'getOperation 404',
      ]),
    );
  });
});
