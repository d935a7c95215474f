/** The direction of the code, the size of its files, and what may not be in the repository at all. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findViolations, targetOf } from './architecture/find-violations';
import { readSource } from './architecture/read-imports';

const ROOT = join(__dirname, '..');
const HARD_LIMIT = 350;
const SOFT_LIMIT = 200;

/** Tracked files, and new ones that are not ignored. */
function filesOf(...folders: string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  return [...new Set(listed)].filter((file) => file !== '' && existsSync(join(ROOT, file)));
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const isTypeScript = (file: string): boolean => file.endsWith('.ts');
const sources = filesOf('src', 'workflows', 'activities').filter(isTypeScript);
const tests = filesOf('test', 'bench').filter(isTypeScript);

describe('who may import whom', () => {
  test('every source keeps to its room', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap((file) => findViolations(file, read(file)))).toEqual([]);
  });

  test.each([
    ['workflows/x.ts', "import { x } from '../activities';", 'workflows may not import ../activities'],
    ['workflows/x.ts', "import fs from 'node:fs';", 'workflows may not import node:fs'],
    ['workflows/x.ts', "const x = await import('undici');", 'workflows may not import undici'],
    ['workflows/x.ts', 'const x = process.env.X;', 'workflows may not use process.env'],
    ['src/contract/x.ts', "import type { z } from 'zod';", 'contract may not import type zod'],
    ['src/http/x.ts', "import { x } from '../vault/transit';", 'http may not import ../vault/transit'],
    [
      'src/http/x.ts',
      "import type { X } from '../ledger/ledger';",
      'http may not import type ../ledger/ledger',
    ],
    ['src/http/x.ts', "export { x } from '../temporal/x';", 'http may not import ../temporal/x'],
    ['src/simulator/x.ts', "import { x } from '../providers/x';", 'simulator may not import ../providers/x'],
    ['src/temporal/x.ts', "import { x } from '../../workflows';", 'temporal may not import ../../workflows'],
    ['src/vault/x.ts', "const x = require('fs');", 'vault may not import fs'],
    ['src/vault/x.ts', "const x = process['env'];", 'vault may not use process.env'],
    ['src/vault/x.ts', 'const x = process[name];', 'vault may not use process.[computed]'],
    ['src/vault/x.ts', 'const { env } = process;', 'vault may not use process.[all of it]'],
    ['src/vault/x.ts', "import { env } from 'node:process';", 'vault may not use process.[all of it]'],
    ['src/ledger/x.ts', 'export default 1;', 'a default export'],
    ['src/ledger/x.ts', "export * from './ledger';", 'export *'],
    ['src/cellar/x.ts', '', 'src/cellar/x.ts is in no room'],
  ])('a planted violation is found: %s: %s', (file, source, violation) => {
    const rule = violation.includes('no room') ? violation : `${file}: ${violation}`;
    expect(findViolations(file, source)).toContain(rule);
  });

  test.each([
    ['workflows/x.ts', "import type { Activities } from '../activities';"],
    ['workflows/x.ts', "import { type Activities } from '../activities';"],
    ['src/temporal/x.ts', "import type { rotateKey } from '../../workflows';"],
    ['src/ledger/x.ts', "import { X } from '../contract/errors';"],
  ])('and what is allowed is not: %s: %s', (file, source) => {
    expect(findViolations(file, source)).toEqual([]);
  });

  test('no source loads itself in a circle', () => {
    expect(findCircles(new Map(sources.map((file) => [file, read(file)])))).toEqual([]);
    const planted = new Map([
      ['src/a.ts', "import { b } from './b';"],
      ['src/b.ts', "import { c } from './c';"],
      ['src/c.ts', "import type { a } from './a'; import { b } from './b';"],
    ]);
    expect(findCircles(planted)).toEqual(['src/b.ts → src/c.ts → src/b.ts']);
  });
});

describe('the shape of files', () => {
  const lines = (file: string): number => read(file).split('\n').length - 1;
  const long = (limit: number): string[] => [...sources, ...tests].filter((file) => lines(file) > limit);

  test(`none has more than ${HARD_LIMIT} lines`, () => {
    expect(long(HARD_LIMIT)).toEqual([]);
  });

  test(`those with more than ${SOFT_LIMIT} are told`, () => {
    const told = long(SOFT_LIMIT).map((file) => `${file} ${lines(file)}`);
    process.stdout.write(`${told.length} files have more than ${SOFT_LIMIT} lines: ${told.join(', ')}\n`);
  });

  test('no folder is a drawer for anything', () => {
    expect(filesOf().filter((file) => /(^|\/)(utils?|helpers?|common|shared|misc)\//.test(file))).toEqual([]);
  });

  test('no folder named so is spoken of, and no place on somebody’s machine', () => {
    const found = filesOf().flatMap((file) => foreignPlaces(read(file)).map((place) => `${file}: ${place}`));
    expect(found).toEqual([]);
  });

  test('such a place would be found', () => {
    const folder = 'shared';
    expect(foreignPlaces(`see ../${folder}/notes.md`)).toHaveLength(1);
    expect(foreignPlaces(`cp /${['home', 'me', 'keyturn'].join('/')} .`)).toHaveLength(1);
    expect(foreignPlaces(`on ${hostname()}:8001`)).toHaveLength(hostname().length > 5 ? 1 : 0);
    expect(foreignPlaces('https://example.com/a/shared/b and @temporalio/common/lib')).toEqual([]);
  });
});

/** Places outside the repository: absolute paths of a home or a workplace, this machine's name, sibling folders. */
function foreignPlaces(text: string): readonly string[] {
  const patterns = [
    /(?<![\w@.)-])\/(?:work|workspace|root|home\/(?!node\b)\w+|Users\/\w+)\/[\w.-]+/g,
    /(?:^|(?<=[\s"'`(]))(?:\.\.?\/)*(?:utils|helpers|shared)\/[\w.-]*/gm,
  ];
  const named = hostname().length > 5 && text.includes(hostname()) ? [hostname()] : [];
  return [...patterns.flatMap((pattern) => text.match(pattern) ?? []), ...named];
}

/** Circles of value imports, each told once, from its alphabetically first file. */
function findCircles(texts: ReadonlyMap<string, string>): readonly string[] {
  const graph = new Map(
    [...texts].map(([file, text]) => {
      const values = readSource(text).imports.filter((one) => !one.typeOnly);
      const targets = values.map((one) => targetOf(file, one.specifier));
      return [
        file,
        targets.flatMap((target) => [`${target}.ts`, `${target}/index.ts`]).filter((t) => texts.has(t)),
      ];
    }),
  );
  const circles = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = path.slice(at);
      const first = circle.indexOf([...circle].sort()[0] ?? '');
      const turned = [...circle.slice(first), ...circle.slice(0, first)];
      circles.add([...turned, turned[0]].join(' → '));
    } else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) walk(file, []);
  return [...circles];
}
