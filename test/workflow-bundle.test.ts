/** The workflows bundle, and what they are bundled with is the contract and Temporal's own code: nothing else. */
import { readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { bundleMutant } from './replay/bundle-mutant';

const BUILT = join(__dirname, '../dist/workflow-bundle.js');
/** @temporalio/workflow and what it brings along; `?31ff` is webpack's name for a module that was left out. */
const ALLOWED =
  /^\?\w+$|\/node_modules\/(?:@temporalio\/(?:common|workflow)|nexus-rpc|long|ms)\/|\/workflows\/[\w-]+\.(?:[jt]s|cjs)$|\/src\/contract\/[\w-]+\.[jt]s$/;

/** Names of the modules that a bundle carries, as webpack writes them. */
function modulesOf(code: string): readonly string[] {
  return [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name]) => name ?? '');
}

/** Modules that have no place in a workflow, carried along or loaded at run time. */
function foreignModules(code: string): readonly string[] {
  const loaded = [...code.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map(([, name]) => name ?? '');
  return [
    ...modulesOf(code).filter((name) => !ALLOWED.test(name)),
    ...loaded.filter((name) => name.startsWith('node:') || builtinModules.includes(name)),
  ];
}

test('the sources bundle, with nothing foreign', async () => {
  const code = await bundleMutant([]);
  expect(modulesOf(code).filter((name) => name.endsWith('/workflows/rotate-key.ts'))).toHaveLength(1);
  expect(foreignModules(code)).toEqual([]);
});

test('so is the bundle of the build', () => {
  const code = readFileSync(BUILT, 'utf8');
  expect(modulesOf(code).filter((name) => name.endsWith('/workflows/rotate-key.js'))).toHaveLength(1);
  expect(foreignModules(code)).toEqual([]);
  // 1.7 MB with its source map: one that grew beyond this has swallowed something.
  expect(statSync(BUILT).size).toBeLessThan(3_000_000);
});

test('a module of Node breaks the bundle', async () => {
  const planted = { file: 'index.ts', from: 'export', to: "import 'node:fs';\nexport" };
  await expect(bundleMutant([planted])).rejects.toThrow();
});

test('a library is seen in it', async () => {
  const planted = { file: 'index.ts', from: 'export', to: "export { uuidv7 } from 'uuidv7';\nexport" };
  const found = foreignModules(await bundleMutant([planted]));
  expect(found).toEqual([expect.stringContaining('/uuidv7/')]);
  expect(foreignModules("require('fs')")).toEqual(['fs']);
});
