import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { resolvePostgresBinaries } from '../../src/embedded/postgres-binaries';
import { cachedBinary, isExecutable, resolveServerBinary } from '../../src/embedded/server-binaries';

const run = promisify(execFile);
const FETCH = join(__dirname, '..', '..', 'scripts', 'fetch-servers.mjs');
let folder: string;

function putExecutable(file: string, version: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "OpenBao v${version} (abc), built today"\n`);
  chmodSync(file, 0o755);
  return file;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-binaries-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The bootstrap's own look-up, which must agree with ours. */
async function byBootstrap(env: Record<string, string>): Promise<string> {
  try {
    const { stdout } = await run(process.execPath, [FETCH, 'bao'], { env: { PATH: '/nowhere', ...env } });
    return stdout.trim().replace('bao=', '');
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

describe('resolveServerBinary and the bootstrap', () => {
  it('prefer the setting, then the cache, then an acceptable version on PATH', async () => {
    const explicit = putExecutable(join(folder, 'mine'), '0.0.1');
    const onPath = putExecutable(join(folder, 'bin', 'bao'), '2.6.2');
    const env = { KEYTURN_CACHE: join(folder, 'cache'), PATH: dirname(onPath) + ':/bin' };
    const settings = { cacheDirectory: env.KEYTURN_CACHE, searchPath: env.PATH };

    expect(await resolveServerBinary('bao', settings)).toBe(onPath);
    expect(await byBootstrap(env)).toBe(onPath);
    const cached = putExecutable(cachedBinary('bao', env.KEYTURN_CACHE)!, '2.7.2');
    expect(await resolveServerBinary('bao', settings)).toBe(cached);
    expect(await byBootstrap(env)).toBe(cached);
    expect(await resolveServerBinary('bao', { ...settings, baoBin: explicit })).toBe(explicit);
    expect(await byBootstrap({ ...env, KEYTURN_BAO_BIN: explicit })).toBe(explicit);
  });

  it.each(['2.6.1', '1.99.0', '3.0.0'])(
    'pass over version %s on PATH and say how to get one',
    async (version) => {
      const bin = dirname(putExecutable(join(folder, 'bin', 'bao'), version));
      const settings = { cacheDirectory: join(folder, 'cache'), searchPath: `${bin}:/bin` };
      await expect(resolveServerBinary('bao', settings)).rejects.toThrow(
        /bao >= 2\.6\.2 on PATH.*KEYTURN_BAO_BIN/s,
      );
    },
  );

  it('say how to get it where there is neither the server nor Python', async () => {
    const said = await byBootstrap({ KEYTURN_CACHE: join(folder, 'cache') });
    expect(said).toMatch(/python3.*install Python 3 with pip.*KEYTURN_BAO_BIN/s);
  });

  it('name the variable that points at nothing', async () => {
    const baoBin = join(folder, 'absent');
    await expect(resolveServerBinary('bao', { baoBin })).rejects.toThrow(
      `KEYTURN_BAO_BIN=${baoBin} is not an executable`,
    );
    expect(await byBootstrap({ KEYTURN_BAO_BIN: baoBin })).toContain(
      `KEYTURN_BAO_BIN=${baoBin} is not an executable`,
    );
  });
});

it('PostgreSQL comes with the dependencies', () => {
  const { initdb, postgres } = resolvePostgresBinaries({ searchPath: '' });
  expect([initdb, postgres].map(isExecutable)).toEqual([true, true]);
});
