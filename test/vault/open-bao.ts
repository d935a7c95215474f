/** A throw-away OpenBao in memory, with its root token: for tests that seal it, stop it or need root. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { resolveServerBinary } from '../../src/embedded/server-binaries';

export interface OpenBao {
  readonly address: string;
  readonly rootToken: string;
  /** A raw request as root (or with `token`). */
  ask(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: any }>;
  stop(): Promise<void>;
}

/** Polls until `check` holds; fails loudly after `boundMs`. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  boundMs = 20_000,
): Promise<void> {
  for (const deadline = Date.now() + boundMs; Date.now() < deadline; await delay(25)) {
    if (await check()) return;
  }
  throw new Error(`not within ${boundMs} ms: ${what}`);
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts `bao` with these arguments in an empty home. */
export async function spawnBao(
  args: readonly string[],
): Promise<{ process: ChildProcess; stop(): Promise<void> }> {
  const { KEYTURN_BAO_BIN: baoBin, KEYTURN_CACHE: cacheDirectory, PATH: searchPath } = process.env;
  const executable = await resolveServerBinary('bao', { baoBin, cacheDirectory, searchPath });
  const home = mkdtempSync(join(tmpdir(), 'keyturn-bao-'));
  const child = spawn(executable, args, { stdio: 'ignore', env: { HOME: home, PATH: '/usr/bin:/bin' } });
  return {
    process: child,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Raw requests under a token that may do everything. */
export function askerOf(address: string, rootToken: string): OpenBao['ask'] {
  return async (method, path, body, token = rootToken) => {
    const reply = await request(`${address}/v1/${path}`, {
      method: method as 'GET',
      headers: {
        'x-vault-token': token,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.body.text();
    return { status: reply.statusCode, body: text === '' ? null : JSON.parse(text) };
  };
}

/** Starts an unsealed, empty server. */
export async function startOpenBao(): Promise<OpenBao> {
  const rootToken = `root-${randomUUID()}`;
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const server = await spawnBao([
    'server',
    '-dev',
    '-dev-no-store-token',
    `-dev-root-token-id=${rootToken}`,
    `-dev-listen-address=127.0.0.1:${port}`,
  ]);
  const ask = askerOf(address, rootToken);
  await until('OpenBao answers as root', async () => {
    const reply = await ask('GET', 'auth/token/lookup-self').catch(() => null);
    return reply?.status === 200;
  });
  return { address, rootToken, ask, stop: server.stop };
}
