/** What goes over the wire, and how answers other than success are taken. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withCorrelationId } from '../../src/vault/correlation';
import { readKeyRecord, writeKeyRecord } from '../../src/vault/key-store';
import { retryDelayMs } from '../../src/vault/retry-rule';
import { sealFields } from '../../src/vault/transit';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS } from '../../src/vault/vault-settings';
import { newRecord, newRef } from './vault-fixture';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
}
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let vault: VaultClient;
let seen: Seen[];
let answers: Answer[];

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(JSON.stringify(body));
const SEALED = json(200, { data: { ciphertext: 'vault:v1:x' } });
const WRITTEN = json(200, { data: { version: 1 } });

beforeEach(async () => {
  [seen, answers] = [[], []];
  server = createServer((request, response) => {
    request.resume();
    if (request.url === '/v1/auth/token/lookup-self') return void response.end('{"data":{"ttl":0}}');
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    const answer = answers.shift() ?? json(599, { errors: ['not expected'] });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vault = await connectVault({
    settings: { address, ...VAULT_DEFAULTS, timeoutMs: 400 },
    login: { token: 'given' },
  });
});
afterEach(async () => {
  await vault.close();
  server.closeAllConnections();
  server.close();
});

it('sends the operation id of the work at hand, and none outside it', async () => {
  answers.push(SEALED, SEALED, SEALED);
  await withCorrelationId('op-1', () => sealFields(vault, newRef(), { a: '1' }));
  await withCorrelationId('op\r\nx-evil: 1', () => sealFields(vault, newRef(), { a: '1' }));
  await sealFields(vault, newRef(), { a: '1' });
  expect(seen.map(({ headers }) => headers['x-correlation-id'])).toEqual(['op-1', undefined, undefined]);
});

it('lets a read see what was written: index of the last write, active node', async () => {
  answers.push(json(200, { data: { version: 1 } }, { 'X-Vault-Index': 'i-7' }), json(404, { errors: [] }));
  await writeKeyRecord(vault, newRef(), newRecord(), 0);
  await readKeyRecord(vault, newRef());
  expect(seen[1]?.headers).toMatchObject({
    'x-vault-index': 'i-7',
    'x-vault-inconsistent': 'forward-active-node',
    'x-vault-forward': 'active-node',
  });
  expect(seen[0]?.headers['x-vault-forward']).toBeUndefined();
});

it('does without the forward header where the server forbids it', async () => {
  answers.push(json(400, { errors: ['forwarding via header X-Vault-Forward disabled in configuration'] }));
  answers.push(json(404, { errors: [] }), json(404, { errors: [] }));
  await readKeyRecord(vault, newRef());
  await readKeyRecord(vault, newRef());
  expect(seen.map(({ headers }) => headers['x-vault-forward'])).toEqual([
    'active-node',
    undefined,
    undefined,
  ]);
});

it.each([
  ['no answer', (request: IncomingMessage) => request.socket.destroy()],
  ['500', json(500, { errors: ['local node not active but active cluster node not found'] })],
  ['502', json(502, '<html>')],
  [
    '429 of a quota',
    json(429, { errors: ['request path: rate limit quota exceeded'] }, { 'Retry-After': '0' }),
  ],
  ['412', json(412, { errors: ['required index state not present'] })],
] as [string, Answer][])('tries an idempotent request again after %s', async (_what, failure) => {
  answers.push(failure, SEALED);
  await sealFields(vault, newRef(), { a: '1' });
  expect(seen).toHaveLength(2);
});

it.each([
  ['no answer', (request: IncomingMessage) => request.socket.destroy()],
  ['500', json(500, { errors: ['internal error'] })],
] as [string, Answer][])('leaves a check-and-set write to the caller after %s', async (_what, failure) => {
  answers.push(failure, WRITTEN);
  await expect(writeKeyRecord(vault, newRef(), newRecord(), 0)).rejects.toMatchObject({
    code: 'vault_unavailable',
  });
  expect(seen).toHaveLength(1);
});

it('repeats a check-and-set write that was not carried out', async () => {
  answers.push(json(429, { errors: [] }, { 'Retry-After': '0' }), WRITTEN);
  expect(await writeKeyRecord(vault, newRef(), newRecord(), 0)).toBe(1);
});

it('gives up in bounded time on a server that never answers', async () => {
  answers.push(...Array.from({ length: 9 }, (): Answer => () => undefined));
  await expect(sealFields(vault, newRef(), { a: '1' })).rejects.toMatchObject({
    code: 'vault_unavailable',
    details: { reason: 'TIMEOUT' },
  });
  expect(seen.length).toBeLessThanOrEqual(3);
});

it.each([
  [
    'a redirect, without following it',
    json(307, {}, { location: 'http://127.0.0.1:1/' }),
    'vault_unavailable',
  ],
  ['sealed, at once', json(503, { errors: ['Vault is sealed'] }), 'vault_unavailable'],
  [
    'a reply without end',
    (_request: IncomingMessage, response: ServerResponse) => void response.end('x'.repeat(9 << 20)),
    'vault_unavailable',
  ],
  [
    'a success that is no JSON',
    (_request: IncomingMessage, response: ServerResponse) => void response.end('<html>'),
    'vault_unavailable',
  ],
  ['a refusal', json(405, { errors: ['unsupported operation'] }), 'internal'],
] as [string, Answer, string][])('reports %s', async (_what, answer, code) => {
  answers.push(answer, answer, answer, answer);
  await expect(sealFields(vault, newRef(), { a: '1' })).rejects.toMatchObject({ code });
});

it('heeds no environment variable of the library', async () => {
  const names = {
    VAULT_TOKEN: 'stray',
    VAULT_PREFIX: '/stray',
    VAULT_NAMESPACE: 'stray',
    HTTP_PROXY: 'http://127.0.0.1:1',
    http_proxy: 'http://127.0.0.1:1',
    VAULT_ADDR: 'http://127.0.0.1:1',
  };
  const before = { ...process.env };
  Object.assign(process.env, names);
  try {
    const other = await connectVault({ settings: vault.settings, login: { token: 'given' } });
    answers.push(SEALED);
    await sealFields(other, newRef(), { a: '1' });
    expect(seen[0]).toMatchObject({
      url: '/v1/transit/encrypt/keyturn',
      headers: { 'x-vault-token': 'given' },
    });
    expect(seen[0]?.headers['x-vault-namespace']).toBeUndefined();
    await other.close();
  } finally {
    for (const name of Object.keys(names)) delete process.env[name];
    Object.assign(process.env, before);
  }
});

it('sends the namespace that is set', async () => {
  const settings = { ...vault.settings, namespace: 'team' };
  const other = await connectVault({ settings, login: { token: 'given' } });
  answers.push(SEALED);
  await sealFields(other, newRef(), { a: '1' });
  expect(seen[0]?.headers['x-vault-namespace']).toBe('team');
  await other.close();
});

it.each([
  [{ address: 'vault:8200' }, 'VAULT_ADDR'],
  [{ address: 'ftp://vault' }, 'VAULT_ADDR'],
  [{ address: 'http://user:pass@vault' }, 'VAULT_ADDR'],
  [{ kvMount: '../sys' }, 'KEYTURN_VAULT_KV_MOUNT'],
  [{ transitMount: '' }, 'KEYTURN_VAULT_TRANSIT_MOUNT'],
  [{ transitKey: 'a/b' }, 'KEYTURN_VAULT_TRANSIT_KEY'],
  [{ timeoutMs: 0 }, 'KEYTURN_VAULT_TIMEOUT_MS'],
  [{ caCertPath: '/nowhere/ca.pem' }, 'VAULT_CACERT'],
])('refuses the setting %j by its name', async (change, setting) => {
  const attempt = connectVault({ settings: { ...vault.settings, ...change }, login: { token: 'given' } });
  await expect(attempt).rejects.toMatchObject({ code: 'vault_unavailable', details: { setting } });
});

it('waits longer with every try, as long as asked, and not for ever', () => {
  const failed = { status: 429, errors: [], retryAfterSeconds: null, attempt: 1, idempotent: false };
  const delays = [1, 2, 3].map((attempt) => retryDelayMs({ ...failed, attempt }, () => 0.5));
  expect(delays).toEqual([50, 100, 200]);
  expect(retryDelayMs({ ...failed, retryAfterSeconds: 1 }, () => 0.5)).toBe(1_000);
  expect(retryDelayMs({ ...failed, retryAfterSeconds: 60 })).toBeNull();
  expect(retryDelayMs({ ...failed, attempt: 4 })).toBeNull();
});
