/** Where the Temporal and OpenBao executables are. Looks; fetching is the bootstrap's (scripts/fetch-servers.mjs). */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { KeyturnError } from '../contract/errors';
import pins from './server-pins.json';

export type ServerBinary = keyof typeof pins;

/** The settings of the look-up; the names in brackets are the environment variables they come from. */
export interface BinarySettings {
  /** An executable to take as it is (KEYTURN_TEMPORAL_BIN). */
  readonly temporalBin?: string | undefined;
  /** An executable to take as it is (KEYTURN_BAO_BIN). */
  readonly baoBin?: string | undefined;
  /** Folder of fetched servers (KEYTURN_CACHE); default `~/.cache/keyturn`. */
  readonly cacheDirectory?: string | undefined;
  /** Folders to search when the cache has none (PATH). */
  readonly searchPath?: string | undefined;
}

const VERSION_TIMEOUT_MS = 20_000;
const run = promisify(execFile);

/** Order: the explicit setting, the cache, PATH. Thrown when none has it: a message with the cure. */
export async function resolveServerBinary(name: ServerBinary, settings: BinarySettings): Promise<string> {
  const explicit = name === 'temporal' ? settings.temporalBin : settings.baoBin;
  const variable = name === 'temporal' ? 'KEYTURN_TEMPORAL_BIN' : 'KEYTURN_BAO_BIN';
  if (explicit) {
    if (isExecutable(explicit)) return explicit;
    throw new KeyturnError('configuration', `${variable}=${explicit} is not an executable file`);
  }
  const cached = cachedBinary(name, settings.cacheDirectory ?? join(homedir(), '.cache', 'keyturn'));
  if (cached !== null && isExecutable(cached)) return cached;
  const onPath = await findOnPath(name, settings.searchPath ?? '');
  if (onPath !== null) return onPath;
  throw new KeyturnError(
    'configuration',
    `The ${name} server is not here. Fetch it with \`node scripts/fetch-servers.mjs ${name}\`, ` +
      `or put ${name} >= ${pins[name].minVersion} on PATH, or set ${variable} to its executable.`,
  );
}

/** Path of the fetched server in the cache, there or not; null when this platform has no pinned build. */
export function cachedBinary(name: ServerBinary, cacheDirectory: string): string | null {
  const { version, sha256 } = pins[name];
  const hash = (sha256 as Record<string, string | undefined>)[`${process.platform}-${process.arch}`];
  return hash === undefined ? null : join(cacheDirectory, `${name}-${version}-${hash.slice(0, 12)}`, name);
}

async function findOnPath(name: ServerBinary, searchPath: string): Promise<string | null> {
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const candidate = join(directory, name);
    if (isExecutable(candidate) && (await isAcceptable(candidate, pins[name].minVersion))) return candidate;
  }
  return null;
}

async function isAcceptable(executable: string, minVersion: string): Promise<boolean> {
  try {
    const { stdout } = await run(executable, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    return isAtLeast(/(\d+\.\d+\.\d+)/.exec(stdout)?.[1], minVersion);
  } catch {
    return false; // It does not run here: not a candidate.
  }
}

/** True for the same major version that is not older. */
function isAtLeast(version: string | undefined, minVersion: string): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const [minMajor = 0, minMinor = 0, minPatch = 0] = minVersion.split('.').map(Number);
  return major === minMajor && (minor > minMinor || (minor === minMinor && patch >= minPatch));
}

/** True for a file this process may execute. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
