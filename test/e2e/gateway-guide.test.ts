/** docs/openrouter.md, followed from its first line to its last as a reader would, on a Keyturn of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import {
  makeHome,
  removeHome,
  startKeyturn,
  type Home,
  type RunningKeyturn,
} from '../support/keyturn-process';
import { until } from '../support/until';

const ROOT = join(__dirname, '../..');
const CLI = join(ROOT, 'dist/src/cli/keyturn.js');
const GUIDE = readFileSync(join(ROOT, 'docs/openrouter.md'), 'utf8');
/** In the guide: a default address, and how a person calls the command. */
const WRITTEN = { url: 'http://127.0.0.1:8001', command: 'npm --silent run keyturn --' };

interface Snippet {
  readonly kind: 'run' | 'exports';
  readonly language: 'sh' | 'js';
  readonly code: string;
  /** Empty for those that print nothing. */
  readonly output: string;
}

const SNIPPET = /<!-- run(: exports)? -->\n```(sh|js)\n([\s\S]*?)\n```\n(?:```text\n([\s\S]*?)\n```)?/g;
const snippets: Snippet[] = [...GUIDE.matchAll(SNIPPET)].map(
  ([, exports, language, code = '', output = '']) => ({
    kind: exports === undefined ? 'run' : 'exports',
    language: language as 'sh' | 'js',
    code,
    output,
  }),
);

let simulator: Simulator;
let home: Home;
let keyturn: RunningKeyturn;
/** Where the reader is: `.keyturn` is the home. */
let folder: string;
const env: Record<string, string> = { PATH: process.env['PATH'] ?? '' };

beforeAll(async () => {
  simulator = await startSimulator({ port: 0 });
  const { good, second } = simulator.find('openrouter').credentials;
  home = makeHome({
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    OPENROUTER_API_KEY: second?.['api_key'] ?? '',
  });
  keyturn = await startKeyturn(home);
  folder = mkdtempSync(join(tmpdir(), `keyturn-test-${process.pid}-guide-`));
  symlinkSync(home.directory, join(folder, '.keyturn'));
  env['OPENROUTER_API_KEY'] = good?.['api_key'] ?? '';
}, 90_000);
afterAll(async () => {
  await keyturn?.stop();
  await removeHome(home);
  rmSync(folder, { recursive: true, force: true });
  await simulator.close();
});

function run(command: string, args: readonly string[], cwd: string, more = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string, stderr: string): void =>
      error === null ? resolve(stdout + stderr) : reject(new Error(`${error.message}\n${stdout}`));
    execFile(command, args, { cwd, env: { ...env, ...more } }, done);
  });
}

async function play({ kind, language, code }: Snippet): Promise<string> {
  // Packages are found from the root.
  if (language === 'js') return run(process.execPath, ['--input-type=module', '-e', code], ROOT);
  const here = code
    .replaceAll(WRITTEN.url, keyturn.url)
    .replaceAll(WRITTEN.command, `${process.execPath} ${CLI}`);
  if (kind === 'run') return run('/bin/sh', ['-c', here], folder);
  const told = await run('/bin/sh', ['-c', `${here}\nenv`], folder, home.env);
  for (const [, name = '', value = ''] of told.matchAll(/^(KEYTURN_(?:URL|TOKEN))=(.*)$/gm))
    env[name] = value;
  return '';
}

/** `…` stands for anything. */
function shown(output: string): RegExp {
  const literal = output.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[\\s\\S]*?')}$`);
}

test('the guide has them', () => {
  expect(snippets.length).toBeGreaterThan(15);
  expect(snippets).toHaveLength(GUIDE.split('<!-- run').length - 1);
  expect(shown('a…c.').test('abbc.')).toBe(true);
  expect(shown('a…c.').test('abbcd')).toBe(false);
});

describe('in its order', () => {
  test.each(snippets.map((snippet, index) => [index + 1, snippet.language, snippet] as const))(
    'snippet %i (%s) prints what is shown',
    async (_number, _language, snippet) => {
      const clean = (text: string): string => text.replaceAll('\r', '').trim();
      // Calls are noted behind their answers.
      await until('all calls are noted', allNoted);
      expect(clean(await play(snippet))).toMatch(shown(snippet.output));
    },
  );
});

async function allNoted(): Promise<boolean> {
  const made = simulator.openrouter
    .calls()
    .filter(({ method, status }) => method === 'POST' && status === 200);
  const noted = await Promise.all(
    ['acme', 'beta'].map(async (tenant) => {
      const { body } = await keyturn.call({ path: `/openrouter/usage/${tenant}` });
      return body.total.unpriced_requests === 0 ? (body.total.requests as number) : NaN;
    }),
  );
  return noted.reduce((sum, one) => sum + one, 0) === made.length;
}
