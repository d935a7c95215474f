/** Route × role × own, foreign and unknown tenant, each asked of the real service; the table is docs/access.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPorts } from '../../src/api';
import { verifyAuditTrail } from '../../src/audit-anchors';
import { composeGateway } from '../../src/compose-gateway';
import { createApp } from '../../src/http/app';
import { reachOf, renderAccess, type Reach } from '../../src/http/describe-access';
import { listen, type Listening } from '../../src/http/listen';
import type { HttpPorts } from '../../src/http/ports';
import { ROLES, type Role } from '../../src/http/principal';
import { apiRoutes, everyRoute, gatewayRoutes, type GatewayRoutePorts } from '../../src/http/routes';
import { resolveKey } from '../../src/http/routes/resolve-key';
import { templateOf } from '../../src/http/route';
import { withLifecycle } from '../../src/lifecycle';
import { createMetrics } from '../../src/metrics';
import { openKey } from '../../src/reader/open-key';
import { callApi, startService, type ApiReply, type TestService } from '../support/service';
import { EXPECTED, OPEN, REQUESTS, TRACE, type Target, type Whose } from './access-table';
import { startIssuer, type TestIssuer } from './test-issuer';

let service: TestService;
let issuer: TestIssuer;
let door: Listening;
let gateway: Awaited<ReturnType<typeof withLifecycle<GatewayRoutePorts>>>;
let targets: Record<Whose, Target>;
/** What a request looked up, by port. */
let lookups: string[] = [];

beforeAll(async () => {
  [service, issuer] = await Promise.all([startService(), startIssuer()]);
  const { config, ledger, temporal, vault, options } = service;
  const ports = createPorts({
    config,
    log: options.log,
    ledger,
    vault: vault.api,
    temporal,
    eager: true,
    issuer: issuer.settings,
    verifyAudit: (chain) => verifyAuditTrail(ledger, vault.api, chain),
    resolveKey: (ref, stage) => openKey({ ledger, vault: vault.gateway }, ref, stage),
  });
  const watched: HttpPorts = {
    ...ports,
    door: watch('door', ports.door),
    ledger: watch('ledger', ports.ledger),
  };
  const withResolve = {
    ...watched,
    ...watch('ports', { resolveKey: ports.resolveKey, spendValidation: ports.spendValidation }),
  };
  gateway = await withLifecycle(async (life) => {
    const gatewayDeps = { config, log: options.log, ledger, vault: vault.gateway, metrics: createMetrics() };
    return composeGateway(gatewayDeps, life).ports;
  });
  const watchedGateway = {
    models: gateway.models,
    relay: { ...gateway.relay, ...watch('relay', { relay: gateway.relay.relay }) },
    usage: watch('usage', gateway.usage),
    policy: watch('policy', gateway.policy),
  };
  const routes = [...apiRoutes(withResolve), resolveKey(withResolve), ...gatewayRoutes(watchedGateway)];
  door = await listen(createApp(withResolve, routes), { host: '127.0.0.1', port: 0 });
  const [own, foreign] = await Promise.all([prepare('own'), prepare('foreign')]);
  targets = {
    own,
    foreign,
    unknown: { tenantId: service.tenant('nobody'), operationId: '01900000-0000-7000-8000-000000000000' },
  };
});
afterAll(async () => {
  await door.close();
  await gateway.stop();
  await issuer.close();
  await service.stop();
});

/** A tenant with a stored key and a finished operation. */
async function prepare(name: string): Promise<Target> {
  const tenantId = service.tenant(name);
  const api_keys = service.simulator.find('openrouter')?.credentials['good'];
  const body = { tenant_id: tenantId, service_id: 'openrouter', api_keys };
  const reply = await service.call({ path: '/byok/generate-keys', body });
  expect(reply.status).toBe(201);
  return { tenantId, operationId: reply.body.operation_id };
}

function watch<T extends object>(name: string, port: T): T {
  return new Proxy(port, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        lookups.push(`${name}.${String(member)}`);
        return (value as (...all: unknown[]) => unknown)(...args);
      };
    },
    ownKeys: (target) => Reflect.ownKeys(target),
  });
}

const claimsOf = (role: Role | 'none') => ({
  roles: role === 'none' ? [] : [role],
  tenant_id: role === 'tenant' || role === 'service' ? targets.own.tenantId : '',
});

async function ask(id: string, token: string | null, whose: Whose): Promise<ApiReply & { outcome: string }> {
  lookups = [];
  const reply = await callApi(door.url, token, REQUESTS[id]?.ask(targets[whose]) ?? { path: '/' });
  const code = (reply.body as { code?: string }).code;
  return { ...reply, outcome: code === undefined ? String(reply.status) : `${reply.status} ${code}` };
}

/** What a cell of the table means for one tenant. */
function expectedOutcome(id: string, reach: Reach, whose: Whose): string {
  const { answers = '', unknown = answers } = REQUESTS[id] ?? {};
  if (reach === 'no') return '403 forbidden';
  const byOperation = unknown === '404 operation_not_found';
  if (reach === 'own' && whose !== 'own') return byOperation ? unknown : '404 not_found';
  return whose === 'unknown' ? unknown : answers;
}

describe('the table', () => {
  test('has every route, and says what the routes say', () => {
    const ofRoutes = everyRoute().map((route) => [
      route.operationId,
      ROLES.map((role) => reachOf(route, role)),
    ]);
    expect(Object.fromEntries(ofRoutes)).toEqual(EXPECTED);
    expect(Object.keys(REQUESTS).toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  test('is published in docs/access.md', () => {
    const published = readFileSync(join(__dirname, '../../docs/access.md'), 'utf8');
    expect(published).toBe(renderAccess(everyRoute()));
    for (const route of everyRoute()) expect(published).toContain(templateOf(route));
  });
});

// Off-boarding takes the keys away, so it comes last: so it does in EXPECTED.
describe.each(Object.keys(EXPECTED))('%s', (id) => {
  test.each([...ROLES, 'none'] as const)('asked by %s', async (role) => {
    const reach =
      role === 'none' ? (OPEN.includes(id) ? 'yes' : 'no') : (EXPECTED[id]?.[ROLES.indexOf(role)] ?? 'no');
    const token = await issuer.sign(claimsOf(role));
    for (const whose of ['unknown', 'foreign', 'own'] as const) {
      const reply = await ask(id, token, whose);
      expect([whose, reply.outcome]).toEqual([whose, expectedOutcome(id, reach, whose)]);
      if (['403 forbidden', '404 not_found'].includes(reply.outcome))
        expect([whose, lookups]).toEqual([whose, TRACE]);
    }
  });

  test('answers for a foreign tenant exactly as for an unknown one', async () => {
    for (const role of ['tenant', 'service'] as const) {
      const token = await issuer.sign(claimsOf(role));
      const [foreign, unknown] = [await ask(id, token, 'foreign'), await ask(id, token, 'unknown')];
      if (EXPECTED[id]?.[ROLES.indexOf(role)] !== 'own') continue;
      expect(masked(foreign)).toEqual(masked(unknown));
      expect(foreign.status).toBe(404);
    }
  });

  function masked({ status, body, headers }: ApiReply): unknown {
    const { date: _date, ...rest } = Object.fromEntries(headers);
    let text = JSON.stringify({ status, body, rest });
    for (const { tenantId, operationId } of Object.values(targets)) {
      text = text.replaceAll(tenantId, '{tenant}').replaceAll(operationId, '{operation}');
    }
    // Ids of tenants differ in length, and nothing else does.
    return text.replaceAll(/"content-length":"\d+"/g, '');
  }

  test('refuses every token that is not a good one', async () => {
    const admin = { roles: ['admin'] };
    const nowSeconds = Math.floor(Date.now() / 1000);
    const good = await issuer.sign(admin);
    const [head, , signature] = good.split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'x', roles: ['admin'] })).toString('base64url');
    const tokens: Record<string, string | null> = {
      'no token': null,
      garbage: 'garbage',
      expired: await issuer.sign({ ...admin, exp: nowSeconds - 60 }),
      'not valid yet': await issuer.sign({ ...admin, nbf: nowSeconds + 600 }),
      'wrong issuer': await issuer.sign({ ...admin, iss: 'https://another.test' }),
      'wrong audience': await issuer.sign({ ...admin, aud: 'another-api' }),
      'no audience': await issuer.sign({ ...admin, aud: undefined as never }),
      'no end': await issuer.sign({ ...admin, exp: undefined as never }),
      'no subject': await issuer.sign({ ...admin, sub: undefined as never }),
      'roles that are numbers': await issuer.sign({ roles: [1] }),
      unsigned: issuer.unsigned(admin),
      'HS256 with the public key': await issuer.signedWithPublicKey(admin),
      'another key under the same id': await issuer.sign(admin, 'another'),
      'another payload': `${head}.${forged}.${signature}`,
    };
    for (const [what, token] of Object.entries(tokens)) {
      const reply = await ask(id, token, 'own');
      const expected = OPEN.includes(id) ? (REQUESTS[id]?.answers ?? '') : '401 unauthenticated';
      expect([what, reply.outcome]).toEqual([what, expected]);
      expect(lookups).toEqual([]);
    }
  });
});

describe('a token', () => {
  test.each([
    ['with roles in one string', { roles: 'platform admin' }, '200'],
    ['with a role nobody knows', { roles: ['root', 'superuser'] }, '403 forbidden'],
    ['without roles', {}, '403 forbidden'],
    ['with null claims', { roles: null, tenant_id: null }, '403 forbidden'],
    ['of a tenant without its name', { roles: ['tenant'] }, '404 not_found'],
    ['of a tenant called *', { roles: ['tenant'], tenant_id: '*' }, '404 not_found'],
    ['of a tenant with an empty name', { roles: ['tenant'], tenant_id: '' }, '404 not_found'],
  ])('%s', async (_what, claims, expected) => {
    const reply = await ask('listKeys', await issuer.sign(claims as never), 'own');
    expect(reply.outcome).toBe(expected);
  });

  test('of a tenant must name it where others may leave it out', async () => {
    const token = await issuer.sign(claimsOf('tenant'));
    const reply = await callApi(door.url, token, { path: '/byok/keys' });
    expect(reply.body).toMatchObject({ code: 'invalid_request', field: 'tenant_id' });
    const operator = await callApi(door.url, await issuer.sign(claimsOf('operator')), { path: '/byok/keys' });
    expect(operator.status).toBe(200);
  });

  test('with two roles may do what either may', async () => {
    const claims = { roles: ['tenant', 'service'], tenant_id: targets.own.tenantId };
    const token = await issuer.sign(claims);
    expect((await ask('listKeys', token, 'own')).outcome).toBe('200');
    expect((await ask('listKeys', token, 'foreign')).outcome).toBe('404 not_found');
    expect((await ask('resolveKey', token, 'foreign')).outcome).toBe('404 not_found');
  });

  test('cannot be checked while the keys of its issuer cannot be fetched', async () => {
    const away = await startIssuer();
    const ports = createPorts({ ...depsOf(service), issuer: away.settings });
    const other = await listen(createApp(ports, apiRoutes(ports)), { host: '127.0.0.1', port: 0 });
    const token = await away.sign({ roles: ['admin'] });
    await away.close();
    const reply = await callApi(other.url, token, { path: '/byok/keys' });
    expect([reply.status, reply.body.code]).toEqual([503, 'identity_unavailable']);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    await other.close();
  });

  function depsOf({ config, ledger, temporal, vault, options }: TestService) {
    const unused = (): never => {
      throw new Error('nobody asks');
    };
    return {
      config,
      log: options.log,
      ledger,
      vault: vault.api,
      temporal,
      eager: true,
      verifyAudit: unused,
      resolveKey: null,
    };
  }
});
