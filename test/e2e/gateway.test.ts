/** Calls through the gateway of a whole Keyturn: whose key is used, what is noted, and what a revocation ends. */
import { randomBytes } from 'node:crypto';
import { CHAT, chatBody, GatewayActions, servedBy } from '../support/gateway-actions';
import { startService, until, type TestService } from '../support/service';

let service: TestService;
beforeAll(async () => {
  service = await startService({
    KEYTURN_GATEWAY_FENCE_MS: '100',
    KEYTURN_GATEWAY_PRICE_MS: '200',
    KEYTURN_GATEWAY_CACHE_MS: '60000',
  });
});
afterAll(() => service.stop());
beforeEach(() => service.simulator.openrouter.forget());

const tenant = (name: string): GatewayActions =>
  new GatewayActions(service, service.tenant(`${name}-${randomBytes(2).toString('hex')}`));

test('a call uses the tenant’s own key, is answered in full and noted with its cost', async () => {
  const acme = tenant('own');
  const key = await acme.storeKey();
  service.simulator.openrouter.forget();
  const reply = await acme.chat();
  expect([reply.status, servedBy(reply)]).toEqual([
    200,
    { credential: 'tenant', version: '1', reason: null },
  ]);
  expect(acme.seen()).toEqual([key]);
  const { usage, id } = reply.body;
  const { sums, total } = await acme.sums(1, 'group_by=day,model,credential,status');
  expect(sums).toEqual([
    expect.objectContaining({
      day: new Date().toISOString().slice(0, 10),
      model: reply.body.model,
      credential: 'tenant',
      status: '200',
      requests: 1,
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      unpriced_requests: 0,
    }),
  ]);
  expect(Number(total.cost_usd)).toBe(usage.cost);
  expect(reply.headers.get('x-generation-id')).toBe(id);
  const entries = await until('the trail tells of it', async () => {
    const found = await acme.trail();
    return found.length > 0 && found;
  });
  expect(entries).toEqual([
    expect.objectContaining({
      action: 'gateway.use',
      version: 1,
      details: expect.objectContaining({ credential: 'tenant', fallback_reason: null, requests: 1 }),
    }),
  ]);
});

test('the next call after a rotation uses the new key, and one after a rollback the old one', async () => {
  const acme = tenant('rotated');
  const first = await acme.storeKey();
  await acme.chat();
  const second = acme.key.mint();
  const rotation = (await acme.key.rotate(second)).body.operation_id;
  service.simulator.openrouter.forget();
  expect(servedBy(await acme.chat())).toMatchObject({ version: '2' });
  expect(acme.seen()).toEqual([second['api_key']]);
  expect((await acme.key.decide('rollback', rotation)).status).toBe(200);
  service.simulator.openrouter.forget();
  await acme.chat();
  expect(acme.seen()).toEqual([first]);
});

test('one opening of the key serves many calls', async () => {
  const acme = tenant('cached');
  await acme.storeKey();
  const replies = await Promise.all(Array.from({ length: 40 }, () => acme.chat()));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  const { total } = await acme.sums(40);
  expect(total.requests).toBe(40);
  const entries = await until('the trail counts all of them', async () => {
    const found = await acme.trail();
    return found.reduce((sum, { details }) => sum + details.requests, 0) === 40 && found;
  });
  expect(entries.every(({ details }) => details.credential === 'tenant')).toBe(true);
});

test('every request that arrives after DELETE has returned is refused, under load', async () => {
  const acme = tenant('revoked');
  await acme.storeKey();
  await acme.chat();
  let over = false;
  const asked: { atMs: number; status: number; code: unknown }[] = [];
  const callers = Array.from({ length: 8 }, async () => {
    while (!over) {
      const atMs = performance.now();
      const { status, body } = await acme.chat();
      asked.push({ atMs, status, code: body.code });
    }
  });
  await until('the callers are served', async () => asked.length > 30);
  expect((await acme.key.revoke()).status).toBe(200);
  const revokedMs = performance.now();
  await until('each asked again', async () => asked.filter(({ atMs }) => atMs >= revokedMs).length > 30);
  over = true;
  await Promise.all(callers);
  const late = asked.filter(({ atMs }) => atMs >= revokedMs);
  expect(late.filter(({ status }) => status !== 409)).toEqual([]);
  expect(new Set(late.map(({ code }) => code))).toEqual(new Set(['key_revoked']));
  expect(asked.some(({ status }) => status === 200)).toBe(true);
});

test('a revocation ends open streams, and they are counted', async () => {
  const [acme, other] = [tenant('streams'), tenant('untouched')];
  await Promise.all([acme.storeKey(), other.storeKey()]);
  const before = await brokenByRevocation();
  const hangUp = new AbortController();
  const streams = await Promise.all(Array.from({ length: 5 }, () => acme.stream('endless gap-20')));
  const untouched = await other.stream('endless gap-20', hangUp.signal);
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const texts = streams.map((stream) => stream.text());
  await acme.key.revoke();
  for (const text of await Promise.all(texts)) {
    expect(text).toContain('"error_type":"key_revoked"');
    expect(text.endsWith('\n\n')).toBe(true);
  }
  expect((await brokenByRevocation()) - before).toBe(5);
  expect(service.simulator.openrouter.openStreams()).toBe(1);
  expect(untouched.bodyUsed).toBe(false);
  hangUp.abort();
  await until('nothing is open upstream', async () => service.simulator.openrouter.openStreams() === 0);
  // What they cost nobody can ask any more: the key is gone. They are noted all the same, and said to be unpriced.
  await until('all are noted', async () => {
    const { total } = (await acme.usage()).body;
    return total.requests === 5 && total.unpriced_requests === 5;
  });
});

async function brokenByRevocation(): Promise<number> {
  const metrics = String((await service.call({ path: '//metrics' })).body);
  return Number(/^keyturn_gateway_broken_off_total\{by="revoked"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

test('the cost of a call that was broken off is asked for afterwards', async () => {
  const acme = tenant('aborted');
  await acme.storeKey();
  await acme.breakOff('endless gap-5');
  const { sums } = await acme.sums(1);
  expect(sums).toEqual([expect.objectContaining({ credential: 'tenant', requests: 1 })]);
  expect(Number(sums[0]?.cost_usd)).toBeGreaterThan(0);
});

test('an alias is resolved, the answer says so, and an unknown name goes upstream as it is', async () => {
  const acme = tenant('alias');
  await acme.storeKey();
  const reply = await acme.chat({ model: 'gpt-4-turbo' });
  expect([reply.status, reply.headers.get('x-keyturn-resolved-from')]).toEqual([200, 'gpt-4-turbo']);
  expect(reply.headers.get('x-keyturn-model')).toBe('openai/gpt-4-turbo');
  const sent = service.simulator.openrouter
    .calls()
    .findLast(({ path }) => path.endsWith('/chat/completions'));
  expect(JSON.parse(String(sent?.body)).model).toBe('openai/gpt-4-turbo');
  const unknown = await acme.chat({ model: 'nobody/knows-this' });
  expect(unknown.status).toBeGreaterThanOrEqual(400);
  expect(unknown.body.error).toBeDefined();
  expect(unknown.headers.get('x-keyturn-credential')).toBe('tenant');
});

describe('who may call', () => {
  test('a platform token must name a tenant, and may name any', async () => {
    const acme = tenant('platform');
    await acme.storeKey();
    const as = { role: 'platform' };
    const nobody = await service.call({ path: CHAT, body: chatBody(), as });
    expect([nobody.status, nobody.body.code, nobody.body.field]).toEqual([
      400,
      'invalid_request',
      'tenant_id',
    ]);
    for (const path of [`${CHAT}?tenant_id=`, '/openrouter/completions?tenant_id=']) {
      const reply = await service.call({ path: path + acme.tenantId, body: chatBody(), as });
      expect([path, reply.status, servedBy(reply).credential]).toEqual([path, 200, 'tenant']);
    }
  });

  test('a service token reaches its own tenant only, and a tenant’s token none', async () => {
    const [acme, other] = [tenant('mine'), tenant('theirs')];
    await Promise.all([acme.storeKey(), other.storeKey()]);
    service.simulator.openrouter.forget();
    const as = { role: 'service', tenantId: acme.tenantId };
    const foreign = await service.call({ path: `${CHAT}?tenant_id=${other.tenantId}`, body: chatBody(), as });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    const person = await service.call({
      path: CHAT,
      body: chatBody(),
      as: { role: 'tenant', tenantId: acme.tenantId },
    });
    expect([person.status, person.body.code]).toEqual([403, 'forbidden']);
    expect(acme.seen()).toEqual([]);
  });

  test('errors of ours have OpenAI’s shape beside our own, and say whether to try again', async () => {
    const acme = tenant('nothing');
    await acme.policy({ platform_fallback: 'never' });
    const reply = await acme.chat();
    expect(reply.status).toBe(404);
    expect(reply.body).toMatchObject({
      code: 'key_not_found',
      error: { code: 'key_not_found', type: 'keyturn_error', message: reply.body.detail },
    });
    expect(reply.headers.get('x-should-retry')).toBe('false');
  });

  test.each([
    ['{"model":"a/b"', 400, 'malformed_json'],
    ['[]', 400, 'invalid_request'],
    ['{"model":"a","model":"b"}', 400, 'invalid_request'],
    [`{"x":"${'y'.repeat(33 * 1024 * 1024)}"}`, 413, 'payload_too_large'],
  ])('a body that cannot be read is refused before it goes anywhere', async (body, status, code) => {
    const acme = tenant('garbage');
    await acme.storeKey();
    service.simulator.openrouter.forget();
    const as = { role: 'service', tenantId: acme.tenantId };
    const reply = await service.call({ path: CHAT, body, as });
    expect([reply.status, reply.body.code]).toEqual([status, code]);
    expect(acme.seen()).toEqual([]);
  });
});
