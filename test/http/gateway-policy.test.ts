/** The platform's decisions on a tenant, over HTTP; and who may see them and the usage. */
import { reachOf } from '../../src/http/describe-access';
import { ROLES } from '../../src/http/principal';
import { BASE_PATH } from '../../src/http/route';
import { listAudit } from '../../src/ledger/audit-trail';
import { readGatewayPolicy } from '../../src/ledger/gateway-policy';
import { forgetCalls } from '../ledger/usage-records';
import { CONFIGURED_USD, openUsageDoor, refusal, type UsageDoor } from './open-usage-door';
import { sendRaw } from './raw-request';

let door: UsageDoor;
beforeAll(async () => {
  door = await openUsageDoor();
});
afterAll(() => door.close());
beforeEach(() => forgetCalls(door.test));

describe('the policy', () => {
  const path = '/openrouter/policy/acme';
  const put = (body: unknown, role = 'admin') => door.ask({ method: 'PUT', path, body }, role);
  const DEFAULTS = {
    tenant_id: 'acme',
    platform_fallback: 'when_missing',
    monthly_budget_usd: null,
    effective_monthly_budget_usd: CONFIGURED_USD,
  };

  it('is the default until an admin changes it, part by part; the audit trail tells who', async () => {
    expect((await door.ask({ path }, 'tenant', 'acme')).body).toEqual(DEFAULTS);
    const budget = { monthly_budget_usd: '0.5', effective_monthly_budget_usd: '0.5' };
    expect((await put({ monthly_budget_usd: '00.50' })).body).toEqual({ ...DEFAULTS, ...budget });
    expect((await put({ platform_fallback: 'never' })).body).toEqual({
      ...DEFAULTS,
      ...budget,
      platform_fallback: 'never',
    });
    const last = await put({ platform_fallback: 'always', monthly_budget_usd: null });
    expect(last.body).toEqual({ ...DEFAULTS, platform_fallback: 'always' });
    expect((await door.ask({ path }, 'operator')).body).toEqual(last.body);
    const { items } = await listAudit(door.test.ledger, { chain: 'tenant:acme', limit: 10 });
    expect(items.map(({ event }) => [event.action, event.principal])).toEqual(
      Array(3).fill(['gateway.policy', 'someone with admin']),
    );
  });

  it.each([
    ['body', {}],
    ['platform_fallback', { platform_fallback: 'sometimes' }],
    ['monthly_budget_usd', { monthly_budget_usd: 5 }],
    ['monthly_budget_usd', { monthly_budget_usd: '-5' }],
    ['monthly_budget_usd', { monthly_budget_usd: '1e3' }],
    ['monthly_budget_usd', { monthly_budget_usd: 'NaN' }],
    ['budget', { budget: '5' }],
  ])('refuses a wrong %s: %j', async (field, body) => {
    expect(refusal(await put(body))).toEqual([400, 'invalid_request', field]);
    expect(await readGatewayPolicy(door.test.ledger, 'acme')).toMatchObject({
      platformFallback: 'when_missing',
    });
  });
});

describe('who may', () => {
  it('read usage, read a policy, write one', () => {
    const table = Object.fromEntries(
      door.routes.map((route) => [route.operationId, ROLES.map((role) => reachOf(route, role))]),
    );
    // Tenant, service, operator, platform, admin.
    expect(table).toEqual({
      readUsage: ['own', 'own', 'any', 'no', 'any'],
      readGatewayPolicy: ['own', 'no', 'any', 'no', 'any'],
      writeGatewayPolicy: ['no', 'no', 'no', 'no', 'any'],
    });
  });

  it.each([
    ['tenant', 404, 404, 403],
    ['service', 404, 403, 403],
    ['platform', 403, 403, 403],
    ['operator', 200, 200, 403],
  ])('%s of another tenant', async (role, usage, policy, change) => {
    const body = { platform_fallback: 'always' };
    const replies = [
      await door.ask({ path: '/openrouter/usage/acme?format=csv' }, role, 'beta'),
      await door.ask({ path: '/openrouter/policy/acme' }, role, 'beta'),
      await door.ask({ method: 'PUT', path: '/openrouter/policy/acme', body }, role, 'beta'),
    ];
    expect(replies.map(({ status }) => status)).toEqual([usage, policy, change]);
    expect(await readGatewayPolicy(door.test.ledger, 'acme')).toMatchObject({
      platformFallback: 'when_missing',
    });
  });

  it.each(['..', 'a%2Fb', 'ACME', 'a'.repeat(64)])('name the tenant %s: nobody', async (id) => {
    const headers = { authorization: `Bearer ${await door.issuer.sign({ roles: ['admin'] })}` };
    for (const path of [`/openrouter/usage/${id}`, `/openrouter/policy/${id}`]) {
      const { status, json } = await sendRaw(door.url, { path: `${BASE_PATH}${path}`, headers });
      expect([path, status, json?.['field']]).toEqual([path, 400, 'tenant_id']);
    }
  });
});

it('all answers are as the document says, and none was a fault of ours', () => {
  expect(door.wrong).toEqual([]);
});
