/** What the documents say must be so: links, paths, commands, settings, quotes, and the generated parts of the README. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { SETTINGS } from '../src/config';

const ROOT = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const README_BOUND_MS = 150_000;
const FOLDERS = ['docs', 'src', 'workflows', 'activities', 'bench', 'deploy', 'examples'];
const documents = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file)),
  ),
];

describe.each(documents)('%s', (document) => {
  const text = read(document);
  const code = codeOf(text);

  it('links to what exists', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) =>
      target.replace(/#.*$/, ''),
    );
    const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(ROOT, dirname(document), target)))).toEqual([]);
  });

  it('names paths that exist', () => {
    expect(pathsIn(code).filter((path) => !exists(path, document))).toEqual([]);
  });

  it('names commands that exist', () => {
    const known = cliCommands();
    expect(commandsIn(code).filter((command) => !known.includes(command))).toEqual([]);
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts as object);
    const named = code.flatMap((one) => [...one.matchAll(/\bnpm run ([a-z:-]+)/g)].map(([, name]) => name));
    expect(named.filter((name) => !scripts.includes(name ?? ''))).toEqual([]);
  });

  it('names settings that exist', () => {
    const named = code.flatMap(
      (one) => one.match(/\b(KEYTURN|TEMPORAL|VAULT|OIDC)_[A-Z_]*[A-Z]\b(?!_)/g) ?? [],
    );
    const passedOn = ['KEYTURN_TOKEN', 'KEYTURN_URL', 'KEYTURN_TEST_STACK', 'KEYTURN_DB_PASSWORD'];
    const known = [...Object.keys(SETTINGS), ...passedOn];
    expect([...new Set(named)].filter((name) => !known.includes(name) && !/_$|…/.test(name))).toEqual([]);
  });

  it('quotes files as they are', () => {
    const quotes = [...text.matchAll(/<!-- quoted: (\S+) -->\n```\w*\n([\s\S]*?)\n```/g)];
    expect(quotes).toHaveLength(text.split('<!-- quoted:').length - 1);
    for (const [, path = '', quote = ''] of quotes) expect(read(path)).toContain(quote);
  });
});

it('the searches find what they are for', () => {
  const code = codeOf(
    '`src/none.ts` and `keyturn frobnicate`\n```sh\ndocker compose run --rm tools nothing\n```\n',
  );
  expect(pathsIn(code)).toEqual(['src/none.ts']);
  expect(exists('src/none.ts', 'README.md')).toBe(false);
  expect(commandsIn(code)).toEqual(['nothing', 'frobnicate']);
  expect(cliCommands()).toEqual(
    expect.arrayContaining(['api', 'worker', 'gateway', 'setup', 'audit', 'demo']),
  );
});

it('every promise of docs/security.md names a test that exists', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| [^|]+ \| `(test\/[^`]+)` "([^"]+)" \|$/gm)];
  expect(rows.length).toBeGreaterThan(10);
  const table = read('docs/security.md').split('## Promises')[1]?.split('\n\n')[1]?.split('\n') ?? [];
  expect(rows).toHaveLength(table.length - 2);
  for (const [, path = '', title = ''] of rows) expect(read(path)).toContain(`'${title}'`);
});

it('every decision has its number, context, choice and what was lost', () => {
  const pages = readdirSync(join(ROOT, 'docs/decisions')).sort();
  pages.forEach((page, index) => {
    expect(page).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
    expect(Number(page.slice(0, 4))).toBe(index + 1);
    const text = read(join('docs/decisions', page));
    for (const part of [`# ${index + 1}. `, '**Context.**', '**Decision.**', '**What was lost.**']) {
      expect(text).toContain(part);
    }
  });
});

it('the generated parts of README.md are what the build and real runs give', async () => {
  const script = join(ROOT, 'scripts/update-readme.mjs');
  await promisify(execFile)(process.execPath, [script, '--check'], { timeout: README_BOUND_MS });
}, 160_000);

/** Code spans and fenced blocks; generated parts apart, which have their own test. */
function codeOf(markdown: string): string[] {
  const own = markdown.replaceAll(/<!-- generated: \S+ -->[\s\S]*?<!-- end -->/g, '');
  const fences = [...own.matchAll(/```\w*\n([\s\S]*?)```/g)].map(([, body = '']) => body);
  const spans = [...own.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, body = '']) => body,
  );
  return [...fences, ...spans];
}

function pathsIn(code: readonly string[]): string[] {
  const path = /(?<![\w./-])(?:src|test|docs|deploy|scripts|workflows|activities|bench)\/[\w./-]*[\w/]/g;
  return code.flatMap((one) => (/[{*<…]/.test(one) ? [] : (one.match(path) ?? [])));
}

/** From the root, or beside the document. Secrets are made by a script and are not there. */
function exists(path: string, document: string): boolean {
  if (path.startsWith('deploy/secrets')) return true;
  return [ROOT, join(ROOT, dirname(document))].some((folder) => existsSync(join(folder, path)));
}

function commandsIn(code: readonly string[]): string[] {
  const command = /(?:(?:^|[\s(])keyturn(?: --)?|--rm tools) ([a-z][a-z-]*)/gm;
  return code.flatMap((one) => [...one.matchAll(command)].map(([, name = '']) => name));
}

/** First words after `keyturn`, from the sources of the commands. */
function cliCommands(): string[] {
  return readdirSync(join(ROOT, 'src/cli'))
    .map((file) => read(relative(ROOT, join(ROOT, 'src/cli', file))))
    .flatMap((source) => [...source.matchAll(/\.command\('([a-z-]+)'/g)].map(([, name = '']) => name));
}
