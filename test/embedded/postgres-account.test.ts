import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePostgresAccount } from '../../src/embedded/postgres-account';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const asUser = isRoot ? it.skip : it;
let folder: string;

function makeFolders(): Parameters<typeof choosePostgresAccount>[0] {
  const dataDirectory = join(folder, 'data');
  mkdirSync(dataDirectory, { mode: 0o700 });
  const postgres = join(folder, 'postgres');
  copyFileSync('/bin/true', postgres);
  chmodSync(postgres, 0o755);
  return { dataDirectory, binaries: { postgres, initdb: postgres } };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-account-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('choosePostgresAccount', () => {
  asUser('changes nothing for an ordinary user', async () => {
    expect(await choosePostgresAccount(makeFolders())).toEqual({ prefix: [] });
  });

  asRoot('gives root another user, without any capability where that user can go', async () => {
    chmodSync(folder, 0o755);
    const options = makeFolders();
    const account = await choosePostgresAccount(options);
    expect(account.prefix).toEqual([]);
    expect(account.uid).toBeGreaterThan(0);
    expect(statSync(options.dataDirectory).uid).toBe(account.uid);
  });

  asRoot('adds the capability to read and traverse below a private folder', async () => {
    const { prefix } = await choosePostgresAccount(makeFolders());
    expect(prefix).toEqual(
      expect.arrayContaining(['--bounding-set=-all,+dac_read_search', '--no-new-privs']),
    );
  });
});
