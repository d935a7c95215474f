/** A role that cannot work does not start: one message with the variable, what was seen and the cure. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../../src/config';
import { isKeyturnError } from '../../src/contract/errors';
import { createLogger } from '../../src/log';
import { runApi } from '../../src/run-api';
import { startIssuer, type TestIssuer } from '../http/test-issuer';
import { baseEnv, runKeyturn } from '../support/keyturn-process';
import { createTestDatabase, testStack, type TestDatabase } from '../support/stack';
import { freePort } from '../vault/open-bao';
import { openVaultFixture, type VaultFixture } from '../vault/vault-fixture';

type Env = Record<string, string>;

let vault: VaultFixture;
let issuer: TestIssuer;
let database: TestDatabase;
let discovery: Server;
let sound: Env;
let closed: number;
/** Role ids and secret ids of roles made by a test. */
const made = { kv1: { roleId: 'kv1-role', secretId: 'kv1-secret-5ec2e7' } };

beforeAll(async () => {
  const { temporal } = await testStack();
  [vault, issuer, database, closed] = await Promise.all([
    openVaultFixture(),
    startIssuer(),
    createTestDatabase(),
    freePort(),
  ]);
  discovery = createServer((request, response) => {
    const body = { issuer: 'https://somebody.else', jwks_uri: issuer.settings.jwksUrl };
    response.writeHead(request.url?.includes('well-known') === true ? 200 : 404);
    response.end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(discovery, 'listening');
  sound = {
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.databaseUrl,
    VAULT_ADDR: vault.settings.address,
    KEYTURN_VAULT_TIMEOUT_MS: '1000',
    KEYTURN_VAULT_ROLE_ID: vault.credentials.api.roleId,
    KEYTURN_VAULT_SECRET_ID: vault.credentials.api.secretId,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    OIDC_ISSUER: issuer.settings.issuer,
    OIDC_JWKS_URL: issuer.settings.jwksUrl,
  };
  await makeVersion1Mount();
});
afterAll(async () => {
  discovery.close();
  await Promise.all([vault.close(), issuer.close(), database.drop()]);
});

/** A mount of the wrong version, and a role that may do there what the api role may do in its own. */
async function makeVersion1Mount(): Promise<void> {
  const { ask } = vault.bao;
  const policy = `path "old/*" { capabilities = ["create", "read"] }
path "transit/encrypt/keyturn" { capabilities = ["update"] }`;
  await ask('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } });
  await ask('PUT', 'sys/policies/acl/kv1', { policy });
  await ask('POST', 'auth/approle/role/kv1', { token_policies: ['kv1'] });
  await ask('POST', 'auth/approle/role/kv1/role-id', { role_id: made.kv1.roleId });
  await ask('POST', 'auth/approle/role/kv1/custom-secret-id', { secret_id: made.kv1.secretId });
}

/** The message with which the api role refuses to start. */
async function refusal(change: Env): Promise<string> {
  try {
    const running = await runApi(readConfig({ ...sound, ...change }), createLogger('silent'));
    await running.stop();
  } catch (error) {
    if (!isKeyturnError(error)) throw error;
    return error.message;
  }
  return 'it started';
}

const role = (name: 'worker' | 'gateway'): Env => ({
  KEYTURN_VAULT_ROLE_ID: vault.credentials[name].roleId,
  KEYTURN_VAULT_SECRET_ID: vault.credentials[name].secretId,
});
const database_ = (change: (url: URL) => void): Env => {
  const url = new URL(database.databaseUrl);
  change(url);
  return { DATABASE_URL: url.href };
};

const CASES: readonly [string, () => Env, RegExp][] = [
  [
    'a vault address that does not resolve',
    () => ({ VAULT_ADDR: 'http://vault.invalid:8200' }),
    /vault\.invalid:8200 .*does not resolve.*VAULT_ADDR/,
  ],
  [
    'a vault address where nobody listens',
    () => ({ VAULT_ADDR: `http://127.0.0.1:${closed}` }),
    /ECONNREFUSED.*VAULT_ADDR/,
  ],
  ['a vault address without a scheme', () => ({ VAULT_ADDR: 'vault:8200' }), /VAULT_ADDR must be an http/],
  [
    'something that is no vault',
    () => ({ VAULT_ADDR: new URL(issuer.settings.jwksUrl).origin }),
    /is no vault.*VAULT_ADDR/,
  ],
  [
    'a wrong role id',
    () => ({ KEYTURN_VAULT_ROLE_ID: 'somebody' }),
    /refuses the AppRole login.*KEYTURN_VAULT_ROLE_ID.*KEYTURN_VAULT_SECRET_ID/,
  ],
  [
    'a wrong secret id',
    () => ({ KEYTURN_VAULT_SECRET_ID: 'guess-5ec2e7' }),
    /refuses the AppRole login.*KEYTURN_VAULT_SECRET_ID/,
  ],
  ['a wrong mount', () => ({ KEYTURN_VAULT_KV_MOUNT: 'secret' }), /mount secret .*KEYTURN_VAULT_KV_MOUNT/],
  [
    'a mount of KV version 1',
    () => ({
      KEYTURN_VAULT_KV_MOUNT: 'old',
      KEYTURN_VAULT_ROLE_ID: made.kv1.roleId,
      KEYTURN_VAULT_SECRET_ID: made.kv1.secretId,
    }),
    /mount old is KV version 1.*enable-versioning old.*KEYTURN_VAULT_KV_MOUNT/,
  ],
  ['a policy that lacks something', () => role('gateway'), /lacks .*keyturn-api\.hcl.*KEYTURN_VAULT_ROLE_ID/],
  [
    'a policy that allows too much',
    () => role('worker'),
    /transit\/decrypt\/keyturn has update too much.*keyturn-api\.hcl/,
  ],
  [
    'a database nobody serves',
    () => database_((url) => (url.port = String(closed))),
    /nothing listens at the address of DATABASE_URL/,
  ],
  [
    'a wrong database password',
    () => database_((url) => (url.password = 'guess-5ec2e7')),
    /password was refused.*DATABASE_URL/,
  ],
  [
    'a database that does not exist',
    () => database_((url) => (url.pathname = '/nowhere')),
    /database does not exist.*DATABASE_URL/,
  ],
  [
    'a database address that is none',
    () => ({ DATABASE_URL: 'postgres://guess-5ec2e7@:not/a:url' }),
    /DATABASE_URL/,
  ],
  [
    'a Temporal address where nobody listens',
    () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${closed}` }),
    /no Temporal server answers at .*TEMPORAL_ADDRESS/,
  ],
  [
    'a Temporal namespace that does not exist',
    () => ({ TEMPORAL_NAMESPACE: 'nowhere' }),
    /no namespace nowhere.*TEMPORAL_NAMESPACE/,
  ],
  [
    'a client certificate that is not there',
    () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere.pem' }),
    /TEMPORAL_TLS_CLIENT_CERT_PATH: \/nowhere\.pem cannot be read/,
  ],
  ['no issuer', () => ({ OIDC_ISSUER: '' }), /set OIDC_ISSUER/],
  [
    'keys that are not there',
    () => ({ OIDC_JWKS_URL: `http://127.0.0.1:${closed}/keys` }),
    /OIDC_JWKS_URL: .* gives no keys/,
  ],
  [
    'keys that are none',
    () => ({ OIDC_JWKS_URL: `${sound['VAULT_ADDR']}/v1/sys/health` }),
    /OIDC_JWKS_URL: .* gives no keys/,
  ],
  [
    'an issuer without a document',
    () => ({ OIDC_ISSUER: `http://127.0.0.1:${closed}`, OIDC_JWKS_URL: '' }),
    /OIDC_ISSUER: .* gives no discovery document/,
  ],
  [
    'an issuer that is another',
    () => ({
      OIDC_ISSUER: `http://127.0.0.1:${(discovery.address() as AddressInfo).port}`,
      OIDC_JWKS_URL: '',
    }),
    /OIDC_ISSUER is .*says another/,
  ],
];

test('a sound configuration starts: a control', async () => {
  expect(await refusal({})).toBe('it started');
});

test.each(CASES)('%s', async (_what, change, message) => {
  const said = await refusal(change());
  expect(said).toMatch(message);
  expect(said).not.toMatch(/5ec2e7|\n/);
  for (const secret of [sound['KEYTURN_VAULT_SECRET_ID'], new URL(database.databaseUrl).password]) {
    expect(said).not.toContain(secret);
  }
});

describe('as a process it says so in one line and ends with 1', () => {
  test.each([
    ['api', 'nothing set', () => ({}), /^keyturn: set DATABASE_URL/],
    [
      'worker',
      'a wrong vault',
      () => ({ ...sound, VAULT_ADDR: 'http://vault.invalid:8200' }),
      /^keyturn: .*VAULT_ADDR/,
    ],
    [
      'gateway',
      'a wrong secret id',
      () => ({ ...sound, KEYTURN_VAULT_SECRET_ID: 'guess-5ec2e7' }),
      /^keyturn: .*KEYTURN_VAULT_SECRET_ID/,
    ],
    ['start', 'production', () => ({ NODE_ENV: 'production' }), /^keyturn: .*NODE_ENV=production/],
    ['api', 'a port that is none', () => ({ ...sound, PORT: '5ec2e7' }), /^keyturn: .*PORT/],
  ] as const)('%s with %s', async (command, _what, env, message) => {
    const { code, stdout, stderr } = await runKeyturn([command], { PATH: baseEnv()['PATH'] ?? '', ...env() });
    const lines = stderr.trimEnd().split('\n');
    expect([code, stdout, lines.length]).toEqual([1, '', 1]);
    expect(lines[0]).toMatch(message);
    expect(stderr).not.toMatch(/5ec2e7|^\s+at /m);
  });
});

// Last: nothing unseals this server again.
test('a sealed vault', async () => {
  await vault.bao.ask('PUT', 'sys/seal');
  expect(await refusal({})).toMatch(/^VAULT_ADDR: .*is sealed; unseal it/);
});
