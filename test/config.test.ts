/** The environment is read once; what is wrong is named by its variable, and no value is told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressesOf, appRoleOf } from '../src/connections';
import { readConfig, SETTINGS } from '../src/config';
import { isKeyturnError } from '../src/contract/errors';
import { createLogger } from '../src/log';
import { startAllInOne } from '../src/start';

const SECRET = 'hunter2-5ec2e7c0ffee';

/** The message with which it is refused. */
function refusal(
  env: Record<string, string>,
  read: (config: ReturnType<typeof readConfig>) => unknown = () => null,
) {
  try {
    read(readConfig(env));
  } catch (error) {
    if (isKeyturnError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return null;
}

test('nothing has to be set for the all-in-one, and no secret has a default', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 8001, KEYTURN_VAULT_KV_MOUNT: 'bizosaas' });
  const secrets = Object.keys(SETTINGS).filter((name) =>
    /SECRET|API_KEY|TOKEN|DATABASE_URL|ROLE_ID/.test(name),
  );
  expect(secrets.length).toBeGreaterThan(3);
  const values = secrets.map((name) => [name, config[name as keyof typeof config]]);
  expect(values).toEqual(secrets.map((name) => [name, undefined]));
  expect(Object.isFrozen(config)).toBe(true);
});

test('every setting is described', () => {
  for (const [name, schema] of Object.entries(SETTINGS)) {
    expect([name, schema.description]).toEqual([name, expect.stringMatching(/\w+ \w+/)]);
  }
});

test('an empty variable is one that is not set', () => {
  expect(readConfig({ PORT: '', VAULT_ADDR: '' })).toMatchObject({ PORT: 8001 });
});

test.each([
  ['PORT', SECRET],
  ['PORT', '65536'],
  ['PORT', '80.5'],
  ['LOG_LEVEL', SECRET],
  ['VAULT_ADDR', SECRET],
  ['OIDC_JWKS_URL', SECRET],
  ['TEMPORAL_UI_URL', SECRET],
  ['KEYTURN_WAIT_MS', '0'],
  ['KEYTURN_WAIT_MS', SECRET],
  ['KEYTURN_ALLOW_PROVIDER_ORIGINS', SECRET],
  ['KEYTURN_PROVIDER_ORIGINS', SECRET],
  ['KEYTURN_PROVIDER_ORIGINS', `{"openrouter":"${SECRET}"}`],
  ['KEYTURN_VAULT_SECRET_ID_FILE', '/nowhere/at/all'],
])('%s cannot be %s', (name, value) => {
  const said = refusal({ [name]: value });
  expect(said).toMatch(new RegExp(`^configuration: .*${name}`));
  expect(said).not.toContain(SECRET);
});

test('several faults are told at once', () => {
  expect(refusal({ PORT: 'x', LOG_LEVEL: 'y' })).toMatch(/PORT.*LOG_LEVEL/);
});

test.each(['DATABASE_URL', 'VAULT_ADDR', 'TEMPORAL_ADDRESS'])('a role of its own needs %s', (name) => {
  const all = { DATABASE_URL: 'postgres://x', VAULT_ADDR: 'http://v:1', TEMPORAL_ADDRESS: 't:1' };
  expect(refusal(all, addressesOf)).toBeNull();
  expect(refusal({ ...all, [name]: '' }, addressesOf)).toMatch(new RegExp(`set ${name}`));
});

test('a role of its own needs its AppRole, from the environment or a file', () => {
  const role = { KEYTURN_VAULT_ROLE_ID: 'r' };
  expect(refusal({}, appRoleOf)).toMatch(/set KEYTURN_VAULT_ROLE_ID/);
  expect(refusal(role, appRoleOf)).toMatch(/KEYTURN_VAULT_SECRET_ID or KEYTURN_VAULT_SECRET_ID_FILE/);
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-config-'));
  const file = join(folder, 'secret-id');
  writeFileSync(file, `${SECRET}\n`);
  const config = readConfig({ ...role, KEYTURN_VAULT_SECRET_ID_FILE: file });
  expect(appRoleOf(config)).toEqual({ roleId: 'r', secretId: SECRET });
  rmSync(folder, { recursive: true });
});

describe('production refuses', () => {
  const production = { NODE_ENV: 'production' };
  const origins = { KEYTURN_PROVIDER_ORIGINS: '{"openrouter":"http://127.0.0.1:9"}' };

  test('to send keys elsewhere, unless told twice', () => {
    expect(refusal({ ...production, ...origins })).toMatch(/KEYTURN_ALLOW_PROVIDER_ORIGINS=true/);
    expect(refusal({ ...production, ...origins, KEYTURN_ALLOW_PROVIDER_ORIGINS: 'true' })).toBeNull();
    expect(refusal(origins)).toBeNull();
  });

  test.each([
    [{ DEBUG: '*' }, 'DEBUG'],
    [{ NODE_OPTIONS: '--inspect=0.0.0.0:9229' }, 'NODE_OPTIONS'],
    [{ NODE_OPTIONS: '--max-old-space-size=512 --heapsnapshot-signal=SIGUSR2' }, 'NODE_OPTIONS'],
  ])('%o', (env, name) => {
    expect(refusal({ ...production, ...env })).toMatch(new RegExp(`^configuration: ${name}`));
    expect(refusal(env)).toBeNull();
  });

  test('the all-in-one, before it touches anything', async () => {
    const home = join(tmpdir(), `keyturn-never-${process.pid}`);
    const config = readConfig({ ...production, KEYTURN_HOME: home });
    const starting = startAllInOne(config, createLogger('silent'), () => undefined);
    await expect(starting).rejects.toThrow(/NODE_ENV=production; run the roles api, worker and gateway/);
  });
});
