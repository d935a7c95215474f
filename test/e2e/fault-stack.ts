/** Servers and a service of a suite's own, so that it may stop, hang and break them without disturbing others. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAllRoles, type AllRoles } from '../../src/all-roles';
import { readConfig } from '../../src/config';
import type { EmbeddedPortSettings } from '../../src/embedded/choose-stack-ports';
import type { ServerName } from '../../src/embedded/server-process';
import { startEmbeddedServers, type EmbeddedServers } from '../../src/embedded/stack';
import { createLogger } from '../../src/log';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { installRuntime } from '../../src/temporal/install-runtime';
import { binarySettings } from '../support/binary-settings';
import { BUNDLE_PATH, callApi, type ApiCall, type ApiReply } from '../support/service';

export interface FaultStack {
  readonly roles: AllRoles;
  readonly simulator: Simulator;
  readonly vaultAddress: string;
  readonly credentials: EmbeddedServers['vault']['credentials'];
  /** Why the worker or the process would have ended; empty while all live. */
  readonly deaths: readonly string[];
  call(request: ApiCall): Promise<ApiReply>;
  /** Ends a server at once, with all its processes. */
  kill(name: ServerName): Promise<void>;
  /** Starts it again, at the same port, on the same data. */
  start(name: ServerName): Promise<void>;
  /** Starts whatever a failed test left stopped. */
  startAll(): Promise<void>;
  /** Leaves it there without a word (SIGSTOP), and goes on (SIGCONT). */
  signal(name: ServerName, signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Puts a folder where the vault's audit log was: every entry fails, as on a full disk. */
  blockAuditLog(): void;
  freeAuditLog(): void;
  stop(): Promise<void>;
}

const SETTINGS = {
  PORT: '0',
  LOG_LEVEL: process.env['KEYTURN_TEST_LOG'] ?? 'silent',
  KEYTURN_WAIT_MS: '1500',
  KEYTURN_VAULT_TIMEOUT_MS: '1000',
  KEYTURN_PROBE_TIMEOUT_MS: '2000',
  KEYTURN_RECONCILE_MS: '300',
  KEYTURN_RECONCILE_AFTER_MS: '1500',
  KEYTURN_ANCHOR_MS: '500',
  KEYTURN_STICKY_TIMEOUT_MS: '1000',
} as const;

/** Each server in a home of its own, so that each can be started again alone. */
async function startServers() {
  const homeOf = (name: ServerName): string => join(root, name);
  const root = join(tmpdir(), `keyturn-faults-${randomUUID().slice(0, 8)}`);
  const binaries = binarySettings();
  const running = {} as Record<ServerName, EmbeddedServers>;
  const ports: Record<ServerName, EmbeddedPortSettings> = {
    temporal: { temporal: 0, temporalUi: 0 },
    vault: { vault: 0 },
    postgres: { postgres: 0 },
  };
  const start = async (name: ServerName): Promise<EmbeddedServers> => {
    const options = { home: homeOf(name), only: [name], ports: ports[name], binaries, log: () => undefined };
    const servers = await startEmbeddedServers(options);
    running[name] = servers;
    ports[name] = (
      JSON.parse(readFileSync(join(homeOf(name), 'state.json'), 'utf8')) as {
        ports: EmbeddedPortSettings;
      }
    ).ports;
    return servers;
  };
  mkdirSync(root);
  const [temporal, vault, postgres] = await Promise.all([
    start('temporal'),
    start('vault'),
    start('postgres'),
  ]);
  return {
    start,
    running,
    auditLog: join(homeOf('vault'), 'logs', 'vault-audit.log'),
    addresses: {
      databaseUrl: postgres.databaseUrl,
      vaultAddress: vault.vault.address,
      temporalAddress: temporal.temporal.address,
      temporalNamespace: temporal.temporal.namespace,
      temporalUiUrl: temporal.temporal.uiUrl,
    },
    credentials: vault.vault.credentials,
    async stop() {
      await Promise.all(Object.values(running).map((servers) => servers.stop()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export async function startFaultStack(env: Readonly<Record<string, string>> = {}): Promise<FaultStack> {
  const [servers, simulator] = await Promise.all([startServers(), startSimulator({ port: 0 })]);
  const { addresses, credentials, running, auditLog } = servers;
  const stopped = new Set<ServerName>();
  const deaths: string[] = [];
  const origins = JSON.stringify(simulator.origins);
  const config = readConfig({ ...SETTINGS, KEYTURN_PROVIDER_ORIGINS: origins, ...env });
  const log = createLogger(config.LOG_LEVEL);
  installRuntime(log);
  const starting = startAllRoles({
    config,
    log,
    addresses,
    credentials,
    bundlePath: BUNDLE_PATH,
    onDeath: (how) => deaths.push(how),
  });
  const roles = await starting.catch(async (error: unknown) => {
    await Promise.all([servers.stop(), simulator.close()]);
    throw error;
  });
  const tokens = new Map<string, Promise<string>>();
  const pidOf = (name: ServerName): number => running[name].pids[name] ?? 0;
  const reopen = (): void => void process.kill(pidOf('vault'), 'SIGHUP');
  const start = async (name: ServerName): Promise<void> => {
    await servers.start(name);
    stopped.delete(name);
  };
  const stack: FaultStack = {
    roles,
    simulator,
    vaultAddress: addresses.vaultAddress,
    credentials,
    deaths,
    async call(request) {
      const key = JSON.stringify(request.as ?? { role: 'admin' });
      const token = tokens.get(key) ?? roles.mintToken(JSON.parse(key));
      tokens.set(key, token);
      return callApi(roles.url, await token, request);
    },
    async kill(name) {
      // PostgreSQL's own word for "at once": its children end too.
      process.kill(pidOf(name), name === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
      stopped.add(name);
      await running[name].stop();
    },
    start,
    async startAll() {
      for (const name of stopped) await start(name);
    },
    signal: (name, signal) => void process.kill(pidOf(name), signal),
    blockAuditLog() {
      renameSync(auditLog, `${auditLog}.kept`);
      mkdirSync(auditLog);
      reopen();
    },
    freeAuditLog() {
      rmdirSync(auditLog);
      renameSync(`${auditLog}.kept`, auditLog);
      reopen();
    },
    async stop() {
      await roles.stop();
      await servers.stop();
      await simulator.close();
    },
  };
  // Not into the middle of a test's faults.
  await stack.call({ path: '/openrouter/models?limit=1' });
  return stack;
}
