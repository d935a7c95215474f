/** A backup becomes a whole service again, in another folder on other ports; a file that is not whole touches nothing. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreHome } from '../../src/backup/restore-home';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { VAULT_DEFAULTS } from '../../src/vault/vault-settings';
import {
  makeHome,
  removeHome,
  runKeyturn,
  startKeyturn,
  type Home,
  type RunningKeyturn,
} from '../support/keyturn-process';
import { until } from '../support/service';

const PASSPHRASE = 'correct horse battery staple';
let simulator: Simulator;
let folder: string;
let file: string;
let first: Home;
let running: RunningKeyturn;

const key = (name: string): { api_key: string } =>
  simulator.find('openrouter')?.credentials[name] as { api_key: string };
const about = (tenant_id: string) => ({ tenant_id, service_id: 'openrouter' });
const resolve = (service: RunningKeyturn, tenantId: string, stage = 'current') =>
  service.call({
    path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter&stage=${stage}`,
    as: { role: 'service', tenantId },
  });
const secret = (home: Home, passphrase = PASSPHRASE) => ({
  ...home.env,
  KEYTURN_BACKUP_PASSPHRASE: passphrase,
});

/** Flips one bit at that part of the file. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = Math.min(Math.floor(bytes.length * at), bytes.length - 1);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function newHome(): Home {
  return makeHome({ KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins) });
}

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  folder = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-backup-`));
  file = join(folder, 'home.backup');
  first = newHome();
  running = await startKeyturn(first);
});
afterAll(async () => {
  await running.stop();
  await removeHome(first);
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a running service is saved, with a grace period and a revocation in it', async () => {
  const generate = (tenant: string) =>
    running.call({ path: '/byok/generate-keys', body: { ...about(tenant), api_keys: key('good') } });
  expect((await generate('acme')).status).toBe(201);
  expect((await generate('gone')).status).toBe(201);
  const rotated = await running.call({
    path: '/byok/rotate-key',
    body: { ...about('acme'), api_keys: key('second'), grace_seconds: 3600 },
  });
  expect(rotated.status).toBe(200);
  const revoked = await running.call({ method: 'DELETE', path: '/byok/revoke-key', body: about('gone') });
  expect(revoked.status).toBe(200);
  await until('the trail is anchored', async () => {
    const { body } = await running.call({ path: '/audit/verify' });
    return body.ok && body.chains.every((chain: { unanchored: number }) => chain.unanchored === 0);
  });

  const saved = await runKeyturn(['backup', file], secret(first));
  expect(saved).toMatchObject({ code: 0, stderr: '' });
  const again = await runKeyturn(['backup', file], secret(first));
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('exists already')]);
  const bytes = readFileSync(file);
  for (const { api_key } of [key('good'), key('second')]) expect(bytes.includes(api_key)).toBe(false);
  expect(bytes.includes(readFileSync(join(first.directory, 'vault', 'seal.key')))).toBe(false);
  expect(readdirSync(folder)).toEqual(['home.backup']);
});

describe('refused, and the home stays empty', () => {
  const refusals: [string, (copy: string) => void, string, RegExp][] = [
    ['a wrong passphrase', () => undefined, 'another passphrase', /passphrase is not that of this backup/],
    [
      'a truncated file',
      (copy) => truncateSync(copy, readFileSync(copy).length - 1000),
      PASSPHRASE,
      /damaged or cut short/,
    ],
    ['a flipped bit in the middle', (copy) => flip(copy, 0.5), PASSPHRASE, /damaged or cut short/],
    ['a flipped bit in the tag', (copy) => flip(copy, 1), PASSPHRASE, /damaged or cut short/],
    [
      'a changed first line',
      (copy) => writeFileSync(copy, readFileSync(copy, 'latin1').replace('"p":1', '"p":9'), 'latin1'),
      PASSPHRASE,
      /first line of the backup is damaged/,
    ],
    [
      'a newer format',
      (copy) =>
        writeFileSync(copy, readFileSync(copy, 'latin1').replace('"format":1', '"format":2'), 'latin1'),
      PASSPHRASE,
      /use the release that made it/,
    ],
    ['something else', (copy) => writeFileSync(copy, 'hello\n'), PASSPHRASE, /no backup of Keyturn/],
  ];

  it.each(refusals)('%s', async (_what, change, passphrase, says) => {
    const home = newHome();
    const copy = join(folder, 'copy');
    writeFileSync(copy, readFileSync(file));
    change(copy);
    const restoring = restoreHome({
      file: copy,
      passphrase,
      home: home.directory,
      embedded: {},
      vaultSettings: (address) => ({ address, ...VAULT_DEFAULTS }),
      taskQueue: 'none',
      say: () => undefined,
    });
    await expect(restoring).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(says) as string,
    });
    rmSync(copy);
    expect(readdirSync(home.directory)).toEqual([]);
    await removeHome(home);
  });

  it('and the command says so, without a stack', async () => {
    const home = newHome();
    const ended = await runKeyturn(['restore', file], secret(home, 'another passphrase'));
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^keyturn: the passphrase is not that of this backup.*\n$/) as string,
    });
    expect(readdirSync(home.directory)).toEqual([]);
    await removeHome(home);
  });

  it('and a home that is not empty stays as it is', async () => {
    const before = readFileSync(join(first.directory, 'state.json'), 'utf8');
    const ended = await runKeyturn(['restore', file], secret(first));
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('is not empty')]);
    expect(readFileSync(join(first.directory, 'state.json'), 'utf8')).toBe(before);
  });
});

test('restored elsewhere: the same keys, the same trail, and rotation goes on', async () => {
  const second = newHome();
  try {
    const ended = await runKeyturn(['restore', file], secret(second));
    expect(ended.stderr).toContain('is whole');
    expect(ended.stdout).toContain('The audit trail is whole.');
    expect(ended.stdout).toContain('1 grace periods run on');
    expect(ended.code).toBe(0);
    expect(existsSync(join(second.directory, 'restoring'))).toBe(false);

    const restored = await startKeyturn(second);
    expect(restored.url).not.toBe(running.url);
    expect((await resolve(restored, 'acme')).body).toMatchObject({ version: 2, api_keys: key('second') });
    expect((await resolve(restored, 'acme', 'previous')).body).toMatchObject({
      version: 1,
      api_keys: key('good'),
    });
    expect((await resolve(restored, 'gone')).body.code).toBe('key_revoked');

    const operations = await restored.call({ path: '/byok/operations?tenant_id=acme' });
    const rotation = operations.body.operations.find((one: { kind: string }) => one.kind === 'rotate');
    const back = await restored.call({ path: `/byok/operations/${rotation.id}/rollback`, body: {} });
    expect([back.status, back.body.version]).toEqual([200, 1]);
    const again = await restored.call({
      path: '/byok/generate-keys',
      body: { ...about('gone'), api_keys: key('good') },
    });
    expect(again.status).toBe(201);
    const verified = await restored.call({ path: '/audit/verify' });
    expect(verified.body.ok).toBe(true);
    expect((await restored.stop()).code).toBe(0);
  } finally {
    await removeHome(second);
  }
});
