/** Names that must not get in: nothing but an id ever becomes part of a path, a query or a workflow id. */
import { BASE, NOTHING, openDoor, SECRET, verdictOf, whatIsLeft, type Door } from './open-door';

let door: Door;

beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.service.stop());

const sound = () => ({ ...door.about(), api_keys: { api_key: SECRET } });

const BAD_IDS: readonly [string, string][] = [
  ['dots', '..'],
  ['a path', 'acme/../beta'],
  ['an encoded slash', 'acme%2Fbeta'],
  ['a plus', 'acme+beta'],
  ['a star', '*'],
  ['a NUL', 'acme\u0000'],
  ['a Cyrillic a', '\u0430cme'],
  ['full-width letters', '\uff41\uff43\uff4d\uff45'],
  ['a zero-width space', 'ac\u200bme'],
  ['a combining mark', 'acme\u0301'],
  ['capitals', 'ACME'],
  ['a leading hyphen', '-acme'],
  ['nothing', ''],
  ['white space', '   '],
  ['a line end', 'acme\n'],
  ['64 characters', 'a'.repeat(64)],
  ['60 KiB', 'a'.repeat(60 * 1024)],
];
const NOT_STRINGS: readonly [string, unknown][] = [
  ['a number', 7],
  ['null', null],
  ['true', true],
  ['an array', ['acme']],
  ['an object', { toString: 'acme' }],
];

describe.each(['tenant_id', 'service_id', 'key_name'])('%s', (field) => {
  const routes = ['/byok/generate-keys', '/byok/validate-key', '/byok/rotate-key'];

  test.each([...BAD_IDS, ...NOT_STRINGS])('in a body cannot be %s', async (_what, value) => {
    for (const path of routes) {
      const reply = await door.post(path, { ...sound(), [field]: value });
      expect([path, ...verdictOf(reply)]).toEqual([path, 400, 'invalid_request', field]);
    }
    const about = door.about();
    const body = JSON.stringify({ ...about, [field]: value });
    const revoke = await door.send({ method: 'DELETE', path: `${BASE}/byok/revoke-key`, body });
    expect(verdictOf(revoke)).toEqual([400, 'invalid_request', field]);
  });

  test.each(BAD_IDS.filter(([, value]) => value.length < 1000))(
    'in a query cannot be %s',
    async (_what, value) => {
      const query = new URLSearchParams({ tenant_id: door.tenant, service_id: 'openrouter', [field]: value });
      const revoke = await door.send({
        method: 'DELETE',
        path: `${BASE}/byok/revoke-key?${query.toString()}`,
      });
      expect(verdictOf(revoke)).toEqual([400, 'invalid_request', field]);
      if (field === 'key_name') return;
      const list = await door.send({ path: `${BASE}/byok/keys?${query.toString()}` });
      expect(verdictOf(list)).toEqual([400, 'invalid_request', field]);
    },
  );
});

test.each([
  ['dots', '..'],
  ['encoded dots', '%2e%2e'],
  ['an encoded slash', 'a%2Fb'],
  ['an encoded NUL', 'a%00'],
  ['a star', '*'],
  ['capitals', 'ACME'],
  ['look-alikes', encodeURIComponent('\u0430cme')],
  ['8 KiB', 'a'.repeat(8192)],
])('a path cannot hold %s for an id', async (_what, id) => {
  for (const [method, path, field] of [
    ['GET', `/byok/operations/${id}`, 'id'],
    ['POST', `/byok/operations/${id}/cancel`, 'id'],
    ['DELETE', `/byok/tenants/${id}`, 'id'],
  ] as const) {
    const reply = await door.send({ method, path: `${BASE}${path}` });
    // `..` is an id that is none, never a step up.
    expect([path, ...verdictOf(reply)]).toEqual([path, 400, 'invalid_request', field]);
  }
});

test('a path that cannot be decoded is refused', async () => {
  expect(verdictOf(await door.send({ path: `${BASE}/byok/operations/%E0%A4%A` }))).toEqual([
    400,
    'invalid_request',
    undefined,
  ]);
});

test('an unknown service is told with its nearest names, and without the name that was sent', async () => {
  const near = await door.post('/byok/generate-keys', { ...sound(), service_id: 'openruoter' });
  expect(verdictOf(near).slice(0, 2)).toEqual([422, 'unknown_service']);
  expect(near.json).toMatchObject({ nearest: ['openrouter'], detail: expect.stringContaining('service_id') });
  expect(near.text).not.toContain('openruoter');
  const far = await door.post('/byok/validate-key', { ...sound(), service_id: 'zzzzzzzzzzzz' });
  expect(far.json).toMatchObject({ code: 'unknown_service', nearest: [] });
  const named = await door.post('/byok/rotate-key', { ...sound(), service_id: 'constructor' });
  expect(named.json).toMatchObject({ code: 'unknown_service' });
});

test('afterwards nothing is said, logged or kept', async () => {
  expect(await whatIsLeft(door)).toEqual(NOTHING);
});
