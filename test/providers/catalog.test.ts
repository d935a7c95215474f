import { KeyturnError } from '../../src/contract/errors';
import { ID_PATTERN } from '../../src/contract/ids';
import { catalog, findService, listServices, parseServiceId } from '../../src/providers/catalog';
import { parseFields, warningsOf } from '../../src/providers/parse-fields';
import { CATEGORIES, RotationClass, type ProviderEntry } from '../../src/providers/provider';
import { exampleFields } from './example-credentials';
import { REPLY_SHEETS } from './replies';

const FIRST_USERS_NAMES = (
  'openai anthropic openrouter cohere mistral stripe paypal razorpay payu google-ads meta-ads linkedin twitter ' +
  'hubspot salesforce pipedrive zoho twilio sendgrid resend google-analytics mixpanel amplitude'
).split(' ');

const each = catalog.map((entry): [string, ProviderEntry] => [entry.id, entry]);
const steps = (entry: ProviderEntry) => entry.probe?.ways.flatMap((way) => way.steps) ?? [];

/** A pattern's source without escapes, character classes and anything in brackets. */
function withoutGroups(source: string): string {
  let rest = source.replaceAll(/\\./g, '').replaceAll(/\[[^\]]*\]/g, '');
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replaceAll(/\([^()]*\)/g, '');
  }
  return rest;
}

describe('the catalogue', () => {
  test('knows at least 60 services and every name of the first user', () => {
    expect(catalog.length).toBeGreaterThanOrEqual(60);
    for (const name of FIRST_USERS_NAMES) expect(findService(parseServiceId(name))).toBeDefined();
  });

  test('gives every id and alias to one entry only', () => {
    const names = catalog.flatMap((entry) => [entry.id, ...entry.aliases]);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names.filter((name) => !ID_PATTERN.test(name))).toEqual([]);
  });

  test('has a sheet of documented replies for every entry with a probe, and for no other', () => {
    const probed = catalog.filter((entry) => entry.probe !== null).map((entry) => entry.id);
    expect(Object.keys(REPLY_SHEETS).sort()).toEqual(probed.sort());
  });

  test('lists every service as plain JSON without templates of credentials', () => {
    const listed = listServices();
    expect(listed.map(({ id }) => id)).toEqual(catalog.map(({ id }) => id));
    expect(JSON.parse(JSON.stringify(listed))).toEqual(listed);
  });
});

describe.each(each)('%s', (_, entry) => {
  test('is complete', () => {
    expect(CATEGORIES).toContain(entry.category);
    expect(Object.values(RotationClass)).toContain(entry.rotation);
    expect(entry.docsUrl).toMatch(/^https:\/\//);
    expect(entry.revocation.url).toMatch(/^https:\/\//);
    expect(entry.revocation.meaning).toMatch(/^[A-Z].*\.$/);
    expect(entry.propagationSeconds).toBeGreaterThanOrEqual(0);
    const fields = Object.entries(entry.fields);
    expect(fields.some(([, spec]) => spec.secret && spec.required)).toBe(true);
    expect(fields.filter(([, spec]) => spec.hintable).length).toBeLessThanOrEqual(1);
    for (const [name, spec] of fields) {
      expect(name).toMatch(/^[a-z_]{1,32}$/);
      if (spec.hintable) expect(spec.secret).toBe(true);
    }
  });

  test('has anchored patterns', () => {
    const patterns = Object.values(entry.fields).flatMap(({ pattern, patternHint }) => [
      pattern,
      patternHint,
    ]);
    const hosts = entry.hosts.filter((host) => typeof host !== 'string');
    for (const pattern of [...patterns, ...hosts].filter((one) => one !== undefined)) {
      expect(pattern.source).toMatch(/^\^.*\$$/);
      expect(pattern.flags).not.toMatch(/[gmy]/);
      // An alternative outside of brackets would escape the anchors.
      expect(withoutGroups(pattern.source)).not.toContain('|');
    }
  });

  test('takes its own examples and warns of none', () => {
    const fields = exampleFields(entry);
    expect(parseFields(entry, fields)).toEqual(fields);
    const all = Object.entries(entry.fields).filter(([, spec]) => spec.format === undefined);
    expect(warningsOf(entry, Object.fromEntries(all.map(([name, spec]) => [name, spec.example])))).toEqual(
      [],
    );
  });

  test('asks over https, at hosts of its list', () => {
    for (const step of steps(entry)) {
      const host = /^https:\/\/([^/]+)\/[^?#]*$/.exec(step.url)?.[1];
      if (host === undefined) throw new Error(`${step.url} is no https URL without a query`);
      if (!host.includes('{')) expect(entry.hosts).toContain(host);
    }
  });

  test('shows no field of the credential and no token', () => {
    const shown = steps(entry).flatMap((step) => [
      ...Object.values(step.details ?? {}),
      ...(step.account ?? []),
    ]);
    const places = shown.map((place) => (typeof place === 'string' ? place : place.header));
    expect(
      places.filter((place) =>
        /auth_token|access_token|refresh_token|api_?key|secret|^data\.label$/i.test(place),
      ),
    ).toEqual([]);
  });
});

describe('a name that is not known', () => {
  const refuse = (name: unknown): KeyturnError => {
    try {
      parseServiceId(name);
    } catch (error) {
      if (error instanceof KeyturnError) return error;
    }
    throw new Error('was taken');
  };

  test('is refused with the nearest ids', () => {
    expect(refuse('opnai').details).toEqual({
      field: 'service_id',
      nearest: expect.arrayContaining(['openai']),
    });
    expect(refuse('stipe').message).toContain('stripe');
    expect(refuse('salesforce-client').details['nearest']).toContain('salesforce-client-credentials');
  });

  test('is never quoted', () => {
    const pasted = 'sk-or-v1-0123456789';
    expect(JSON.stringify([refuse(pasted).message, refuse(pasted).details])).not.toContain('0123456789');
  });

  test.each([
    undefined,
    null,
    7,
    {},
    '',
    'STRIPE',
    'stripe ',
    '__proto__',
    'constructor',
    'x'.repeat(100_000),
  ])('%p', (name) => {
    expect(refuse(name).code).toBe('unknown_service');
  });
});
