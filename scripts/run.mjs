/**
 * Every command of package.json that needs the servers or the build goes through here:
 * `node scripts/run.mjs demo|start|keyturn|test|bench|example:rag|record-histories [args]`.
 * Sets up what is missing, then runs the thing on the project's own Node. Plain Node >= 18 without dependencies:
 * it works straight after `git clone`.
 */
import { join } from 'node:path';
import { localNode, log, root, setUp, setUpServers } from './set-up.mjs';
import { runPassingOn } from './run-passing-on.mjs';
import { runTests } from './run-tests.mjs';

const CLI = join(root, 'dist', 'src', 'cli', 'keyturn.js');
const NEED_SERVERS = ['start', 'demo', 'bench', 'test', 'example:rag', 'record-histories', 'restore'];
/** Lets Node run the TypeScript of test/ as it is. */
const REGISTER = join(root, 'test', 'support', 'register-typescript.js');
const [what, ...args] = process.argv.slice(2);

const COMMANDS = {
  demo: () => [CLI, 'demo', ...args],
  start: () => [CLI, 'start', ...args],
  keyturn: () => [CLI, ...args],
  bench: () => [join(root, 'dist', 'bench', 'run.js'), ...args],
  'example:rag': () => [join(root, 'examples', 'rag', 'run-offline.js'), ...args],
  'record-histories': () => ['-r', REGISTER, join(root, 'test', 'replay', 'record-histories.ts'), ...args],
  test: null,
};

async function main() {
  if (!Object.hasOwn(COMMANDS, what ?? '')) {
    log(`usage: node scripts/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
    return { code: 2, signal: null };
  }
  const prepare = async () => {
    await setUp();
    const command = what === 'keyturn' ? args[0] : what;
    const servers = NEED_SERVERS.includes(command) ? await setUpServers(process.env) : {};
    return { ...process.env, ...servers };
  };
  if (what === 'test') return runTests({ args, prepare });
  const env = await prepare();
  return runPassingOn(localNode(), COMMANDS[what](), { env });
}

let ended;
try {
  ended = await main();
} catch (error) {
  log(error.message);
  ended = { code: 1, signal: null };
}
// A shell tells "ended by a signal" from "exit code": so do we.
if (ended.signal) process.kill(process.pid, ended.signal);
else process.exitCode = ended.code;
