/** The sandbox of workflows is kept by the linter: Temporal's bundler lets these pass. So: does the linter see them? */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-lint-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const room of ['workflows', 'src/vault']) mkdirSync(join(folder, room), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rules broken by one file of that name and content. */
async function lint(file: string, source: string): Promise<string[]> {
  const path = join(folder, file);
  writeFileSync(path, source);
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  try {
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [oxlint, '--format=json', file], { cwd: folder }, (error, stdout) => {
        // Findings are told by the exit code, too.
        if (error !== null && stdout === '') reject(error);
        else resolve(stdout);
      });
    });
    const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string }[] };
    return diagnostics.map(({ code }) => code);
  } finally {
    rmSync(path);
  }
}

const WORKFLOW = 'workflows/planted.ts';
const IMPORT = 'eslint(no-restricted-imports)';
const GLOBAL = 'eslint(no-restricted-globals)';
const activities = (kind: string): string =>
  `${kind} { Activities } from '../activities'; export const x = (one: Activities): Activities => one;`;

test.each([
  [WORKFLOW, activities('import'), IMPORT],
  [WORKFLOW, activities('import').replace('activities', 'activities/index'), IMPORT],
  [WORKFLOW, "import { x } from '../src/vault/transit'; export const y = x;", IMPORT],
  [WORKFLOW, "import { x } from '../test/support/stack'; export const y = x;", IMPORT],
  [WORKFLOW, "import { readFileSync } from 'node:fs'; export const y = readFileSync;", IMPORT],
  [WORKFLOW, "import { readFileSync } from 'fs'; export const y = readFileSync;", IMPORT],
  [WORKFLOW, "import { request } from 'undici'; export const y = request;", IMPORT],
  [WORKFLOW, "export const y = (): unknown => fetch('x');", GLOBAL],
  [WORKFLOW, 'export const y = process.env;', GLOBAL],
  [WORKFLOW, "export const y = Buffer.from('x');", GLOBAL],
  [WORKFLOW, 'export const y = setInterval(() => undefined, 1);', GLOBAL],
  [
    WORKFLOW,
    "import { sleep } from '@temporalio/workflow'; export const y = (): void => { sleep(1); };",
    'typescript(no-floating-promises)',
  ],
  ['src/vault/planted.ts', 'export default 1;', 'import(no-default-export)'],
  ['src/vault/planted.ts', "console.log('x');", 'eslint(no-console)'],
])('%s: %s', async (file, source, rule) => {
  expect(await lint(file, source)).toContain(rule);
});

test('what workflows may say passes', async () => {
  expect(await lint(WORKFLOW, activities('import type'))).toEqual([]);
  const contract = "import { ERRORS } from '../src/contract/errors'; export const y = ERRORS;";
  expect(await lint(WORKFLOW, contract)).toEqual([]);
  expect(await lint(WORKFLOW, "export { revokeKey } from './revoke-key';")).toEqual([]);
});
