/** Starting a process that will kill itself, and hearing of its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeJwt } from 'jose';
import type { Addresses } from '../../src/connections';
import type { IssuerSettings } from '../../src/http/verify-token';
import { oidcKeysUrl } from '../../src/vault/identity-token';
import type { AppRoleCredentials } from '../../src/vault/vault-client';
import type { TestService } from '../support/service';
import type { ChildLine, KillPoint } from './kill-points';

export interface ChildSettings {
  readonly env: Record<string, string>;
  readonly addresses: Addresses;
  readonly appRole: AppRoleCredentials;
  readonly bundlePath: string;
  readonly plan: readonly KillPoint[];
  /** Issuer whose tokens a facade takes. */
  readonly issuer: IssuerSettings;
}

export interface Child {
  /** Base address, of a facade. */
  readonly url: string | undefined;
  readonly lines: readonly ChildLine[];
  /** Resolves when it was killed by its own signal; rejects when it ended otherwise or not in time. */
  readonly killed: Promise<void>;
  /** Ends it, whatever it does. */
  end(): void;
}

const ROOT = join(__dirname, '../..');
const REGISTER = join(ROOT, 'test/support/register-typescript.js');
/** Milliseconds within which every point must be reached. */
const PATIENCE_MS = 90_000;

/** The settings this process was started with. */
export function readChildSettings(): ChildSettings {
  return JSON.parse(process.env['CRASH_SETTINGS'] ?? '{}') as ChildSettings;
}

/** Who issues the tokens of `service`, as one of them tells. */
export async function testIssuer(service: TestService): Promise<IssuerSettings> {
  const { iss, aud } = decodeJwt(await service.mintToken({ role: 'admin' }));
  const jwksUrl = oidcKeysUrl(service.options.addresses.vaultAddress);
  return { issuer: iss as string, audience: aud as string, jwksUrl };
}

/** Starts `script` (beside this file) and waits until it is ready. */
export async function runChild(script: string, settings: ChildSettings): Promise<Child> {
  const child = spawn(process.execPath, ['-r', REGISTER, join(__dirname, script)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], CRASH_SETTINGS: JSON.stringify(settings) },
  });
  const lines: ChildLine[] = [];
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const ready = new Promise<string | undefined>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as ChildLine;
      lines.push(line);
      if (line.event === 'ready') resolve(line.url);
    });
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const killed = Promise.race([exit, patience()]).then((ended) => {
    if (ended !== null && ended[1] === 'SIGKILL') return;
    child.kill('SIGKILL');
    throw new Error(`${script} did not reach ${missing(settings.plan, lines)}\n${complaints}`);
  });
  // Whoever waits for it later hears of it; nobody may be waiting yet.
  killed.catch(() => undefined);
  const url = await Promise.race([ready, killed.then(() => undefined)]);
  return { url, lines, killed, end: () => void child.kill('SIGKILL') };
}

function patience(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MS).unref());
}

function missing(plan: readonly KillPoint[], lines: readonly ChildLine[]): string {
  const reached = lines.flatMap((line) => (line.event === 'reached' ? [JSON.stringify(line.point)] : []));
  return plan
    .map((point) => JSON.stringify(point))
    .filter((point) => !reached.includes(point))
    .join(', ');
}
