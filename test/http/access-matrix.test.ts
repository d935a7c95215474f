/** Route × role × own, foreign and unknown tenant, each asked of the real service; the table is docs/access.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPorts } from '../../src/api';
import { verifyAuditTrail } from '../../src/audit-anchors';
import { createApp } from '../../src/http/app';
import { reachOf, renderAccess, type Reach } from '../../src/http/describe-access';
import { listen, type Listening } from '../../src/http/listen';
import type { HttpPorts } from '../../src/http/ports';
import { ROLES, type Role } from '../../src/http/principal';
import { apiRoutes, everyRoute } from '../../src/http/routes';
import { resolveKey } from '../../src/http/routes/resolve-key';
import { templateOf } from '../../src/http/route';
import { openKey } from '../../src/reader/open-key';
import { callApi, startService, type ApiCall, type ApiReply, type TestService } from '../support/service';
import { startIssuer, type TestIssuer } from './test-issuer';

/** Columns as in ROLES: tenant, service, operator, platform, admin. */
const EXPECTED: Readonly<Record<string, readonly Reach[]>> = {
  generateKeys: ['own', 'no', 'no', 'no', 'any'],
  listServices: ['yes', 'yes', 'yes', 'yes', 'yes'],
  validateKey: ['own', 'no', 'any', 'no', 'any'],
  rotateKey: ['own', 'no', 'no', 'no', 'any'],
  revokeKey: ['own', 'no', 'any', 'no', 'any'],
  listKeys: ['own', 'no', 'any', 'no', 'any'],
  listOperations: ['own', 'no', 'any', 'no', 'any'],
  getOperation: ['own', 'no', 'any', 'no', 'any'],
  finishRotation: ['own', 'no', 'any', 'no', 'any'],
  rollbackRotation: ['own', 'no', 'any', 'no', 'any'],
  cancelOperation: ['own', 'no', 'any', 'no', 'any'],
  listAudit: ['own', 'no', 'any', 'no', 'any'],
  verifyAudit: ['own', 'no', 'any', 'no', 'any'],
  healthz: ['yes', 'yes', 'yes', 'yes', 'yes'],
  readyz: ['yes', 'yes', 'yes', 'yes', 'yes'],
  metrics: ['no', 'no', 'yes', 'no', 'yes'],
  vaultHealth: ['no', 'no', 'yes', 'no', 'yes'],
  resolveKey: ['no', 'own', 'no', 'no', 'no'],
  offboardTenant: ['no', 'no', 'no', 'no', 'yes'],
};
const OPEN = ['healthz', 'readyz'];

/** What a refusal does: it leaves a trace, and looks nothing up. */
const TRACE = ['ledger.appendAudit'];

interface Target {
  readonly tenantId: string;
  readonly operationId: string;
}
type Whose = 'own' | 'foreign' | 'unknown';

/** One request per route that changes nothing, and what it answers to those who may ask. */
const REQUESTS: Readonly<
  Record<string, { ask: (target: Target) => ApiCall; answers: string; unknown?: string }>
> = {
  generateKeys: { ask: post('generate-keys', { api_keys: {} }), answers: '422 invalid_fields' },
  listServices: { ask: () => ({ path: '/byok/services' }), answers: '200' },
  validateKey: { ask: post('validate-key', { service_id: 'stripe' }), answers: '404 key_not_found' },
  rotateKey: { ask: post('rotate-key', {}), answers: '422 new_key_required' },
  revokeKey: {
    ask: ({ tenantId }) => ({
      method: 'DELETE',
      path: '/byok/revoke-key',
      body: { tenant_id: tenantId, service_id: 'stripe' },
    }),
    answers: '404 key_not_found',
  },
  listKeys: { ask: list('/byok/keys'), answers: '200' },
  listOperations: { ask: list('/byok/operations'), answers: '200' },
  getOperation: { ask: operation('GET', ''), answers: '200', unknown: '404 operation_not_found' },
  finishRotation: {
    ask: operation('POST', '/finish'),
    answers: '409 not_in_grace',
    unknown: '404 operation_not_found',
  },
  rollbackRotation: {
    ask: operation('POST', '/rollback'),
    answers: '409 not_in_grace',
    unknown: '404 operation_not_found',
  },
  cancelOperation: {
    ask: operation('POST', '/cancel'),
    answers: '409 already_promoted',
    unknown: '404 operation_not_found',
  },
  listAudit: { ask: list('/audit'), answers: '200' },
  verifyAudit: { ask: list('/audit/verify'), answers: '200' },
  healthz: { ask: () => ({ path: '//healthz' }), answers: '200' },
  readyz: { ask: () => ({ path: '//readyz' }), answers: '200' },
  metrics: { ask: () => ({ path: '//metrics' }), answers: '200' },
  vaultHealth: { ask: () => ({ path: '/vault/health' }), answers: '200' },
  resolveKey: {
    ask: ({ tenantId }) => ({ path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter` }),
    answers: '200',
    unknown: '404 key_not_found',
  },
  offboardTenant: {
    ask: ({ tenantId }) => ({ method: 'DELETE', path: `/byok/tenants/${tenantId}` }),
    answers: '200',
  },
};

function post(route: string, more: object): (target: Target) => ApiCall {
  return ({ tenantId }) => ({
    path: `/byok/${route}`,
    body: { tenant_id: tenantId, service_id: 'openrouter', ...more },
  });
}
function list(path: string): (target: Target) => ApiCall {
  return ({ tenantId }) => ({ path: `${path}?tenant_id=${tenantId}` });
}
function operation(method: string, verb: string): (target: Target) => ApiCall {
  return ({ operationId }) => ({ method, path: `/byok/operations/${operationId}${verb}` });
}

let service: TestService;
let issuer: TestIssuer;
let door: Listening;
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
  door = await listen(createApp(withResolve, [...apiRoutes(withResolve), resolveKey(withResolve)]), {
    host: '127.0.0.1',
    port: 0,
  });
  const [own, foreign] = await Promise.all([prepare('own'), prepare('foreign')]);
  targets = {
    own,
    foreign,
    unknown: { tenantId: service.tenant('nobody'), operationId: '01900000-0000-7000-8000-000000000000' },
  };
});
afterAll(async () => {
  await door.close();
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
