import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHome } from '../../src/embedded/home';
import { identifyProcess, isSameProcess } from '../../src/embedded/process-identity';
import { stopRecordedProcess } from '../../src/embedded/server-process';

let bystander: ChildProcess;
let home: string;

beforeEach(() => {
  bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)'], { stdio: 'ignore' });
  home = mkdtempSync(join(tmpdir(), 'keyturn-orphans-'));
});
afterEach(() => {
  bystander.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

describe('stopRecordedProcess', () => {
  it('ends the recorded process', async () => {
    const recorded = identifyProcess(bystander.pid!)!;
    expect(await stopRecordedProcess(recorded, 'SIGTERM')).toBe(true);
    expect(isSameProcess(recorded)).toBe(false);
  });

  it('leaves a process alone that got the pid later, or runs another program', async () => {
    const now = identifyProcess(bystander.pid!)!;
    expect(await stopRecordedProcess({ ...now, startTime: `${now.startTime}0` }, 'SIGTERM')).toBe(false);
    expect(await stopRecordedProcess({ ...now, executable: '/usr/bin/postgres' }, 'SIGTERM')).toBe(false);
    expect(isSameProcess(now)).toBe(true);
  });
});

describe('openHome', () => {
  const log = (): void => undefined;

  it('is given to one of several that ask at once', async () => {
    const asked = await Promise.allSettled([1, 2, 3, 4].map(() => openHome({ directory: home, log })));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const { reason } of asked.filter((each) => each.status === 'rejected')) {
      expect(String(reason)).toContain(`pid ${process.pid}`);
    }
  });

  it('is free again when its owner is gone, although the pid runs something else', async () => {
    const stranger = { ...identifyProcess(bystander.pid!)!, startTime: 'earlier' };
    writeFileSync(join(home, 'owner.json'), JSON.stringify(stranger));
    (await openHome({ directory: home, log })).release();
  });

  it('refuses a state file of a newer version, and lets go', async () => {
    writeFileSync(join(home, 'state.json'), JSON.stringify({ schema: 3, ports: {}, servers: {} }));
    await expect(openHome({ directory: home, log })).rejects.toThrow(
      'written by a newer Keyturn (schema 3, this one knows 2)',
    );
    rmSync(join(home, 'state.json'));
    (await openHome({ directory: home, log })).release();
  });
});
