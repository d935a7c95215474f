/** Many keys at once: planned, refused row by row, sent, interrupted and taken up again; never shown. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planImport } from '../../src/key-import/plan-import';
import { sendKey } from '../../src/key-import/send-key';
import { baseEnv, endOf, runKeyturn, spawnKeyturn } from '../support/keyturn-process';
import { startService, type TestService } from '../support/service';
import { countProbes } from '../support/count-probes';

let service: TestService;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  service = await startService();
  folder = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-import-`));
  env = { ...baseEnv(), KEYTURN_URL: service.url, KEYTURN_TOKEN: await service.mintToken({ role: 'admin' }) };
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

const credential = (id: string, name = 'good'): Record<string, string> =>
  service.simulator.find(id).credentials[name] as Record<string, string>;

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Runs the import, and looks for every value of the file in all it said and wrote. */
async function importFile(path: string, ...args: string[]) {
  const report = join(folder, 'report.jsonl');
  const ended = await runKeyturn(['keys', 'import', path, '--report', report, ...args], env);
  const written = readFileSync(report, 'utf8');
  const secrets = ['openrouter', 'stripe', 'twilio-auth-token'].flatMap((id) =>
    ['good', 'dead'].flatMap((name) => Object.values(credential(id, name))),
  );
  const text = readFileSync(path, 'utf8');
  const carried = secrets.filter((secret) => secret.length > 8 && text.includes(secret));
  expect(carried.length).toBeGreaterThan(0);
  for (const secret of carried) expect(`${ended.stdout}${ended.stderr}${written}`).not.toContain(secret);
  const verdicts = written
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...ended, verdicts };
}

async function stateOf(tenantId: string, serviceId: string): Promise<string | undefined> {
  const { body } = await service.call({ path: `/byok/keys?tenant_id=${tenantId}&service_id=${serviceId}` });
  return body.keys[0]?.state;
}

test('a plan says what would happen and sends nothing', async () => {
  const tenant = service.tenant('plan');
  const file = put(
    'plan.csv',
    `tenant_id,service_id,api_key\n${tenant},openrouter,${credential('openrouter')['api_key']}\n`,
  );
  const { code, stdout } = await importFile(file);
  expect(code).toBe(0);
  expect(stdout).toContain(`store    ${tenant}/openrouter/default (api_key) from line 2`);
  expect(stdout).toContain('Nothing was sent');
  expect(await stateOf(tenant, 'openrouter')).toBeUndefined();
});

test('CSV: good rows are stored, bad ones named by their place, and the exit code tells', async () => {
  const tenant = service.tenant('csv');
  const [good, dead] = [credential('openrouter')['api_key'], credential('openrouter', 'dead')['api_key']];
  const { account_sid, auth_token } = credential('twilio-auth-token');
  const rows = [
    'tenant_id,service_id,key_name,api_key,account_sid,auth_token',
    `${tenant},openrouter,,${good},,`,
    `${tenant},twilio,,,${account_sid},${auth_token}`,
    `${tenant},openrouter,second,${dead},,`,
    `${tenant},no-such-service,,${good},,`,
    `../etc,openrouter,,${good},,`,
    `${tenant},openrouter,,${good},,`,
    `${tenant},twilio,other,${good},,`,
    `${tenant},openrouter,third,${good},,,surplus`,
  ];
  const { code, stdout, verdicts } = await importFile(put('keys.csv', `${rows.join('\r\n')}\r\n`), '--yes');
  expect(code).toBe(1);
  expect(stdout).toContain('2 stored, 0 unchanged, 1 failed, 0 unfinished, 5 refused, 0 not sent');
  const outcomes = Object.fromEntries(verdicts.map((one) => [one['place'], one['code'] ?? one['outcome']]));
  expect(outcomes).toEqual({
    'line 2': 'stored',
    'line 3': 'stored',
    'line 4': 'key_rejected',
    'line 5': 'refused',
    'line 6': 'refused',
    'line 7': 'refused',
    'line 8': 'refused',
    'line 9': 'refused',
  });
  expect(await stateOf(tenant, 'twilio-auth-token')).toBe('active');

  const again = await importFile(join(folder, 'keys.csv'), '--yes');
  expect(again.stdout).toContain('2 stored, 0 unchanged, 1 failed');
  const operations = (of: readonly Record<string, unknown>[]) =>
    new Set(of.map((one) => one['operation_id']));
  expect(operations(again.verdicts)).toEqual(operations(verdicts));
});

test('JSON: fields beside the ids or in api_keys; what is not JSON is not quoted', async () => {
  const tenant = service.tenant('json');
  const entries = [
    { service_id: 'openrouter', ...credential('openrouter') },
    { tenant_id: tenant, service_id: 'stripe', key_name: 'eu', api_keys: credential('stripe') },
    'not an object',
  ];
  const file = put('keys.json', JSON.stringify(entries));
  const { code, stdout, verdicts } = await importFile(
    file,
    '--yes',
    '--tenant',
    tenant,
    '--validation',
    'skip',
  );
  expect(code).toBe(1);
  expect(stdout).toContain('2 stored, 0 unchanged, 0 failed, 0 unfinished, 1 refused');
  expect(verdicts.filter((one) => one['outcome'] === 'stored').map((one) => one['verdict'])).toEqual([
    'inconclusive',
    'inconclusive',
  ]);
  const broken = put('broken.json', `[{"api_key": ${credential('openrouter')['api_key']}]`);
  const ended = await runKeyturn(['keys', 'import', broken], env);
  expect([ended.code, ended.stderr]).toEqual([1, 'keyturn: the file is not JSON\n']);
});

test('.env: names carry tenant, service and field', async () => {
  const tenant = service.tenant('env').replaceAll('-', '_');
  const { account_sid, auth_token } = credential('twilio-auth-token');
  const lines = [
    `# a comment`,
    `${tenant.toUpperCase()}__OPENROUTER__API_KEY="${credential('openrouter')['api_key']}"`,
    `export ${tenant.toUpperCase()}__TWILIO__MAIN__ACCOUNT_SID=${account_sid}`,
    `${tenant.toUpperCase()}__TWILIO__MAIN__AUTH_TOKEN=${auth_token}`,
    `PATH=/usr/bin`,
  ];
  const { code, stdout } = await importFile(put('.env', lines.join('\n')), '--yes');
  expect(code).toBe(1);
  expect(stdout).toContain('refuse   PATH: the name must be TENANT__SERVICE__FIELD');
  expect(stdout).toContain(`stored     ${tenant}/twilio-auth-token/main`);
  expect(await stateOf(tenant, 'openrouter')).toBe('active');
});

test('interrupted and run again: every key is stored, each provider asked once', async () => {
  const tenants = [1, 2, 3, 4, 5].map((n) => service.tenant(`slow${n}`));
  const rows = tenants.map((tenant) => `${tenant},openrouter,${credential('openrouter')['api_key']}`);
  const file = put('slow.csv', `tenant_id,service_id,api_key\n${rows.join('\n')}\n`);
  const asked = countProbes(service.simulator);
  service.simulator.setFault('openrouter', { kind: 'slow', delayMs: 300 });
  const child = spawnKeyturn(['keys', 'import', file, '--yes', '--concurrency', '1'], env);
  let interrupted = false;
  child.stdout?.on('data', (text: Buffer) => {
    // Once: a second signal ends the command at once.
    if (interrupted || !text.includes('stored     ')) return;
    interrupted = child.kill('SIGINT');
  });
  const first = await endOf(child);
  service.simulator.setFault('openrouter', null);
  expect(first.code).toBe(1);
  expect(first.stdout).toMatch(/[34] not sent/);
  expect(first.stdout).toContain('takes up the rest');

  const second = await importFile(file, '--yes');
  expect([second.code, second.verdicts.map((one) => one['outcome'])]).toEqual([0, Array(5).fill('stored')]);
  expect(countProbes(service.simulator) - asked).toBe(5);
});

test('a token the service does not take ends the import at once', async () => {
  const file = put('one.csv', `service_id,api_key\nopenrouter,${credential('openrouter')['api_key']}\n`);
  const ended = await runKeyturn(['keys', 'import', file, '--tenant', 'x', '--yes'], {
    ...env,
    KEYTURN_TOKEN: 'no',
  });
  expect([ended.code, ended.stderr]).toEqual([
    1,
    expect.stringContaining('set KEYTURN_TOKEN to one of role admin'),
  ]);
});

describe('one row', () => {
  let server: Server;
  let script: { status: number; headers?: Record<string, string>; body: object }[];
  let keys: string[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      keys.push(String(request.headers['idempotency-key']));
      const { status, headers = {}, body } = script.shift() ?? { status: 500, body: {} };
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => (keys = []));
  afterAll(() => void server.close());

  const send = async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const text = `tenant_id,service_id,api_key\nacme,openrouter,${credential('openrouter')['api_key']}`;
    const [key] = planImport(text, { format: 'csv', validation: 'default' }).keys;
    return sendKey({ url, token: () => 't', validation: 'default' }, key!, new AbortController().signal);
  };

  it('waits as long as a 429 or 503 says, and asks an accepted operation under the same key', async () => {
    script = [
      { status: 429, headers: { 'retry-after': '1' }, body: { code: 'rate_limited', retryable: true } },
      { status: 503, headers: { 'retry-after': '0' }, body: { code: 'vault_unavailable', retryable: true } },
      { status: 202, body: { operation_id: 'o' } },
      { status: 201, body: { operation_id: 'o', verdict: 'valid' } },
    ];
    const startedMs = Date.now();
    expect(await send()).toMatchObject({ outcome: 'stored', verdict: 'valid', operation_id: 'o' });
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(1000);
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(4);
  });

  it('tries a failure that may pass under a fresh key, and leaves one that will not', async () => {
    script = [
      { status: 422, body: { code: 'key_unverified', retryable: true } },
      { status: 201, body: { verdict: 'valid' } },
    ];
    expect(await send()).toMatchObject({ outcome: 'stored' });
    expect(new Set(keys).size).toBe(2);
    script = [{ status: 422, body: { code: 'key_rejected', retryable: false, detail: 'no' } }];
    expect(await send()).toMatchObject({ outcome: 'failed', code: 'key_rejected', detail: 'no' });
  });
});
