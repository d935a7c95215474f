/** `npm test`: runs jest, then prints the time of each suite and, last, "N passed, N failed". */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { localNode, log, root } from './set-up.mjs';
import { runPassingOn } from './run-passing-on.mjs';

/** Options with which jest tells something and runs no test. */
const TELLS_ONLY = ['--help', '-h', '--version', '--listTests', '--showConfig', '--clearCache'];

/** A crash, or no test at all, counts as a failure. */
export async function runTests({ args, prepare }) {
  let env;
  try {
    env = await prepare();
  } catch (error) {
    log(error.message);
    return finish({ passed: 0, failed: 1 }, { code: 1, signal: null });
  }
  const node = localNode();
  const jest = [join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
  const options = {
    cwd: root,
    env: { ...env, PATH: `${join(root, 'node_modules', '.bin')}:${env.PATH ?? ''}` },
  };
  if (args.some((arg) => TELLS_ONLY.includes(arg))) return runPassingOn(node, [...jest, ...args], options);
  const work = mkdtempSync(join(tmpdir(), 'keyturn-jest-'));
  try {
    const file = join(work, 'result.json');
    const ended = await runPassingOn(node, [...jest, '--json', `--outputFile=${file}`, ...args], options);
    return finish(readResult(file, ended), ended);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readResult(file, ended) {
  let result;
  try {
    result = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    log(
      `jest left no result (${error.code ?? error.message}): it ended by ${ended.signal ?? `exit code ${ended.code}`}`,
    );
    return { passed: 0, failed: 1 };
  }
  printTimes(result.testResults);
  const passed = result.numPassedTests;
  // A suite that could not be loaded has no tests to count.
  let failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  if (passed + failed === 0) {
    log('No test ran.');
    failed = 1;
  }
  // All tests green and jest still unhappy: a global set-up, a threshold, a leak.
  if (failed === 0 && ended.code !== 0) failed = 1;
  const skipped = result.numPendingTests + result.numTodoTests;
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  return { passed, failed };
}

function printTimes(suites) {
  process.stdout.write('\nSeconds  Suite\n');
  const rows = suites.map(({ name, startTime, endTime }) => [
    (endTime - startTime) / 1000,
    relative(root, name),
  ]);
  for (const [seconds, name] of rows.sort((a, b) => b[0] - a[0])) {
    process.stdout.write(`${seconds.toFixed(1).padStart(7)}  ${name}\n`);
  }
}

function finish({ passed, failed }, { code, signal }) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  if (signal) return { code: null, signal };
  return { code: failed > 0 && code === 0 ? 1 : code, signal: null };
}
