/** A home made by an older release keeps working: the vault in it never becomes active when it is told another path. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServers } from '../../src/embedded/stack';
import { binarySettings } from '../support/binary-settings';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-schema-`));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function startVault() {
  return startEmbeddedServers({
    home,
    ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
    only: ['vault'],
    binaries: binarySettings(),
    log: () => undefined,
  });
}

const stateFile = (): string => join(home, 'state.json');
const readState = () => JSON.parse(readFileSync(stateFile(), 'utf8')) as Record<string, unknown>;

it('a home of schema 1, whose vault knows the absolute path of its audit log, is migrated', async () => {
  const absolute = join(home, 'logs', 'vault-audit.log');
  writeFileSync(stateFile(), JSON.stringify({ schema: 2, ports: {}, servers: {}, auditLog: absolute }));
  await (await startVault()).stop();
  const { ports } = readState() as { ports: { vault: number } };
  writeFileSync(stateFile(), JSON.stringify({ schema: 1, ports, servers: {} }));

  await (await startVault()).stop();
  expect(readState()).toMatchObject({ schema: 2, ports: { vault: ports.vault }, auditLog: absolute });
});
