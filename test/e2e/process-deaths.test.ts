/** `npm start` as a process: whatever dies, everything is there again at the next start. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import {
  killAtOnce,
  makeHome,
  removeHome,
  runKeyturn,
  startKeyturn,
  type Home,
  type RunningKeyturn,
} from '../support/keyturn-process';
import { until } from '../support/service';
import { countProbes } from '../support/count-probes';

const run = promisify(execFile);
let simulator: Simulator;
let home: Home;
let running: RunningKeyturn;

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  home = makeHome({ KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins) });
  running = await startKeyturn(home);
});
afterAll(async () => {
  await running.stop();
  await removeHome(home);
  await simulator.close();
});

const key = (name: string): { api_key: string } =>
  simulator.find('openrouter').credentials[name] as { api_key: string };
const about = (tenant_id: string) => ({ tenant_id, service_id: 'openrouter' });
const generate = (tenant: string, name = 'good') =>
  running.call({ path: '/byok/generate-keys', body: { ...about(tenant), api_keys: key(name) } });
const resolve = async (tenantId: string, stage = 'current') =>
  (
    await running.call({
      path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter&stage=${stage}`,
      as: { role: 'service', tenantId },
    })
  ).body;
const listed = async (tenant: string) =>
  (await running.call({ path: `/byok/keys?tenant_id=${tenant}` })).body.keys[0];
const breakGlass = (tenant: string, ...more: string[]) => {
  const args = [
    '--break-glass',
    '--tenant',
    tenant,
    '--service',
    'openrouter',
    '--reason',
    'found on a forum',
  ];
  return runKeyturn(['revoke', ...args, ...more], home.env);
};

/** The commands beside Keyturn, with nothing but what `keyturn env` prints. */
async function beside(script: string): Promise<string> {
  const node = `"${process.execPath}" "${join(__dirname, '../../dist/src/cli/keyturn.js')}"`;
  const { stdout } = await run('/bin/sh', ['-ec', `eval "$(${node} env)"; ${script}`], { env: home.env });
  return stdout;
}

test('keyturn env lets temporal and bao work beside it, and bao cannot open a key', async () => {
  expect((await generate('acme')).status).toBe(201);
  expect(await beside('temporal workflow list')).toContain('key/acme/openrouter/default');
  const record = await beside('bao kv get -format=json -mount=bizosaas tenants/acme/api-keys/openrouter');
  const { sealed } = (JSON.parse(record) as { data: { data: { current: { sealed: string } } } }).data.data
    .current;
  expect(sealed).toMatch(/^vault:v1:/);
  expect(record).not.toContain(key('good').api_key);
  const context = Buffer.from('keyturn/v1|acme|openrouter|default').toString('base64');
  const decrypt = beside(`bao write transit/decrypt/keyturn ciphertext=${sealed} context=${context}`);
  await expect(decrypt).rejects.toMatchObject({
    stderr: expect.stringContaining('permission denied') as string,
  });
  const snapshot = beside(`bao operator raft snapshot save ${join(home.directory, 'stolen')}`);
  await expect(snapshot).rejects.toMatchObject({
    stderr: expect.stringContaining('permission denied') as string,
  });
  const status = await beside(
    `curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $KEYTURN_TOKEN" "$KEYTURN_URL/api/brain/byok/keys?tenant_id=acme"`,
  );
  expect(status).toBe('200');
});

test('a second start on the home is refused and says who has it', async () => {
  const second = await runKeyturn(['start'], home.env);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`is in use by another Keyturn (pid ${running.pid})`);
  expect((await resolve('acme')).version).toBe(1);
});

test('killed at once, with a grace period running: the next start has keys, operations and the timer', async () => {
  const rotated = await running.call({
    path: '/byok/rotate-key',
    body: { ...about('acme'), api_keys: key('second'), grace_seconds: 4 },
  });
  expect(rotated.status).toBe(200);
  const before = await running.call({ path: '/byok/operations?tenant_id=acme' });
  await killAtOnce(running.pid);

  running = await startKeyturn(home);
  expect((await resolve('acme')).api_keys).toEqual(key('second'));
  const after = await running.call({ path: '/byok/operations?tenant_id=acme' });
  expect(after.body.operations).toMatchObject(
    before.body.operations.map(({ id, kind }: { id: string; kind: string }) => ({ id, kind })),
  );
  const retired = await until('the grace period ended', async () => {
    const one = await listed('acme');
    return one.state === 'active' && one.retiring === 0 ? one : null;
  });
  expect(retired.version).toBe(2);
  expect((await resolve('acme', 'previous')).code).toBe('not_in_grace');
});

test.each(['temporal', 'vault', 'postgres'] as const)(
  '%s killed: the service ends, a key is revoked past it, and the next start knows',
  async (server) => {
    const tenant = `of-${server}`;
    expect((await generate(tenant)).status).toBe(201);
    const { key_id } = await listed(tenant);
    await killAtOnce(running.pidOf(server));
    const ended = await running.ended;
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining(`keyturn stops: ${server} signal SIGKILL`),
    ]);

    const revoked = await breakGlass(tenant);
    expect([revoked.code, revoked.stdout]).toEqual([
      0,
      expect.stringContaining(`${tenant}/openrouter/default is revoked (epoch 1001)`),
    ]);
    expect(revoked.stdout).toContain('The ledger is not there');

    running = await startKeyturn(home);
    expect((await resolve('acme')).api_keys).toEqual(key('second'));
    expect((await resolve(tenant)).code).toBe('key_revoked');
    expect(await listed(tenant)).toMatchObject({ state: 'revoked', epoch: 1001, key_id });
    const { body } = await running.call({ path: `/audit?tenant_id=${tenant}&limit=200` });
    const told = body.entries.filter((entry: { action: string }) => entry.action === 'key.revoke');
    expect(told).toEqual([
      expect.objectContaining({ outcome: 'done', epoch: 1001, reason: 'found on a forum' }),
    ]);
    const again = await generate(tenant, 'second');
    expect([again.status, (await resolve(tenant)).epoch ?? (await listed(tenant)).epoch]).toEqual([
      201, 1001,
    ]);
  },
);

test('break-glass beside a running service takes effect at once; an import is done once', async () => {
  expect((await generate('live')).status).toBe(201);
  const revoked = await breakGlass('live');
  expect([revoked.code, revoked.stdout]).toEqual([
    0,
    expect.stringContaining('The ledger and the audit trail tell of it.'),
  ]);
  expect((await resolve('live')).code).toBe('key_revoked');
  expect((await generate('live')).status).toBe(201);
  const imported = await runKeyturn(['audit', 'import'], home.env);
  expect([imported.code, imported.stdout]).toEqual([0, '0 revocations imported\n']);
  expect((await resolve('live')).api_keys).toEqual(key('good'));

  const typo = await breakGlass('nobody');
  expect([typo.code, typo.stderr]).toEqual([1, expect.stringContaining('the vault holds no such key')]);
  const leaking = await runKeyturn(
    [
      'revoke',
      '--break-glass',
      '--tenant',
      'live',
      '--service',
      'openrouter',
      '--reason',
      `leaked ${key('good').api_key}`,
    ],
    home.env,
  );
  expect([leaking.code, leaking.stderr]).toEqual([1, expect.stringContaining('seems to hold a credential')]);
});

test('SIGTERM lets a request under way end, and everything stops', async () => {
  simulator.setFault('openrouter', { kind: 'slow', delayMs: 1500, times: 1 });
  const asked = countProbes(simulator);
  const reply = generate('draining');
  await until('the provider was asked', async () => countProbes(simulator) > asked);
  const pids = (['temporal', 'vault', 'postgres'] as const).map((server) => running.pidOf(server));
  const ended = await running.stop();
  expect((await reply).status).toBe(201);
  expect(ended.code).toBe(0);
  for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);

  // A home whose layout is newer than this release knows is left alone.
  const stateFile = join(home.directory, 'state.json');
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as Record<string, unknown>;
  writeFileSync(stateFile, JSON.stringify({ ...state, schema: 3 }));
  const refused = await runKeyturn(['start'], home.env);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('run that version, or restore a backup'),
  ]);
  writeFileSync(stateFile, JSON.stringify(state));

  running = await startKeyturn(home);
  expect((await resolve('draining')).api_keys).toEqual(key('good'));
  const verified = await running.call({ path: '/audit/verify' });
  expect(verified.body.ok).toBe(true);
});
