/** What is wrong with the vault is told apart; /readyz names the part; /metrics counts by route. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPorts } from '../../src/api';
import { createApp } from '../../src/http/app';
import { listen } from '../../src/http/listen';
import { apiRoutes } from '../../src/http/routes';
import { provisionVault } from '../../src/vault/provision';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS, type VaultSettings } from '../../src/vault/vault-settings';
import { callApi, startService, until, type ApiReply, type TestService } from '../support/service';
import { freePort, spawnBao, startOpenBao, type OpenBao } from '../vault/open-bao';
import { newCredentials } from '../vault/vault-fixture';
import { startIssuer, type TestIssuer } from './test-issuer';

let service: TestService;
let issuer: TestIssuer;
let bao: OpenBao;
let settings: VaultSettings;
let token: string;
const credentials = newCredentials();
const clients: VaultClient[] = [];

beforeAll(async () => {
  [service, issuer, bao] = await Promise.all([startService(), startIssuer(), startOpenBao()]);
  settings = { address: bao.address, ...VAULT_DEFAULTS, timeoutMs: 2_000 };
  await provisionVault(await connect({ token: bao.rootToken }), {
    roles: credentials,
    issuerUrl: 'http://k.test',
  });
  token = await issuer.sign({ roles: ['operator'] });
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await Promise.all([bao.stop(), issuer.close(), service.stop()]);
});

async function connect(
  login: Parameters<typeof connectVault>[0]['login'],
  changed: Partial<VaultSettings> = {},
) {
  const client = await connectVault({ settings: { ...settings, ...changed }, login });
  clients.push(client);
  return client;
}

/** The answers of a facade that has this vault. */
async function ask(vault: VaultClient): Promise<{ health: ApiReply; ready: ApiReply }> {
  const { config, ledger, temporal, options } = service;
  const ports = createPorts({
    config,
    log: options.log,
    ledger,
    temporal,
    vault,
    eager: true,
    issuer: issuer.settings,
    verifyAudit: () => Promise.reject(new Error('nobody asks')),
    resolveKey: null,
  });
  const door = await listen(createApp(ports, apiRoutes(ports)), { host: '127.0.0.1', port: 0 });
  try {
    const health = await callApi(door.url, token, { path: '/vault/health' });
    return { health, ready: await callApi(door.url, null, { path: '//readyz' }) };
  } finally {
    await door.close();
  }
}

/** A client whose settings say something else than where it logged in. */
const elsewhere = (vault: VaultClient, changed: Partial<VaultSettings>): VaultClient => ({
  ...vault,
  settings: { ...vault.settings, ...changed },
});

const asApi = () => connect({ appRole: credentials.api });

async function expectTrouble(vault: VaultClient, status: string, message: RegExp): Promise<void> {
  const { health, ready } = await ask(vault);
  expect([health.status, health.body]).toEqual([
    503,
    expect.objectContaining({
      status,
      message: expect.stringMatching(message),
      latency_ms: expect.any(Number),
    }),
  ]);
  expect([ready.status, ready.body]).toEqual([
    503,
    {
      status: 'not_ready',
      parts: {
        ledger: { ok: true },
        temporal: { ok: true },
        vault: { ok: false, message: expect.stringContaining(status) },
      },
    },
  ]);
  // Open to all: not a word of where things are.
  expect(JSON.stringify(ready.body)).not.toMatch(/https?:|\d+\.\d+\.\d+\.\d+/);
}

test('all is well: 200, with the version', async () => {
  const { health, ready } = await ask(await asApi());
  expect([health.status, health.body]).toEqual([
    200,
    {
      status: 'ok',
      message: expect.any(String),
      version: expect.stringMatching(/^\d+\./),
      latency_ms: expect.any(Number),
    },
  ]);
  expect([ready.status, ready.body]).toEqual([
    200,
    { status: 'ready', parts: { ledger: { ok: true }, temporal: { ok: true }, vault: { ok: true } } },
  ]);
});

test('wrong mount', async () => {
  await expectTrouble(
    elsewhere(await asApi(), { kvMount: 'secret' }),
    'wrong_mount',
    /KEYTURN_VAULT_KV_MOUNT/,
  );
});

test('KV version 1', async () => {
  await bao.ask('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
  await expectTrouble(
    await connect({ token: bao.rootToken }, { kvMount: 'old' }),
    'kv_version_1',
    /enable-versioning/,
  );
});

test('denied', async () => {
  const made = await bao.ask('POST', 'auth/token/create', { policies: ['default'] });
  await expectTrouble(
    await connect({ token: made.body.auth.client_token }),
    'denied',
    /KEYTURN_VAULT_ROLE_ID/,
  );
});

test('unreachable', async () => {
  const address = `http://127.0.0.1:${await freePort()}`;
  await expectTrouble(elsewhere(await asApi(), { address }), 'unreachable', /VAULT_ADDR/);
});

// What a standby answers (OpenBao docs, sys/health); a real one needs a second node.
test('standby', async () => {
  const body = JSON.stringify({ initialized: true, sealed: false, standby: true, version: '2.7.2' });
  const server = createServer((_request, response) => void response.writeHead(429).end(body)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expectTrouble(elsewhere(await asApi(), { address }), 'standby', /active node/);
  server.closeAllConnections();
  server.close();
});

test('uninitialised', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-fresh-'));
  const [port, cluster] = [await freePort(), await freePort()];
  const config = join(directory, 'config.hcl');
  const listener = `address = "127.0.0.1:${port}"\ncluster_address = "127.0.0.1:${cluster}"\ntls_disable = true`;
  writeFileSync(config, `storage "inmem" {}\nlistener "tcp" {\n${listener}\n}\n`);
  const fresh = await spawnBao(['server', `-config=${config}`]);
  const address = `http://127.0.0.1:${port}`;
  await until('it listens', () =>
    fetch(`${address}/v1/sys/health`).then(
      () => true,
      () => false,
    ),
  );
  await expectTrouble(elsewhere(await asApi(), { address }), 'uninitialised', /operator init/);
  await fresh.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('sealed, while we are logged in', async () => {
  const vault = await asApi();
  await bao.ask('PUT', 'sys/seal');
  await expectTrouble(vault, 'sealed', /unseal/);
});

test('metrics are counted by route, never by what a path holds', async () => {
  const tenantId = service.tenant('metrics');
  await service.call({ path: `/byok/keys?tenant_id=${tenantId}` });
  await service.call({ path: '/byok/operations/00000000-0000-0000-0000-000000000000' });
  const { body, headers } = await service.call({ path: '//metrics' });
  const text = body as string;
  expect(headers.get('content-type')).toMatch(/^text\/plain/);
  const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => name?.startsWith('keyturn_') !== true)).toEqual([]);
  expect(text).toContain(
    'keyturn_http_request_duration_seconds_count{route="/byok/keys",method="get",status="200"} 1',
  );
  expect(text).toContain(
    'keyturn_http_request_duration_seconds_count{route="/byok/operations/:id",method="get",status="404"} 1',
  );
  expect(text).not.toContain(tenantId);
});
