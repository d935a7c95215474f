/** The gateway while a server is away: nobody is served whose key may have been revoked, and nobody else pays for it. */
import { randomBytes } from 'node:crypto';
import { chatBody, CHAT } from '../support/gateway-actions';
import { until, type ApiReply } from '../support/service';
import { startFaultStack, type FaultStack } from './fault-stack';

const platformKey = `sk-or-v1-${randomBytes(32).toString('hex')}`;
let stack: FaultStack;
let tenants = 0;

beforeAll(async () => {
  stack = await startFaultStack({
    OPENROUTER_API_KEY: platformKey,
    KEYTURN_GATEWAY_CACHE_MS: '200',
    KEYTURN_GATEWAY_FENCE_MS: '100',
  });
  stack.simulator.setCredential('openrouter', { api_key: platformKey }, 'good');
}, 120_000);
afterAll(() => stack.stop());
afterEach(async () => {
  await stack.startAll();
  expect(stack.deaths).toEqual([]);
});

/** A tenant for whom the platform would always pay, with a key that has been used. */
async function tenantWithKey(): Promise<string> {
  const tenantId = `caller-${(tenants += 1)}`;
  const api_keys = stack.simulator.find('openrouter').credentials.good;
  const body = { tenant_id: tenantId, service_id: 'openrouter', api_keys };
  expect((await stack.call({ path: '/byok/generate-keys', body })).status).toBe(201);
  const policy = { platform_fallback: 'always' };
  await stack.call({ method: 'PUT', path: `/openrouter/policy/${tenantId}`, body: policy });
  expect((await chat(tenantId)).status).toBe(200);
  return tenantId;
}

const chat = (tenantId: string): Promise<ApiReply> =>
  stack.call({ path: CHAT, body: chatBody(), as: { role: 'service', tenantId } });

/** Waits for a refusal, and looks that it is the only one there is and that nobody else paid meanwhile. */
async function expectRefused(tenantId: string, code: string): Promise<void> {
  stack.simulator.openrouter.forget();
  const refused = await until(`refused with ${code}`, async () => {
    const reply = await chat(tenantId);
    return reply.status !== 200 && reply;
  });
  expect([refused.status, refused.body.code]).toEqual([503, code]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('x-should-retry')).toBe('true');
  const seen = stack.simulator.openrouter.calls().map(({ credential }) => credential);
  expect(seen).not.toContain(platformKey);
}

async function stream(tenantId: string): Promise<Response> {
  const token = await stack.roles.mintToken({ role: 'service', tenantId });
  return fetch(`${stack.roles.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(chatBody({ stream: true, metadata: { simulate: 'endless gap-20' } })),
  });
}

const served = (tenantId: string) =>
  until('it is served again', async () => (await chat(tenantId)).status === 200, 60_000);

test('without the vault no key is opened', async () => {
  const tenant = await tenantWithKey();
  await stack.kill('vault');
  await expectRefused(tenant, 'vault_unavailable');
  const newcomer = await chat(tenant);
  expect(newcomer.status).toBe(503);
  await stack.start('vault');
  await served(tenant);
});

test('without the ledger nobody is served, not even from what is kept', async () => {
  const tenant = await tenantWithKey();
  await stack.kill('postgres');
  await expectRefused(tenant, 'ledger_unavailable');
  await stack.start('postgres');
  await served(tenant);
});

test('a stream ends when the ledger stays away, and is noted when it is back', async () => {
  const tenant = await tenantWithKey();
  const open = await stream(tenant);
  await stack.kill('postgres');
  const text = await open.text();
  expect(text).toContain('"error_type":"ledger_unavailable"');
  await stack.start('postgres');
  const query = `/openrouter/usage/${tenant}?group_by=status`;
  const { total } = await until(
    'the stream is noted',
    async () => {
      const { status, body } = await stack.call({ path: query });
      return status === 200 && body.total.requests === 2 && body;
    },
    60_000,
  );
  expect(total.requests).toBe(2);
}, 90_000);

test('without Temporal calls go on, and a revocation holds all the same', async () => {
  const tenant = await tenantWithKey();
  await stack.call({
    method: 'PUT',
    path: `/openrouter/policy/${tenant}`,
    body: { platform_fallback: 'never' },
  });
  await stack.kill('temporal');
  expect((await chat(tenant)).status).toBe(200);
  const body = { tenant_id: tenant, service_id: 'openrouter' };
  const revoked = await stack.call({ method: 'DELETE', path: '/byok/revoke-key', body });
  expect(revoked.status).toBe(202);
  const refused = await chat(tenant);
  expect([refused.status, refused.body.code]).toEqual([409, 'key_revoked']);
});
