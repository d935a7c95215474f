import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort, findFreePort, isPortFree } from '../../src/embedded/choose-port';
import { homeOwner } from '../../src/embedded/home';
import { startEmbeddedServers } from '../../src/embedded/stack';
import { binarySettings } from '../support/binary-settings';

const other: Server = createServer();
let taken: number;
let said: string[];

const choice = (more: {
  explicit?: number;
  recorded?: number;
  fallback: number;
  promised?: Set<number>;
}) => ({
  what: 'OpenBao',
  variable: 'KEYTURN_VAULT_PORT',
  promised: new Set<number>(),
  log: (line: string) => said.push(line),
  ...more,
});

beforeAll(async () => {
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  taken = (other.address() as AddressInfo).port;
});
afterAll(() => other.close());
beforeEach(() => {
  said = [];
});

describe('choosePort', () => {
  it('takes what was set, then what was used before, then the default', async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => findFreePort(new Set())));
    expect(await choosePort(choice({ explicit: a!, recorded: b!, fallback: c! }))).toBe(a);
    expect(await choosePort(choice({ recorded: b!, fallback: c! }))).toBe(b);
    expect(await choosePort(choice({ fallback: c! }))).toBe(c);
    expect(said).toEqual([]);
  });

  it('moves from a taken default or recorded port to a free one, and says so', async () => {
    for (const where of [{ fallback: taken }, { recorded: taken, fallback: 1 }]) {
      said = [];
      const port = await choosePort(choice(where));
      expect(port).not.toBe(taken);
      expect(await isPortFree(port)).toBe(true);
      expect(said).toEqual([
        `Port ${taken} of OpenBao is taken: using ${port} (set KEYTURN_VAULT_PORT to choose).`,
      ]);
    }
  });

  it('refuses a taken port that was set, naming the variable', async () => {
    const chosen = choosePort(choice({ explicit: taken, fallback: 1 }));
    await expect(chosen).rejects.toThrow(`KEYTURN_VAULT_PORT=${taken}: that port is taken`);
  });

  it('does not give one port to two servers', async () => {
    const free = await findFreePort(new Set());
    const promised = new Set([free]);
    expect(await choosePort(choice({ fallback: free, promised }))).not.toBe(free);
    await expect(choosePort(choice({ explicit: free, fallback: 1, promised }))).rejects.toThrow(
      'KEYTURN_VAULT_PORT',
    );
  });
});

it('a start with a taken port that was set ends before any server runs, and lets go of the home', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyturn-port-'));
  const ports = { temporal: 0, temporalUi: 0, vault: taken, postgres: 0 };
  try {
    const started = startEmbeddedServers({ home, ports, binaries: binarySettings(), log: () => undefined });
    await expect(started).rejects.toThrow(`KEYTURN_VAULT_PORT=${taken}`);
    expect(homeOwner(home)).toBeNull();
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
