/** Queries, headers and methods that must not get in, and preferences that are understood or ignored. */
import { BASE, NOTHING, openDoor, SECRET, verdictOf, whatIsLeft, type Door } from './open-door';

let door: Door;

beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.service.stop());

const sound = () => ({ ...door.about(), api_keys: { api_key: SECRET } });

describe('a query', () => {
  test.each([
    ['an unknown parameter', '/byok/keys?tenant=acme', 'tenant'],
    ['a key for a parameter', `/byok/keys?${SECRET}=1`, 'query'],
    ['a parameter twice', '/byok/keys?tenant_id=acme&tenant_id=beta', 'tenant_id'],
    ['brackets', '/byok/keys?tenant_id[]=acme', 'query'],
    ['a limit in words', '/byok/keys?limit=many', 'limit'],
    ['a limit of 0', '/byok/operations?limit=0', 'limit'],
    ['a limit of 201', '/byok/operations?limit=201', 'limit'],
    ['an empty cursor', '/byok/keys?cursor=', 'cursor'],
    ['a forged cursor', '/byok/keys?cursor=abcdef', 'cursor'],
    [
      'a cursor of another listing',
      `/byok/keys?cursor=${cursorOf(['00000000-0000-0000-0000-000000000000'])}`,
      'cursor',
    ],
    ['a cursor with SQL', `/byok/keys?cursor=${cursorOf(["a') or true --", 'b', 'c'])}`, 'cursor'],
    ['a cursor with too many parts', `/byok/operations?cursor=${cursorOf(['a', 'b'])}`, 'cursor'],
    ['a cursor of objects', `/byok/operations?cursor=${cursorOf([{}])}`, 'cursor'],
    ['a cursor of 600 characters', `/byok/operations?cursor=${'A'.repeat(600)}`, 'cursor'],
    ['an after_seq below 0', '/audit?after_seq=-1', 'after_seq'],
    ['an after_seq beyond numbers', '/audit?after_seq=1e300', 'after_seq'],
    ['an operation that is none', '/audit?operation_id=1', 'operation_id'],
  ])('cannot have %s', async (_what, path, field) => {
    expect(verdictOf(await door.send({ path: `${BASE}${path}` }))).toEqual([400, 'invalid_request', field]);
  });

  test('and a body that differ revoke nothing', async () => {
    const about = door.about();
    const differing = { tenant_id: 'other', service_id: 'stripe', key_name: 'other', reason: 'other' };
    for (const [field, value] of Object.entries(differing)) {
      const body = JSON.stringify({ key_name: 'default', reason: 'why', ...about });
      const path = `${BASE}/byok/revoke-key?${new URLSearchParams({ [field]: value }).toString()}`;
      const reply = await door.send({ method: 'DELETE', path, body });
      expect(verdictOf(reply)).toEqual([400, 'invalid_request', field]);
    }
  });

  function cursorOf(parts: unknown[]): string {
    return Buffer.from(JSON.stringify(parts)).toString('base64url');
  }
});

describe('headers', () => {
  test.each([
    ['blanks', 'a b'],
    ['an umlaut', 'schl\u00fcssel'],
    ['256 characters', 'k'.repeat(256)],
    ['nothing', ''],
  ])('cannot have an Idempotency-Key with %s', async (_what, value) => {
    const reply = await door.post('/byok/generate-keys', sound(), { 'idempotency-key': value });
    expect(verdictOf(reply)).toEqual([400, 'invalid_request', 'Idempotency-Key']);
  });

  test('cannot carry a token that is none', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Basic ${SECRET}`,
      `Bearer ${SECRET}`,
      `Bearer ${'a'.repeat(9000)}`,
      `bearer a b`,
    ]) {
      const reply = await door.send({ path: `${BASE}/byok/keys`, headers: { authorization } });
      expect([authorization, ...verdictOf(reply)]).toEqual([
        authorization,
        401,
        'unauthenticated',
        undefined,
      ]);
      expect(reply.headers['www-authenticate']).toBe('Bearer');
    }
  });
});

describe('a method', () => {
  test.each([
    ['GET', `${BASE}/byok/generate-keys`, 'POST'],
    ['PUT', `${BASE}/byok/generate-keys`, 'POST'],
    ['POST', `${BASE}/byok/revoke-key`, 'DELETE'],
    ['DELETE', `${BASE}/byok/keys`, 'GET, HEAD'],
    ['PATCH', `${BASE}/byok/operations/00000000-0000-0000-0000-000000000000`, 'GET, HEAD'],
    ['OPTIONS', `${BASE}/byok/keys`, 'GET, HEAD'],
    ['TRACE', '/healthz', 'GET, HEAD'],
  ])('%s of %s is not allowed', async (method, path, allowed) => {
    const reply = await door.send({ method, path });
    expect([...verdictOf(reply).slice(0, 2), reply.headers['allow']]).toEqual([
      405,
      'method_not_allowed',
      allowed,
    ]);
  });

  test('of a path that is none finds nothing', async () => {
    for (const path of [
      '/',
      '/api',
      BASE,
      `${BASE}/`,
      `${BASE}/byok`,
      `${BASE}/BYOK/keys`,
      `/x${BASE}/byok/keys`,
      `${BASE}//byok/keys`,
      `${BASE}/byok/../byok/keys`,
    ]) {
      expect([path, ...verdictOf(await door.send({ path }))]).toEqual([path, 404, 'not_found', undefined]);
    }
  });
});

test('afterwards nothing is said, logged or kept', async () => {
  expect(await whatIsLeft(door)).toEqual(NOTHING);
});

test('a sound request still goes through, whatever way of waiting it prefers', async () => {
  const { credentials } = door.service.simulator.find('openrouter') ?? {};
  const body = { ...sound(), api_keys: credentials?.['good'] };
  const prefer = async (value: string, key_name: string) => {
    const reply = await door.post('/byok/generate-keys', { ...body, key_name }, { prefer: value });
    return [reply.status, reply.headers['preference-applied']];
  };
  expect(await prefer('respond-async', 'a')).toEqual([202, 'respond-async']);
  expect(await prefer('Respond-Async; x=y, handling=lenient', 'b')).toEqual([202, 'respond-async']);
  expect(await prefer('wait=0', 'c')).toEqual([202, 'wait=0']);
  expect(await prefer('wait=5, respond-async', 'd')).toEqual([201, undefined]);
  expect(await prefer('wait="9"', 'e')).toEqual([201, undefined]);
  for (const [index, odd] of [
    'wait=-1',
    'wait=soon',
    'wait=',
    'respond-asynchronously',
    'wait=9999999999',
    ';;,,=',
    SECRET,
  ].entries()) {
    expect([odd, ...(await prefer(odd, `f${index}`))]).toEqual([odd, 201, undefined]);
  }
});
