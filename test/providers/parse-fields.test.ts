import { KeyturnError } from '../../src/contract/errors';
import { findService } from '../../src/providers/catalog';
import { hintOf, MAX_FIELD_CHARACTERS, parseFields, warningsOf } from '../../src/providers/parse-fields';
import type { ProviderEntry } from '../../src/providers/provider';
import { SERVICE_ACCOUNT_FILE } from './example-credentials';

function service(id: string): ProviderEntry {
  const entry = findService(id);
  if (entry === undefined) throw new Error(`no service ${id}`);
  return entry;
}

const openrouter = service('openrouter');
const paypal = service('paypal');
const hubspot = service('hubspot');
const googleAds = service('google-ads');
const goodKey = `sk-or-v1-${'5'.repeat(64)}`;

function refuse(entry: ProviderEntry, raw: unknown): KeyturnError {
  try {
    parseFields(entry, raw);
  } catch (error) {
    if (error instanceof KeyturnError) {
      expect(error.code).toBe('invalid_fields');
      return error;
    }
    throw error;
  }
  throw new Error('the fields were taken');
}

describe('parseFields', () => {
  test('returns exactly what was sent', () => {
    expect(parseFields(openrouter, { api_key: goodKey })).toEqual({ api_key: goodKey });
    const pair = { client_id: 'a', client_secret: 'b', environment: 'sandbox' };
    expect(parseFields(paypal, pair)).toEqual(pair);
  });

  test.each([null, undefined, 'text', 7, true, [], [goodKey]])('refuses %p in place of fields', (raw) => {
    expect(refuse(openrouter, raw).details['field']).toBeNull();
  });

  test.each([
    ['a number', 7],
    ['null', null],
    ['a list', [goodKey]],
    ['an object', { toString: goodKey }],
    ['nothing', ''],
    ['blanks', '   '],
    ['a space before', ` ${goodKey}`],
    ['a line break after', `${goodKey}\n`],
    ['NUL', `${goodKey.slice(0, -1)}\0`],
    ['a line break within', `${goodKey.slice(0, -1)}\r\nx: y`],
    ['a look-alike', goodKey.replace('s', 'ѕ')],
    ['an invisible character', `${goodKey}\u200b`],
    ['another form', 'sk-or-v1-short'],
    ['upper case', goodKey.toUpperCase()],
    ['too much', 'x'.repeat(64 * 1024)],
  ])('refuses %s as a key, naming the field and not the value', (_, value) => {
    const error = refuse(openrouter, { api_key: value });
    expect(error.details).toEqual({ service_id: 'openrouter', field: 'api_key' });
    expect(error.message).toMatch(/^api_key /);
    expect(JSON.stringify([error.message, error.details])).not.toContain('55555');
  });

  test('bounds a field without a pattern', () => {
    const fields = { client_id: 'a', client_secret: 'x'.repeat(MAX_FIELD_CHARACTERS), environment: 'live' };
    expect(parseFields(paypal, fields)).toEqual(fields);
    expect(refuse(paypal, { ...fields, client_secret: `${fields.client_secret}x` }).message).toContain(
      '8192',
    );
  });

  test('names a missing field, and the words of a choice', () => {
    expect(refuse(openrouter, {}).details['field']).toBe('api_key');
    expect(refuse(paypal, { client_id: 'a', client_secret: 'b' }).details['field']).toBe('environment');
    expect(refuse(paypal, { client_id: 'a', client_secret: 'b', environment: 'prod' }).message).toContain(
      'live, sandbox',
    );
  });

  test('refuses unknown fields, and quotes no name that may be a value', () => {
    expect(refuse(openrouter, { api_key: goodKey, extra: 'x' }).details['field']).toBe('extra');
    for (const name of [goodKey, 'deadbeefdeadbeefdeadbeef0', 'x'.repeat(33), 'Bearer abc']) {
      const error = refuse(openrouter, { api_key: goodKey, [name]: 'x' });
      expect(JSON.stringify([error.message, error.details])).not.toContain(name);
    }
    for (const name of ['__proto__', 'constructor', 'toString']) {
      refuse(openrouter, JSON.parse(`{"api_key":"${goodKey}","${name}":"x"}`));
    }
  });

  test('takes api_key as the name of the only required secret', () => {
    const token = 'pat-na1-00000000-0000-0000-0000-000000000000';
    expect(parseFields(hubspot, { api_key: token })).toEqual({ access_token: token });
    expect(parseFields(paypal, { client_id: 'a', api_key: 'b', environment: 'live' })).toMatchObject({
      client_secret: 'b',
    });
    expect(refuse(hubspot, { api_key: token, access_token: token }).details['field']).toBe('api_key');
  });

  test('lists the secrets when api_key could be any of several', () => {
    expect(refuse(googleAds, { api_key: 'x' }).message).toContain(
      'developer_token, client_secret, refresh_token',
    );
  });

  test('leaves api_key alone where it is a field of its own', () => {
    const vonage = service('vonage');
    expect(refuse(vonage, { api_key: 'example0' }).details['field']).toBe('api_secret');
  });
});

describe('a service account key file', () => {
  const analytics = service('google-analytics');
  const file = JSON.parse(SERVICE_ACCOUNT_FILE) as Record<string, string>;
  const parse = (changes: object) => ({
    service_account_json: JSON.stringify({ ...file, ...changes }, null, 2),
  });

  test('may have line breaks', () => {
    expect(parseFields(analytics, parse({}))).toEqual(parse({}));
  });

  test.each([
    ['another type', { type: 'authorized_user' }],
    ['no e-mail', { client_email: undefined }],
    ['an e-mail elsewhere', { client_email: 'a@attacker.example' }],
    ['no key', { private_key: undefined }],
    ['a broken key', { private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' }],
  ])('is refused with %s', (_, changes) => {
    expect(refuse(analytics, parse(changes)).details['field']).toBe('service_account_json');
  });

  test.each(['{', '[]', 'null', '7', '"text"'])('is refused when it is %s', (text) => {
    refuse(analytics, { service_account_json: text });
  });

  test('is never hinted at', () => {
    expect(hintOf(analytics, { service_account_json: SERVICE_ACCOUNT_FILE })).toBeNull();
  });
});

describe('hintOf', () => {
  test.each([
    ['x'.repeat(16) + 'abcd', 'abcd'],
    ['x'.repeat(15) + 'abcd', 'cd'],
    ['x'.repeat(8) + 'abcd', 'cd'],
    ['x'.repeat(7) + 'abcd', null],
  ])('shows of %s only %p', (client_secret, hint) => {
    expect(hintOf(paypal, { client_id: 'identifier-that-is-long', client_secret, environment: 'live' })).toBe(
      hint,
    );
  });
});

describe('warningsOf', () => {
  test('speaks of a value that looks unusual, without quoting it', () => {
    const [warning, ...others] = warningsOf(hubspot, { access_token: 'unusual-token-of-new-kind' });
    expect(warning).toMatch(/^access_token does not have the usual form/);
    expect(warning).not.toContain('unusual-token');
    expect(others).toEqual([]);
  });

  test('is silent otherwise', () => {
    expect(warningsOf(openrouter, { api_key: goodKey })).toEqual([]);
  });
});
