/** What a fresh clone lacks, step by step: dependencies, build, servers. Plain Node without dependencies. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureServer } from './fetch-servers.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const log = (line) => process.stderr.write(`${line}\n`);

const INSTALL_STAMP = join(root, 'node_modules', '.keyturn-install');
const BUILD_STAMP = join(root, 'dist', '.build.json');
/** What the build is made of. Tests are compiled by jest. */
const BUILD_INPUTS = [
  'src',
  'workflows',
  'activities',
  'bench',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const BUILD_OUTPUTS = [
  'src',
  'workflows',
  'activities',
  'bench',
  'workflow-bundle.js',
  'workflow-bundle.js.next',
];
const OLDEST_NODE = 22;

/** Installs and builds whatever changed since the last time. One process at a time. */
export async function setUp() {
  if (isInstalled() && isBuilt()) return;
  const unlock = await takeLock();
  try {
    await install();
    await build();
  } finally {
    unlock();
  }
}

/** Makes sure of the servers' executables; returns the environment variables that name them. */
export async function setUpServers(env) {
  const [temporal, bao] = await Promise.all(
    ['temporal', 'bao'].map((name) => ensureServer(name, { env, log })),
  );
  return { KEYTURN_TEMPORAL_BIN: temporal, KEYTURN_BAO_BIN: bao };
}

/** Node 24 from the dependency `node`; without it (its install script did not run) the Node that runs us, if new enough. */
export function localNode() {
  const local = join(root, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(local)) return local;
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return process.execPath;
  throw new Error(
    `Node ${OLDEST_NODE} or newer is needed; this is ${process.version}, and ${local} is missing. ` +
      'Run `npm ci` with install scripts allowed, or install Node 24.',
  );
}

function isInstalled() {
  return readText(INSTALL_STAMP) === hashFile('package-lock.json');
}

async function install() {
  if (isInstalled()) return;
  if (isInstalledByHand()) return writeFileSync(INSTALL_STAMP, hashFile('package-lock.json'));
  log('Installing dependencies …');
  // NODE_ENV=production would leave the compiler out. An older Node than ours runs npm: it warns of that at length.
  const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  await runStep(command, [...first, 'ci', ...options], 'npm ci');
  writeFileSync(INSTALL_STAMP, hashFile('package-lock.json'));
}

/** True when somebody ran npm here and what it noted down has the lock file's versions. */
function isInstalledByHand() {
  const noted = readText(join(root, 'node_modules', '.package-lock.json'));
  if (noted === null) return false;
  const installed = JSON.parse(noted).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && installed[path] === undefined),
  );
}

function isBuilt() {
  const stamp = JSON.parse(readText(BUILD_STAMP) ?? '{}');
  const files = buildInputs();
  if (stamp.quick === quickFingerprint(files)) return true;
  if (stamp.content !== contentFingerprint(files)) return false;
  // Touched, not changed (a checkout, a copy): remember the new times.
  writeBuildStamp(files);
  return true;
}

async function build() {
  if (isBuilt()) return;
  log('Building …');
  const files = buildInputs();
  const content = contentFingerprint(files);
  rmSync(BUILD_STAMP, { force: true });
  // A deleted source must not live on in dist.
  for (const output of BUILD_OUTPUTS) rmSync(join(root, 'dist', output), { recursive: true, force: true });
  const node = localNode();
  await runStep(node, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], 'tsc');
  await runStep(node, [join('scripts', 'bundle-workflows.mjs')], 'the workflow bundle');
  // A source edited meanwhile is not in the build: then no stamp, and the next run builds again.
  if (contentFingerprint(buildInputs()) === content) writeBuildStamp(files);
}

function writeBuildStamp(files) {
  const stamp = { quick: quickFingerprint(files), content: contentFingerprint(files) };
  writeFileSync(BUILD_STAMP, JSON.stringify(stamp));
}

function buildInputs() {
  const files = [join('scripts', 'bundle-workflows.mjs')];
  for (const input of BUILD_INPUTS) {
    const stat = statSync(join(root, input), { throwIfNoEntry: false });
    if (stat?.isFile()) files.push(input);
    if (stat?.isDirectory())
      files.push(...readdirSync(join(root, input), { recursive: true }).map((f) => join(input, f)));
  }
  return files.filter((file) => /\.(ts|json|mjs)$/.test(file)).sort();
}

function quickFingerprint(files) {
  const lines = files.map((file) => {
    const { size, mtimeMs } = statSync(join(root, file));
    return `${file} ${size} ${mtimeMs}`;
  });
  return hash(lines.join('\n'));
}

function contentFingerprint(files) {
  return hash(files.map((file) => `${file} ${hashFile(file)}`).join('\n'));
}

function hashFile(file) {
  return hash(readFileSync(join(root, file)));
}

function hash(data) {
  return createHash('sha256').update(data).digest('hex');
}

function readText(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** Its output goes to stderr: stdout belongs to what runs afterwards. */
function runStep(command, args, what) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', (error) => reject(new Error(`${what} cannot be run: ${error.message}`)));
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${what} failed (${signal ?? `exit code ${code}`})`)),
    );
  });
}

/** Two commands typed at once in a fresh clone must not both run `npm ci`. A folder is made by one process only. */
async function takeLock() {
  const directory = join(root, '.cache', 'set-up.lock');
  const owner = join(directory, 'pid');
  mkdirSync(dirname(directory), { recursive: true });
  for (let told = false; ; told = true) {
    try {
      mkdirSync(directory);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(directory, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = Number(readText(owner) ?? 0);
    if (isAbandoned(directory, pid)) rmSync(directory, { recursive: true, force: true });
    else if (!told) log(`Another set-up is running here (pid ${pid || 'unknown'}): waiting for it …`);
    await delay(200);
  }
}

/** Its process is gone, or went between making the folder and noting its pid. */
function isAbandoned(directory, pid) {
  if (pid === 0)
    return Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 5000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
