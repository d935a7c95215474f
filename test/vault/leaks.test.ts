/** No error, client or log line carries a token, a body or a credential, whatever goes wrong and however it is printed. */
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { fingerprintFields, openFields, sealFields } from '../../src/vault/transit';
import type { SealedKey } from '../../src/contract/keys';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS } from '../../src/vault/vault-settings';
import { freePort } from './open-bao';
import { newRef } from './vault-fixture';

const TOKEN = `s.${randomUUID()}`;
const ROLE_ID = randomUUID();
const SECRET_ID = randomUUID();
const SECRET = `sk-${randomUUID()}`;
const LOGIN = { auth: { client_token: TOKEN, lease_duration: 1_200, renewable: true } };

/** Every way somebody might print it, and every way the secret might be written. */
function assertClean(value: unknown): void {
  const printed = [
    inspect(value, { depth: Infinity, showHidden: true, getters: true }),
    JSON.stringify(value, Object.getOwnPropertyNames(Object(value))),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? (value.stack ?? '') : '',
    pinoLine(value),
  ].join('\n');
  for (const secret of [TOKEN, SECRET, SECRET_ID, ROLE_ID]) {
    expect(printed).not.toContain(secret);
    expect(printed).not.toContain(Buffer.from(secret).toString('base64').slice(4, 40));
    expect(printed).not.toContain(encodeURIComponent(secret));
  }
}

function pinoLine(value: unknown): string {
  let line = '';
  pino({}, { write: (text: string) => void (line += text) }).error(
    value instanceof Error ? { err: value } : { value },
    'x',
  );
  return line;
}

/** A vault that logs in, then fails as told, echoing all it was sent. */
async function failingVault(fail: RequestListener): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    if (request.url === '/v1/auth/approle/login') return void response.end(JSON.stringify(LOGIN));
    if (request.url?.startsWith('/v1/auth/token/')) return void response.end('{"data":{}}');
    fail(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const echo =
  (status: number): RequestListener =>
  (request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const errors = [`echo ${body} ${String(request.headers['x-vault-token'])} ${SECRET}`];
      const values = Object.values(JSON.parse(body || '{}') as object).join(' ');
      response
        .writeHead(status)
        .end(
          JSON.stringify({ errors: [`${values} ${String(request.headers['x-vault-token'])}`], echo: errors }),
        );
    });
  };

const FAILURES: Record<string, RequestListener> = {
  '400 that echoes': echo(400),
  '403 that echoes': echo(403),
  '404 that echoes': echo(404),
  '429 that echoes': echo(429),
  '500 that echoes': echo(500),
  '503 that echoes': echo(503),
  'a redirect': (_request, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  'a cut connection': (request) => request.socket.destroy(),
  'no answer': () => undefined,
  'a page of HTML': (_request, response) => response.end('<html>'),
  'an opened value that is no JSON': (_request, response) =>
    response.end(JSON.stringify({ data: { plaintext: Buffer.from(`{${SECRET}`).toString('base64') } })),
  'an opened value of the wrong kind': (_request, response) =>
    response.end(
      JSON.stringify({
        data: { plaintext: Buffer.from(JSON.stringify({ a: { b: SECRET } })).toString('base64') },
      }),
    ),
};

it('finds a planted secret', () => {
  expect(() => assertClean(new Error(SECRET))).toThrow();
  expect(() =>
    assertClean(Object.assign(new Error('x'), { config: { headers: { token: TOKEN } } })),
  ).toThrow();
  expect(() =>
    assertClean(new Error('x', { cause: { body: Buffer.from(SECRET).toString('base64') } })),
  ).toThrow();
});

it.each(Object.entries(FAILURES))('%s', async (_what, fail) => {
  const { server, address } = await failingVault(fail);
  const lines: unknown[] = [];
  const log = {
    info: (...args: unknown[]) => void lines.push(args),
    warn: (...args: unknown[]) => void lines.push(args),
  };
  const settings = { address, ...VAULT_DEFAULTS, timeoutMs: 300 };
  const vault = await connectVault({
    settings,
    login: { appRole: { roleId: ROLE_ID, secretId: SECRET_ID } },
    log,
  });
  try {
    assertClean(vault);
    const attempts: ((client: VaultClient) => Promise<unknown>)[] = [
      (client) => sealFields(client, newRef(), { api_key: SECRET }),
      (client) => fingerprintFields(client, newRef(), { api_key: SECRET }),
      (client) => openFields(client, newRef(), SECRET as SealedKey),
    ];
    for (const attempt of attempts) {
      const error = await attempt(vault).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'KeyturnError' });
      assertClean(error);
    }
    assertClean(lines);
  } finally {
    await vault.close();
    server.closeAllConnections();
    server.close();
  }
});

it('a refused login and a vault that is away', async () => {
  const appRole = { roleId: ROLE_ID, secretId: SECRET_ID };
  const { server, address } = await failingVault(() => undefined);
  server.removeAllListeners('request');
  server.on('request', echo(400));
  const refused = await connectVault({ settings: { address, ...VAULT_DEFAULTS }, login: { appRole } }).catch(
    (e: unknown) => e,
  );
  expect(refused).toMatchObject({ code: 'vault_denied' });
  assertClean(refused);
  server.close();
  const away = { address: `http://127.0.0.1:${await freePort()}`, ...VAULT_DEFAULTS };
  const error = await connectVault({ settings: away, login: { appRole } }).catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: 'vault_unavailable',
    details: { reason: 'ECONNREFUSED', setting: 'VAULT_ADDR' },
  });
  assertClean(error);
});
