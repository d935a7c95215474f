/** The image without Docker: the Dockerfile's own instructions carried out in a folder. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finalStage, readDockerfile, ROOT } from './read-compose';

export interface InstalledImage {
  /** What would be `/` in a container. */
  readonly directory: string;
  /** Starts the entry point with these arguments, as the image's user when we are root. */
  start(args: readonly string[], env: Readonly<Record<string, string>>): RoleProcess;
  /** Gives a folder to the image's user. */
  own(path: string): void;
  remove(): void;
}

export interface RoleProcess {
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Its exit code, once it has ended; a signal's name when one ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const INSTALL_BOUND_MS = 170_000;

/** Thrown when an instruction of the Dockerfile fails. */
export function installImage(): InstalledImage {
  const directory = mkdtempSync(join(tmpdir(), 'keyturn-image-'));
  chmodSync(directory, 0o755);
  const stages = join(directory, 'stages');
  const app = join(directory, 'app');
  mkdirSync(app);
  installDependencies(join(stages, 'dependencies'));
  for (const { kind, text } of finalStage().instructions) {
    if (kind === 'COPY') copy(text, { app, stages });
  }
  // Node is the base image's; a clone in root's home would be out of reach for another user.
  mkdirSync(join(directory, 'bin'));
  copyFileSync(process.execPath, join(directory, 'bin/node'));
  chmodSync(join(directory, 'bin/node'), 0o755);
  execFileSync('chmod', ['-R', 'a+rX', directory]);
  const account = accountOfImage();
  return {
    directory,
    start: (args, env) => start({ directory, app, account, args, env }),
    own: (path) => account && chownSync(path, account.uid, account.gid),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function installDependencies(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(ROOT, file), join(folder, file));
  const stage = readDockerfile().find(({ name }) => name === 'dependencies');
  const env = { ...process.env, NODE_ENV: 'production', npm_config_prefer_offline: 'true' };
  for (const { kind, text } of stage?.instructions ?? []) {
    if (kind !== 'RUN') throw new Error(`the stage dependencies has ${kind}`);
    execFileSync('/bin/sh', ['-c', text], { cwd: folder, env, stdio: 'pipe', timeout: INSTALL_BOUND_MS });
  }
}

/** `--from=build` is the build that is here already. */
function copy(text: string, folders: { app: string; stages: string }): void {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const [source = '', target = ''] = words;
  const to = join(folders.app, target);
  mkdirSync(dirname(to), { recursive: true });
  if (from === 'dependencies') renameSync(join(folders.stages, from, source.replace(/^\/app\//, '')), to);
  else cpSync(join(ROOT, source.replace(/^\/app\//, '')), to, { recursive: true });
}

function accountOfImage(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const user = finalStage().instructions.find(({ kind }) => kind === 'USER')?.text ?? '';
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  return { uid, gid };
}

function start(options: {
  directory: string;
  app: string;
  account: { uid: number; gid: number } | null;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}): RoleProcess {
  const { directory, app, account, args, env } = options;
  const entry = JSON.parse(
    finalStage().instructions.find(({ kind }) => kind === 'ENTRYPOINT')?.text ?? '[]',
  ) as string[];
  const [node = '', ...rest] = entry.map((word) => word.replace(/^\/app\//, `${app}/`));
  const child = spawn(join(directory, 'bin', node), [...rest, ...args], {
    cwd: app,
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { process: child, output: () => printed, ended };
}
