/** Bodies that must not get in: refused with the right code and the field, without an echo, leaving nothing behind. */
import { BASE, NOTHING, openDoor, SECRET, verdictOf, whatIsLeft, type Door } from './open-door';

let door: Door;

beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.service.stop());

const sound = () => ({ ...door.about(), api_keys: { api_key: SECRET } });

describe('a body', () => {
  const cases: readonly [string, string | (() => unknown), unknown[]][] = [
    [
      'is broken',
      `{"tenant_id":"acme","api_keys":{"api_key":"${SECRET}"`,
      [400, 'malformed_json', undefined],
    ],
    ['is a key', SECRET, [400, 'malformed_json', undefined]],
    ['is a JSON string', `"${SECRET}"`, [400, 'malformed_json', undefined]],
    ['is a number', '7', [400, 'malformed_json', undefined]],
    ['is an array', `[{"api_key":"${SECRET}"}]`, [400, 'invalid_request', 'body']],
    ['is empty', '', [400, 'invalid_request', 'tenant_id']],
    ['is white space', '  \n ', [400, 'malformed_json', undefined]],
    ['lacks everything', '{}', [400, 'invalid_request', 'tenant_id']],
    ['lacks the key', () => ({ ...sound(), api_keys: undefined }), [400, 'invalid_request', 'api_keys']],
    ['has an unknown field', () => ({ ...sound(), tenant: 'acme' }), [400, 'invalid_request', 'tenant']],
    ['has a key for a field name', () => ({ ...sound(), [SECRET]: 'x' }), [400, 'invalid_request', 'body']],
    ['has two unknown fields', () => ({ ...sound(), a: 1, [SECRET]: 2 }), [400, 'invalid_request', 'body']],
    [
      'has a constructor',
      () => ({ ...sound(), constructor: { prototype: { admin: true } } }),
      [400, 'invalid_request', 'constructor'],
    ],
    [
      'has a prototype',
      `{"tenant_id":"acme","service_id":"stripe","__proto__":{"admin":true},"api_keys":{"api_key":"${SECRET}"}}`,
      [400, 'invalid_request', 'body'],
    ],
    [
      'hides a prototype in the keys',
      `{"tenant_id":"acme","service_id":"openrouter","api_keys":{"__proto__":"${SECRET}","api_key":"${SECRET}"}}`,
      [400, 'invalid_request', 'body'],
    ],
    [
      'says a field twice',
      `{"tenant_id":"acme","tenant_id":"beta","service_id":"openrouter","api_keys":{"api_key":"${SECRET}"}}`,
      [400, 'invalid_request', 'body'],
    ],
    [
      'says a field twice, once escaped',
      `{"tenant_id":"acme","tenant\\u005fid":"beta","service_id":"openrouter","api_keys":{"api_key":"${SECRET}"}}`,
      [400, 'invalid_request', 'body'],
    ],
    [
      'says a key twice',
      `{"tenant_id":"acme","service_id":"openrouter","api_keys":{"api_key":"${SECRET}","api_key":"x"}}`,
      [400, 'invalid_request', 'body'],
    ],
    [
      'is nested deep',
      `{"tenant_id":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      [400, 'invalid_request', 'tenant_id'],
    ],
    [
      'nests its keys deep',
      () => ({ ...sound(), api_keys: { api_key: { api_key: SECRET } } }),
      [400, 'invalid_request', 'api_keys.api_key'],
    ],
    [
      'has keys that are an array',
      () => ({ ...sound(), api_keys: [SECRET] }),
      [400, 'invalid_request', 'api_keys'],
    ],
    [
      'has keys that are a string',
      () => ({ ...sound(), api_keys: SECRET }),
      [400, 'invalid_request', 'api_keys'],
    ],
    [
      'has a key that is a number',
      () => ({ ...sound(), api_keys: { api_key: 12345678 } }),
      [400, 'invalid_request', 'api_keys.api_key'],
    ],
    [
      'has a number under a key for a name',
      () => ({ ...sound(), api_keys: { [SECRET]: 1 } }),
      [400, 'invalid_request', 'api_keys'],
    ],
    [
      'has a long key for a name',
      () => ({ ...sound(), api_keys: { [SECRET + SECRET]: 'x' } }),
      [400, 'invalid_request', 'api_keys'],
    ],
    [
      'has no fields for the service',
      () => ({ ...sound(), api_keys: {} }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has an empty key',
      () => ({ ...sound(), api_keys: { api_key: '' } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a blank key',
      () => ({ ...sound(), api_keys: { api_key: '   ' } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a key with a line end',
      () => ({ ...sound(), api_keys: { api_key: `${SECRET}\n` } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a key with a NUL',
      () => ({ ...sound(), api_keys: { api_key: `${SECRET}\u0000` } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a key in another script',
      () => ({ ...sound(), api_keys: { api_key: `\u0455${SECRET}` } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a key of 16 KiB',
      () => ({ ...sound(), api_keys: { api_key: SECRET.padEnd(16_384, 'x') } }),
      [422, 'invalid_fields', 'api_key'],
    ],
    [
      'has a key of 60 KiB',
      () => ({ ...sound(), api_keys: { api_key: SECRET.padEnd(60_000, 'x') } }),
      [400, 'invalid_request', 'api_keys.api_key'],
    ],
    [
      'has an unknown credential',
      () => ({ ...sound(), api_keys: { api_key: SECRET, password: SECRET } }),
      [422, 'invalid_fields', 'password'],
    ],
    [
      'has a key for a credential name',
      () => ({ ...sound(), api_keys: { api_key: SECRET, [SECRET.slice(0, 60)]: 'x' } }),
      [422, 'invalid_fields', null],
    ],
    [
      'has an unknown validation',
      () => ({ ...sound(), validation: SECRET }),
      [400, 'invalid_request', 'validation'],
    ],
    [
      'is larger than 64 KiB',
      () => ({ ...sound(), reason: 'r'.repeat(64 * 1024) }),
      [413, 'payload_too_large', undefined],
    ],
  ];

  test.each(cases)('that %s', async (_what, body, expected) => {
    const reply = await door.post('/byok/generate-keys', typeof body === 'function' ? body() : body);
    expect(verdictOf(reply)).toEqual(expected);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each([
    ['a negative grace', { grace_seconds: -1 }, 'grace_seconds'],
    ['a grace that is too long', { grace_seconds: 2_592_001 }, 'grace_seconds'],
    ['a grace in words', { grace_seconds: '60' }, 'grace_seconds'],
    ['half a second of grace', { grace_seconds: 0.5 }, 'grace_seconds'],
    ['force in words', { force: 'true' }, 'force'],
    ['supersede as a number', { supersede: 1 }, 'supersede'],
  ])('of a rotation cannot have %s', async (_what, change, field) => {
    const reply = await door.post('/byok/rotate-key', { ...sound(), ...change });
    expect(verdictOf(reply)).toEqual([400, 'invalid_request', field]);
  });

  test('of another type, charset or encoding is refused', async () => {
    const typed = (headers: Record<string, string>) => door.post('/byok/generate-keys', sound(), headers);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json-patch+json',
      'multipart/form-data; boundary=x',
      'json',
      '',
    ]) {
      expect([type, ...verdictOf(await typed({ 'content-type': type }))]).toEqual([
        type,
        415,
        'unsupported_media_type',
        undefined,
      ]);
    }
    for (const charset of ['utf-16', 'utf-7', SECRET.slice(0, 20)]) {
      const reply = await typed({ 'content-type': `application/json; charset=${charset}` });
      expect([charset, ...verdictOf(reply)]).toEqual([charset, 415, 'unsupported_media_type', undefined]);
    }
    expect(verdictOf(await typed({ 'content-encoding': 'zstd-none' }))).toEqual([
      415,
      'unsupported_media_type',
      undefined,
    ]);
    expect(verdictOf(await typed({ 'content-encoding': 'gzip' }))).toEqual([
      400,
      'invalid_request',
      undefined,
    ]);
  });

  test('that swells when unpacked is refused', async () => {
    const { gzipSync } = await import('node:zlib');
    const reply = await door.send({
      method: 'POST',
      path: `${BASE}/byok/generate-keys`,
      body: gzipSync(Buffer.alloc(50 * 1024 * 1024, ' ')),
      headers: { 'content-encoding': 'gzip' },
    });
    expect(verdictOf(reply)).toEqual([413, 'payload_too_large', undefined]);
  });
});

describe('a reason', () => {
  test.each([
    ['is empty', ''],
    ['is blank', '  \t '],
    ['has a NUL', 'because\u0000'],
    ['has a line end', 'because\nof'],
    ['has half a surrogate pair', 'because \ud83d'],
    ['is too long', 'x'.repeat(501)],
  ])('that %s', async (_what, reason) => {
    const about = door.about();
    const body = JSON.stringify({ ...about, reason });
    for (const reply of [
      await door.post('/byok/generate-keys', { ...sound(), reason }),
      await door.send({ method: 'DELETE', path: `${BASE}/byok/revoke-key`, body }),
    ]) {
      expect(verdictOf(reply)).toEqual([400, 'invalid_request', 'reason']);
    }
  });

  test('that holds a key', async () => {
    const about = door.about();
    for (const reason of [SECRET, `leaked:${SECRET}.`, `see https://x.example/?key=${SECRET}`]) {
      const body = JSON.stringify({ ...about, reason });
      const revoke = await door.send({ method: 'DELETE', path: `${BASE}/byok/revoke-key`, body });
      expect([reason, ...verdictOf(revoke)]).toEqual([reason, 422, 'secret_in_text', 'reason']);
      const query = new URLSearchParams({ ...about, reason });
      const asked = await door.send({
        method: 'DELETE',
        path: `${BASE}/byok/revoke-key?${query.toString()}`,
      });
      expect([reason, ...verdictOf(asked)]).toEqual([reason, 422, 'secret_in_text', 'reason']);
    }
    const sent = await door.post('/byok/generate-keys', { ...sound(), reason: `was ${SECRET}` });
    expect(verdictOf(sent)).toEqual([422, 'secret_in_text', 'reason']);
  });
});

test('afterwards nothing is said, logged or kept', async () => {
  expect(await whatIsLeft(door)).toEqual(NOTHING);
});
