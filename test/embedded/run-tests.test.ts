import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RUN_TESTS = pathToFileURL(join(__dirname, '..', '..', 'scripts', 'run-tests.mjs')).href;
let folder: string;

/** `npm test` on a suite of its own, without the set-up before it. */
function runSuite(source: string): { status: number | null; last: string | undefined } {
  writeFileSync(join(folder, 'a.test.js'), source);
  const config = JSON.stringify({ rootDir: folder, testMatch: ['**/*.test.js'], transform: {} });
  const script = `
    const { runTests } = await import(${JSON.stringify(RUN_TESTS)});
    const args = ['--config', ${JSON.stringify(config)}];
    process.exitCode = (await runTests({ args, prepare: async () => process.env })).code;`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return { status: child.status, last: child.stdout.trimEnd().split('\n').at(-1) };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-run-tests-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['a green suite', "it('a', () => {}); it('b', () => {})", '2 passed, 0 failed', 0],
  ['a red test', "it('a', () => {}); it('b', () => { throw new Error() })", '1 passed, 1 failed', 1],
  ['a suite that cannot be loaded', "throw new Error('no')", '0 passed, 1 failed', 1],
  ['only skipped tests', "it.skip('a', () => {})", '0 passed, 1 failed', 1],
  [
    'a process that ends with 0 in the middle',
    "it('a', () => process.reallyExit(0))",
    '0 passed, 1 failed',
    1,
  ],
])('%s is counted as it is', (_name, source, last, status) => {
  expect(runSuite(source)).toEqual({ status, last });
});
