/** Each thing that can be wrong with the vault is told apart, with its cure. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVaultHealth, type VaultHealth } from '../../src/vault/health';
import type { VaultClient } from '../../src/vault/vault-client';
import { freePort, spawnBao, until } from './open-bao';
import { openVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;
let worker: VaultClient;

beforeAll(async () => {
  fixture = await openVaultFixture();
  worker = await fixture.as('worker');
});
afterAll(() => fixture.close());

const ofServer = (address: string) =>
  readVaultHealth({ settings: { ...fixture.settings, address, timeoutMs: 2_000 } });
const asToken = async (token: string, kvMount = 'bizosaas'): Promise<VaultHealth> => {
  const vault = await fixture.asToken(token, { kvMount });
  return readVaultHealth({ settings: vault.settings, vault });
};

async function withServer(answer: RequestListener, check: (address: string) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await check(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('ok: with version and latency, for every role and without a login', async () => {
  for (const role of ['api', 'worker', 'gateway', 'operator'] as const) {
    const vault = await fixture.as(role);
    const health = await readVaultHealth({ settings: fixture.settings, vault });
    expect(health).toMatchObject({
      status: 'ok',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      latencyMs: expect.any(Number),
    });
  }
  expect(await ofServer(fixture.settings.address)).toMatchObject({ status: 'ok' });
});

it('wrong_mount: another mount for ours, also asked as root', async () => {
  const settings = { ...fixture.settings, kvMount: 'secret' };
  const mine = { ...worker, settings };
  expect(await readVaultHealth({ settings, vault: mine })).toMatchObject({
    status: 'wrong_mount',
    message: expect.stringContaining('KEYTURN_VAULT_KV_MOUNT'),
  });
  expect(await asToken(fixture.bao.rootToken, 'nothing-here')).toMatchObject({ status: 'wrong_mount' });
  expect(await asToken(fixture.bao.rootToken, 'transit')).toMatchObject({ status: 'wrong_mount' });
});

it('kv_version_1', async () => {
  await fixture.bao.ask('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
  expect(await asToken(fixture.bao.rootToken, 'old')).toMatchObject({
    status: 'kv_version_1',
    message: expect.stringContaining('enable-versioning old'),
  });
});

it('denied: a token without our rights, and one that died', async () => {
  const plain = await fixture.bao.ask('POST', 'auth/token/create', { policies: ['default'] });
  const { client_token: token } = plain.body.auth;
  expect(await asToken(token)).toMatchObject({
    status: 'denied',
    message: expect.stringContaining('KEYTURN_VAULT_ROLE_ID'),
  });
  const vault = await fixture.asToken(token);
  await fixture.bao.ask('POST', 'auth/token/revoke', { token });
  expect(await readVaultHealth({ settings: vault.settings, vault })).toMatchObject({ status: 'denied' });
});

it('unreachable: nobody listens, the name does not resolve, no answer in time', async () => {
  expect(await ofServer(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
    status: 'unreachable',
    message: expect.stringMatching(/ECONNREFUSED.*VAULT_ADDR/),
  });
  expect(await ofServer('http://vault.invalid:8200')).toMatchObject({
    status: 'unreachable',
    message: expect.stringMatching(/does not resolve.*VAULT_ADDR/),
  });
  await withServer(
    () => undefined,
    async (address) => {
      const health = await readVaultHealth({ settings: { ...fixture.settings, address, timeoutMs: 100 } });
      expect(health).toMatchObject({ status: 'unreachable', message: expect.stringContaining('TIMEOUT') });
    },
  );
});

it('error: an address that is no URL, and a server that is no vault', async () => {
  expect(await ofServer('vault:8200')).toMatchObject({
    status: 'error',
    message: expect.stringContaining('VAULT_ADDR'),
  });
  await withServer(
    (_request, response) => void response.end('<html>'),
    async (address) => {
      expect(await ofServer(address)).toMatchObject({
        status: 'error',
        message: expect.stringContaining('no vault'),
      });
    },
  );
});

// What a standby answers (OpenBao docs, sys/health); a real one needs a second node.
it.each([429, 472, 473])('standby: %i', async (status) => {
  const body = JSON.stringify({ initialized: true, sealed: false, standby: true, version: '2.7.2' });
  await withServer(
    (_request, response) => void response.writeHead(status).end(body),
    async (address) => {
      expect(await ofServer(address)).toMatchObject({
        status: 'standby',
        message: expect.stringContaining('active node'),
      });
    },
  );
});

it('error: a blocked audit device, which the health question does not see', async () => {
  const answer: RequestListener = (request, response) => {
    const works = request.url === '/v1/sys/health' || request.url?.startsWith('/v1/auth/token/');
    response.writeHead(works ? 200 : 500);
    response.end(
      works ? '{"initialized":true,"sealed":false,"data":{"ttl":0}}' : '{"errors":["internal error"]}',
    );
  };
  await withServer(answer, async (address) => {
    const vault = await fixture.asToken('given', { address });
    const health = await readVaultHealth({ settings: vault.settings, vault });
    expect(health).toMatchObject({ status: 'error', message: expect.stringContaining('audit device') });
  });
});

it('uninitialised, then sealed, told by a fresh server', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-fresh-'));
  const [port, cluster] = [await freePort(), await freePort()];
  const config = join(directory, 'config.hcl');
  writeFileSync(
    config,
    `storage "inmem" {}\nlistener "tcp" {\n  address = "127.0.0.1:${port}"\n  cluster_address = "127.0.0.1:${cluster}"\n  tls_disable = true\n}\n`,
  );
  const server = await spawnBao(['server', `-config=${config}`]);
  const address = `http://127.0.0.1:${port}`;
  try {
    await until('the server listens', async () => (await ofServer(address)).status !== 'unreachable');
    expect(await ofServer(address)).toMatchObject({
      status: 'uninitialised',
      message: expect.stringContaining('operator init'),
    });
    await fetch(`${address}/v1/sys/init`, {
      method: 'POST',
      body: '{"secret_shares":1,"secret_threshold":1}',
    });
    expect(await ofServer(address)).toMatchObject({
      status: 'sealed',
      message: expect.stringContaining('unseal'),
    });
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

it('sealed, then unreachable, while we are logged in', async () => {
  const other = await openVaultFixture();
  const vault = await other.as('worker');
  await other.bao.ask('PUT', 'sys/seal');
  expect(await readVaultHealth({ settings: other.settings, vault })).toMatchObject({ status: 'sealed' });
  await other.bao.stop();
  expect(await readVaultHealth({ settings: other.settings, vault })).toMatchObject({ status: 'unreachable' });
  await other.close();
});
