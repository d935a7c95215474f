/** Puts Portkey's open gateway into a folder of its own: nothing of it is among our dependencies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/embedded/package-root';

const PATIENCE_MS = 120_000;

/** Which versions, and npm's record of them. */
const wanted = (): string => join(packageRoot(), 'bench', 'portkey');
/** Not beside its package.json: there the compiler and the build's fingerprint would find it. */
const folder = (): string => join(packageRoot(), '.cache', 'bench-portkey');

/** Path of its server's script; null where it is not installed and is not to be, or cannot be. */
export async function findPortkey(install: 'install' | 'as it is'): Promise<string | null> {
  const lock = readFileSync(join(wanted(), 'package-lock.json'), 'utf8');
  const stamp = join(folder(), 'installed');
  const script = join(folder(), 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return script;
  if (install === 'as it is') return null;
  rmSync(folder(), { recursive: true, force: true });
  mkdirSync(folder(), { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(wanted(), name), join(folder(), name));
  if (!(await runNpm())) return null;
  writeFileSync(stamp, lock);
  return script;
}

async function runNpm(): Promise<boolean> {
  const npm = process.env['npm_execpath'];
  const [command, ...first] = npm?.endsWith('.js') === true ? [process.execPath, npm] : ['npm'];
  const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(command as string, args, {
    cwd: folder(),
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: PATIENCE_MS,
  });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  } catch {
    return false;
  }
}
