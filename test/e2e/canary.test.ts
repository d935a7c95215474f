/**
 * No secret leaves its way: unique credentials go through every path, then every store is searched for them in
 * every form. Each search first finds a planted control in that very store; one that cannot fails.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createLogger } from '../../src/log';
import { clearInbox, isInInbox, listInbox, putInbox } from '../../src/vault/inbox';
import { writeKvEntry } from '../../src/vault/kv-entry';
import { keyPath } from '../../src/vault/paths';
import type { SealedKey } from '../../src/contract/keys';
import { findSecrets, formsOf, holds, windowsOf, type Canary, type Piece } from '../canary/find-secrets';
import {
  gatherFiles,
  gatherHistories,
  gatherKeyVersions,
  gatherPrinted,
  gatherSqlite,
  gatherTables,
} from '../canary/gather-pieces';
import { Canaries } from '../canary/make-canary';
import { BAD_REQUESTS } from '../canary/bad-requests';
import { mint, playRevocation, playWholeLife, type Play } from '../canary/play-canaries';
import { makePlatformKey, playGateway } from '../canary/play-gateway';
import { Recorder } from '../canary/recorder';
import { startService, until, type TestService } from '../support/service';
import { testStack } from '../support/stack';

/** Bearer, basic, query, path, form, exchanged for a token, in a reply's body, and with no probe. */
const SERVICES = [
  'openrouter',
  'stripe',
  'twilio-auth-token',
  'paypal',
  'slack-bot',
  'telegram-bot',
  'google-gemini',
  'mixpanel-service-account',
  'salesforce-refresh-token',
  'tiktok-ads',
  'segment-write-key',
];

/** How many of them the tenant has that leaves. */
const LEFT = 3;

const startedMs = Date.now();
const canaries = new Canaries();
/** What callers of the gateway say and hear: theirs, and kept nowhere. */
const contents = new Canaries();
const platformKey = makePlatformKey(canaries);
/** Looks like an id, so that it can go where ids go. */
const control = `control${randomBytes(12).toString('hex')}`;
const errors: Record<string, unknown> = {};
let logged = '';
let service: TestService;
let recorder: Recorder;
let keeper: string;
let leaver: string;
/** Ciphertexts seen in the vault. */
const sealed = new Set<string>();

beforeAll(async () => {
  const log = createLogger('debug', { write: (line) => void (logged += line) });
  const env = { LOG_LEVEL: 'debug', OPENROUTER_API_KEY: platformKey };
  service = await startService(env, { log, wrapActivities: keepErrors });
  service.simulator.setCredential('openrouter', { api_key: platformKey }, 'good');
  recorder = new Recorder(service);
  keeper = service.tenant('keeper');
  leaver = service.tenant('leaver');
});
afterAll(() => service.stop());

/** What activities throw is what Temporal gets. */
function keepErrors<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(
    ([name, step]: [string, (...args: unknown[]) => unknown]) => [
      name,
      async (...args: unknown[]) => {
        try {
          return await step(...args);
        } catch (error) {
          errors[`error of ${name} ${Object.keys(errors).length}`] = error;
          throw error;
        }
      },
    ],
  );
  return Object.fromEntries(wrapped) as T;
}

const playOf = (serviceId: string, tenantId: string): Play => ({
  service,
  ask: recorder.ask,
  canaries,
  serviceId,
  tenantId,
});

/** Fails when the control is not there, then when a canary is. */
function expectClean(pieces: readonly Piece[], more: readonly Canary[] = []): void {
  expect(holds(pieces, control)).toBe(true);
  expect(findSecrets(pieces, [...canaries.all, ...more])).toEqual([]);
}

const ciphertexts = (): Canary[] =>
  [...sealed].map((value, i) => ({ name: `ciphertext ${i}`, value: value.slice('vault:v1:'.length) }));
const neverKept = (): Canary[] => [...ciphertexts(), ...contents.all];

describe('the search', () => {
  const secret = `sk-"${randomBytes(12).toString('base64')}\\/+&=${randomBytes(12).toString('base64')}`;
  const canary = { name: 'planted', value: secret };

  test.each([...formsOf(secret).keys()])('finds a secret written as %s', (form) => {
    const bytes = Buffer.concat([Buffer.from('some text '), formsOf(secret).get(form) as Buffer]);
    expect(findSecrets([{ name: 'a piece', bytes }], [canary])).not.toEqual([]);
  });

  test('finds a part of a secret, at any place of a base64 text, and nothing where nothing is', () => {
    const [window = ''] = windowsOf(secret);
    const piece = (text: string): Piece[] => [{ name: 'a piece', bytes: Buffer.from(text) }];
    expect(findSecrets(piece(`cut ${window} short`), [canary])).toHaveLength(1);
    for (const lead of ['', 'a', 'ab', 'user:', '{"api_key":"']) {
      const text = Buffer.from(`${lead}${secret}"}`).toString('base64');
      expect(findSecrets(piece(text), [canary])).not.toEqual([]);
    }
    expect(findSecrets(piece(`only the hint ${secret.slice(-4)}`), [canary])).toEqual([]);
  });
});

describe('credentials on their way', () => {
  test.each(['keeper', 'leaver'])(
    'live their whole life, tenant %s',
    async (who) => {
      const tenantId = who === 'keeper' ? keeper : leaver;
      const played = who === 'keeper' ? SERVICES : SERVICES.slice(0, LEFT);
      for (let start = 0; start < played.length; start += 6) {
        await Promise.all(played.slice(start, start + 6).map((id) => playWholeLife(playOf(id, tenantId))));
      }
    },
    120_000,
  );

  test('with every character that some encoding changes', async () => {
    const play = playOf('mixpanel-service-account', service.tenant('special'));
    const { good } = service.simulator.find(play.serviceId).credentials;
    const secret = canaries.text('special', `"\\/+&=%<>?#:;'{} ${'x"1\\a/b+2&=%3'.repeat(3)}`);
    const fields = { ...good, secret };
    service.simulator.setCredential(play.serviceId, fields, 'good');
    const body = { tenant_id: play.tenantId, service_id: play.serviceId, api_keys: fields };
    expect((await recorder.ask({ path: '/byok/generate-keys', body })).body.verdict).toBe('valid');
  });

  test('in requests that are refused', async () => {
    for (const [name, build] of Object.entries(BAD_REQUESTS)) {
      const secret = canaries.text(name, `sk-or-v1-${'0'.repeat(64)}`);
      const told = await recorder.ask(build({ secret, tenantId: keeper }));
      expect([name, told.status >= 400]).toEqual([name, true]);
    }
  });

  test('as an Idempotency-Key, and in reasons that no pattern knows', async () => {
    const about = { tenant_id: keeper, service_id: 'openrouter' };
    const idempotencyKey = canaries.text('Idempotency-Key', 'x1'.repeat(20));
    const headers = { 'idempotency-key': idempotencyKey };
    expect((await recorder.ask({ path: '/byok/validate-key', body: about, headers })).status).toBe(200);
    const play = playOf('twilio-auth-token', keeper);
    const { auth_token } = mint(play, 'reason', 'good');
    const reason = `the token was ${auth_token}, sorry`;
    const body = { tenant_id: keeper, service_id: 'twilio', reason };
    const told = await recorder.ask({ method: 'DELETE', path: '/byok/revoke-key', body });
    expect([told.status, told.body.code]).toEqual([422, 'secret_in_text']);
  });

  test('are resolved only for the service that may', async () => {
    const path = `/byok/resolve?tenant_id=${keeper}&service_id=openrouter`;
    const told = await recorder.ask({ path, as: { role: 'service', tenantId: keeper } });
    expect(
      findSecrets([{ name: 'the reply', bytes: Buffer.from(JSON.stringify(told.body)) }], canaries.all),
    ).toHaveLength(1);
    expect((await recorder.ask({ path })).status).toBe(403);
  });

  test('go through the gateway', () => playGateway(playOf('openrouter', service.tenant('caller')), contents));

  test('are revoked, and a tenant leaves', async () => {
    for (const version of await gatherKeyVersions(service.vault.worker, [keeper, leaver])) {
      version.sealed.forEach((text) => sealed.add(text));
    }
    expect(sealed.size).toBeGreaterThan(SERVICES.length);
    await Promise.all(SERVICES.slice(0, LEFT - 1).map((id) => playRevocation(playOf(id, leaver))));
    const left = await recorder.ask({ method: 'DELETE', path: `/byok/tenants/${leaver}` });
    expect(left.status).toBeLessThan(300);
    for (const path of ['/byok/keys', '/byok/operations', '/audit']) {
      for (const tenant of [keeper, leaver])
        await recorder.ask({ path: `${path}?tenant_id=${tenant}&limit=200` });
    }
    for (const path of ['//metrics', '//openapi.json', '/byok/services', '//readyz'])
      await recorder.ask({ path });
  }, 120_000);

  test('come to rest', async () => {
    // The control goes where a tenant's id goes: into histories, rows, audit lines and answers.
    const { good } = service.simulator.find('openrouter').credentials;
    const body = { tenant_id: control, service_id: 'openrouter', api_keys: good };
    expect((await recorder.ask({ path: '/byok/generate-keys', body })).status).toBe(201);
    await until('every operation is closed and every run has ended or waits', async () => {
      const { rows } = await query(`select count(*)::int as open from operations where closed_at is null`);
      return rows[0]?.['open'] === 0;
    });
    await until('versions that were to be retired are', async () => {
      const { rows } = await query(
        `select count(*)::int as left from key_index where retiring_count > 0 and state <> 'revoked'`,
      );
      return rows[0]?.['left'] === 0;
    });
  });
});

async function query(sql: string): Promise<{ rows: Record<string, unknown>[] }> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: service.database.databaseUrl });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

describe('no trace of them, nor of their ciphertexts,', () => {
  test('in workflow histories', async () => {
    const pieces = await gatherHistories(service.temporal.client, startedMs);
    expect(pieces.length).toBeGreaterThan(100);
    expectClean(pieces, neverKept());
    const ours = pieces.filter(({ bytes }) =>
      [keeper, leaver, control].some((tenant) => bytes.includes(tenant)),
    );
    expect(ours.filter(({ bytes }) => bytes.includes('vault:v1:')).map(({ name }) => name)).toEqual([]);
  });

  test("in Temporal's database", async () => {
    const { home } = await testStack();
    expectClean(gatherSqlite(join(home, 'temporal.db')), neverKept());
  });

  test('in the ledger', async () => {
    await query(`create table scratch (note text)`);
    await query(`insert into scratch values ('${control}')`);
    const pieces = await gatherTables(service.database.databaseUrl);
    expect(
      holds(
        pieces.filter(({ name }) => name === 'table scratch'),
        control,
      ),
    ).toBe(true);
    expectClean(pieces, neverKept());
  });

  test('in the answers', () => {
    expect(recorder.heard.length).toBeGreaterThan(200);
    expectClean(recorder.heard, ciphertexts());
  });

  test('in the logs of our process, at level debug', () => {
    service.options.log.debug({ note: control }, 'planted');
    expectClean([{ name: 'our log', bytes: Buffer.from(logged) }], neverKept());
  });

  test('in what is printed of clients and errors', () => {
    const { stop: _stop, call: _call, simulator: _simulator, env: _env, ...printable } = service;
    expect(Object.keys(errors).length).toBeGreaterThan(10);
    expectClean(
      gatherPrinted({ ...errors, printable, control: new Error('x', { cause: { control } }) }),
      ciphertexts(),
    );
  });
});

describe('in the vault', () => {
  test('no version shows them, and what was destroyed answers nothing', async () => {
    const ref = { tenantId: control, serviceId: 'openrouter', keyName: 'planted' };
    const { worker } = service.vault;
    await writeKvEntry(worker, keyPath(worker.settings, 'data', ref), { value: { control }, cas: 0 });
    const versions = await gatherKeyVersions(worker, [keeper, leaver, service.tenant('special'), control]);
    expectClean(versions);
    const destroyed = versions.filter((version) => version.destroyed);
    expect(destroyed.length).toBeGreaterThan(SERVICES.length);
    expect(destroyed.filter(({ status, sealed: left }) => status !== 404 || left.length > 0)).toEqual([]);
    // Of a tenant that left, no version holds a ciphertext any more.
    const left = versions.filter(({ name, sealed: rest }) => name.includes(leaver) && rest.length > 0);
    expect(left.map(({ name }) => name)).toEqual([]);
  });

  test('the inbox is empty, with its metadata', async () => {
    const { api, worker } = service.vault;
    const operation = '01900000-0000-7000-8000-000000000000';
    const planted = { sealed: 'vault:v1:planted' as SealedKey, fingerprint: 'x', hint: null };
    await putInbox(api, keeper, operation, planted);
    expect(await listed(keeper)).toEqual([operation]);
    expect(await isInInbox(worker, keeper, operation)).toBe(true);
    await clearInbox(worker, keeper, operation);
    for (const tenant of [keeper, leaver, control]) expect(await listed(tenant)).toEqual([]);
  });

  test('its own audit log, and the logs of the other servers, hold nothing', async () => {
    const { home } = await testStack();
    const pieces = gatherFiles(join(home, 'logs'));
    expect(
      holds(
        pieces.filter(({ name }) => name.startsWith('vault-audit')),
        control,
      ),
    ).toBe(true);
    expectClean(pieces, neverKept());
  });
});

async function listed(tenantId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const operation of listInbox(service.vault.worker, tenantId)) found.push(operation);
  return found;
}
