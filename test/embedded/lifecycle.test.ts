import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as Temporal, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { homeOwner, stopOrphans } from '../../src/embedded/home';
import { identifyProcess } from '../../src/embedded/process-identity';
import { startEmbeddedServers, type EmbeddedOptions, type EmbeddedServers } from '../../src/embedded/stack';
import { rotateAuditLog } from '../../src/embedded/vault-audit-log';
import { binarySettings } from '../support/binary-settings';

const ANY_PORTS = { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 };
const binaries = binarySettings();
const homes: string[] = [];

/** Named so that the next run clears it after a crash of this one. Its mode is 0700 and, when the tests run as root, no other user may enter it. */
function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-life cycle-`));
  homes.push(home);
  return home;
}

function start(home: string, more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServers> {
  return startEmbeddedServers({ home, ports: ANY_PORTS, binaries, log: () => undefined, ...more });
}

function runningOf(servers: Pick<EmbeddedServers, 'pids'>): number[] {
  return Object.values(servers.pids).filter((pid) => identifyProcess(pid) !== null);
}

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Calls the vault as the provisioner, who may keep policies named keyturn-*. */
async function policy(vault: EmbeddedServers['vault'], name: string, text?: string): Promise<string> {
  const { roleId, secretId } = vault.credentials.provisioner;
  const call = async (path: string, method: string, token: string, body?: object): Promise<Response> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return await fetch(`${vault.address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': token },
      ...sent,
    });
  };
  const login = await call('auth/approle/login', 'POST', '', { role_id: roleId, secret_id: secretId });
  const token = ((await login.json()) as { auth: { client_token: string } }).auth.client_token;
  const path = `sys/policies/acl/${name}`;
  if (text !== undefined) await call(path, 'POST', token, { policy: text });
  return ((await (await call(path, 'GET', token)).json()) as { data: { policy: string } }).data.policy;
}

async function withTemporal<T>(servers: EmbeddedServers, act: (client: Temporal) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: servers.temporal.address });
  try {
    return await act(new Temporal({ connection, namespace: servers.temporal.namespace }));
  } finally {
    await connection.close();
  }
}

afterAll(async () => {
  for (const home of homes) {
    if (homeOwner(home) === null) await stopOrphans(home, () => undefined);
    rmSync(home, { recursive: true, force: true });
  }
});

describe('a start after the last one was killed', () => {
  const home = makeHome();
  const POLICY = 'path "x" { capabilities = ["deny"] }';
  let holder: ChildProcess;
  let before: EmbeddedServers;

  beforeAll(async () => {
    const register = join(__dirname, '..', 'support', 'register-typescript.js');
    const script = join(__dirname, 'hold-stack.ts');
    const args = ['-r', register, script, home, binaries.temporalBin ?? '', binaries.baoBin ?? ''];
    holder = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: holder.stdout! }), 'line')) as [string];
    before = JSON.parse(line) as EmbeddedServers;
    await query(before.databaseUrl, 'create table kept as select 42 as answer');
    await policy(before.vault, 'keyturn-kept', POLICY);
    await withTemporal(before, (client) =>
      client.workflow.start('nobodyRunsThis', { workflowId: 'kept', taskQueue: 'none' }),
    );
  });

  afterAll(() => holder.kill('SIGKILL'));

  it('is refused while that one lives, and told its pid', async () => {
    await expect(start(home)).rejects.toThrow(`${home} is in use by another Keyturn (pid ${holder.pid})`);
    expect(runningOf(before)).toHaveLength(3);
  });

  it('stops what was left behind, keeps addresses and data, and leaves no process when stopped', async () => {
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
    expect(runningOf(before)).toHaveLength(3);

    const said: string[] = [];
    const after = await start(home, { log: (line) => said.push(line) });
    try {
      expect(runningOf(before)).toEqual([]);
      expect(said).toEqual(
        expect.arrayContaining(
          ['temporal', 'vault', 'postgres'].map((name) =>
            expect.stringMatching(`Stopped the ${name} server`),
          ),
        ),
      );
      expect(after.temporal).toEqual(before.temporal);
      expect(after.vault).toEqual(before.vault);
      expect(after.databaseUrl).toBe(before.databaseUrl);
      expect(await query(after.databaseUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
      expect(await policy(after.vault, 'keyturn-kept')).toBe(POLICY);
      const { status } = await withTemporal(after, (client) => client.workflow.getHandle('kept').describe());
      expect(status.name).toBe('RUNNING');
    } finally {
      await after.stop();
    }
    expect(runningOf(after)).toEqual([]);
    expect(homeOwner(home)).toBeNull();
  });
});

describe('a start of which one server fails', () => {
  const home = makeHome();

  it('stops the others and names the log file; the next start is whole, its audit log rotates, a death is told', async () => {
    const failing = start(home, { binaries: { ...binaries, baoBin: '/bin/false' } });
    await expect(failing).rejects.toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringContaining(join(home, 'logs', 'vault.log')) as string,
    });
    const state = JSON.parse(readFileSync(join(home, 'state.json'), 'utf8')) as { servers: object };
    expect(state.servers).toEqual({});
    expect(homeOwner(home)).toBeNull();

    const ended: string[] = [];
    const servers = await start(home, { onExit: (name, how) => ended.push(`${name}: ${how}`) });
    try {
      expect(await policy(servers.vault, 'keyturn-provisioner')).toContain('keyturn-');
      const auditLog = join(home, 'logs', 'vault-audit.log');
      rotateAuditLog({ file: auditLog, pid: servers.pids.vault! });
      while (!existsSync(auditLog)) await delay(10);
      await policy(servers.vault, 'keyturn-provisioner');
      expect(readFileSync(auditLog, 'utf8')).toContain('sys/policies/acl/keyturn-provisioner');
      expect(readFileSync(`${auditLog}.1`, 'utf8')).toContain('auth/approle/login');

      // Only for this pid: it was started a moment ago.
      process.kill(servers.pids.vault!, 'SIGKILL');
      while (ended.length === 0) await delay(10);
      expect(ended).toEqual(['vault: signal SIGKILL']);
    } finally {
      await servers.stop();
    }
    expect(ended).toHaveLength(1);
    expect(runningOf(servers)).toEqual([]);
  });
});
