/** OpenBao on loopback: raft storage, unsealed by a key file, initialised by its own configuration at the first start. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Agent, request } from 'undici';
import { KeyturnError } from '../contract/errors';
import { LOOPBACK } from './choose-port';
import { keepAuditLogBounded } from './vault-audit-log';
import type { AppRoleCredentials } from './credentials';
import type { ProcessIdentity } from './process-identity';
import { startServerProcess, waitUntilReady, type ServerProcess } from './server-process';
import { FIRST_START_ENV, vaultConfig, type VaultFiles, type VaultPorts } from './vault-config';

const READY_BOUND_MS = 60_000;
const REQUEST_TIMEOUT_MS = 2000;
const SEAL_KEY_BYTES = 32;

export interface VaultServerOptions {
  readonly executable: string;
  /** Working directory of the server. */
  readonly home: string;
  readonly configFile: string;
  readonly files: VaultFiles;
  readonly ports: VaultPorts;
  readonly logFile: string;
  readonly provisioner: AppRoleCredentials;
  readonly record: (identity: ProcessIdentity) => void;
  readonly log: (line: string) => void;
  readonly onStart: (server: ServerProcess) => void;
}

/** Resolves when it is unsealed and active, and the provisioner can log in. */
export async function startVaultServer(options: VaultServerOptions): Promise<ServerProcess> {
  const firstStart = prepareFiles(options);
  const { roleId, secretId } = options.provisioner;
  const server = await startServerProcess({
    name: 'vault',
    executable: options.executable,
    cwd: options.home,
    args: ['server', `-config=${options.configFile}`, '-log-level=warn'],
    ...(firstStart
      ? { env: { [FIRST_START_ENV.roleId]: roleId, [FIRST_START_ENV.secretId]: secretId } }
      : {}),
    logFile: options.logFile,
    record: options.record,
    log: options.log,
  });
  options.onStart(server);
  const agent = new Agent();
  try {
    const address = `http://${LOOPBACK}:${options.ports.api}`;
    await waitUntilReady(server, {
      boundMs: READY_BOUND_MS,
      check: async () => ((await status(`${address}/v1/sys/health`, agent)) === 200 ? true : null),
    });
    // A server counts as initialised before its self-initialisation is through.
    if (firstStart) {
      const body = JSON.stringify({ role_id: roleId, secret_id: secretId });
      await waitUntilReady(server, {
        boundMs: READY_BOUND_MS,
        check: async () =>
          (await status(`${address}/v1/auth/approle/login`, agent, body)) === 200 ? true : null,
      });
      rmSync(firstStartMark(options));
    }
  } finally {
    await agent.close();
  }
  const auditLogFile = resolve(options.home, options.files.auditLogFile);
  const stopRotating = keepAuditLogBounded({
    file: auditLogFile,
    pid: server.pid,
    onError: (error) => options.log(`${auditLogFile} cannot be rotated: ${String(error)}`),
  });
  void server.exited.then(stopRotating);
  return server;
}

async function status(url: string, dispatcher: Agent, body?: string): Promise<number> {
  const { statusCode, body: reply } = await request(url, {
    dispatcher,
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { body }),
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
  });
  await reply.dump();
  return statusCode;
}

/** Present from before the first start until it is through. */
function firstStartMark({ files }: VaultServerOptions): string {
  return `${files.raftDirectory}.first-start`;
}

/** Returns whether the store has to be initialised. Thrown when there is a store and no seal key. */
function prepareFiles(options: VaultServerOptions): boolean {
  const { files } = options;
  const mark = firstStartMark(options);
  mkdirSync(dirname(files.raftDirectory), { recursive: true, mode: 0o700 });
  // A first start that was cut short left a store without a way in, and nothing was kept in it yet.
  if (existsSync(mark)) rmSync(files.raftDirectory, { recursive: true, force: true });
  const firstStart = !existsSync(files.raftDirectory);
  if (!existsSync(files.sealKeyFile)) {
    if (!firstStart) {
      throw new KeyturnError(
        'vault_unavailable',
        `${files.sealKeyFile} is missing: nothing in ${files.raftDirectory} can be read without it. Restore it from a backup.`,
      );
    }
    writeFileSync(files.sealKeyFile, randomBytes(SEAL_KEY_BYTES), { mode: 0o600 });
  }
  if (firstStart) {
    writeFileSync(mark, '', { mode: 0o600 });
    mkdirSync(files.raftDirectory, { mode: 0o700 });
  }
  writeFileSync(options.configFile, vaultConfig({ files, ports: options.ports }), { mode: 0o600 });
  return firstStart;
}
