/** A workflow bundle with a planted change: what a careless edit would look like to the histories. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const ROOT = join(__dirname, '../..');

/** One replacement in one file of workflows/. `from` must be there. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The bundle's code, made of a copy of the sources in a folder of its own. Thrown when they do not bundle. */
export async function bundleMutant(mutations: readonly Mutation[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-mutant-'));
  try {
    cpSync(join(ROOT, 'workflows'), join(folder, 'workflows'), { recursive: true });
    cpSync(join(ROOT, 'src/contract'), join(folder, 'src/contract'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, from, to } of mutations) {
      const path = join(folder, 'workflows', file);
      const source = readFileSync(path, 'utf8');
      if (!source.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)} to change`);
      writeFileSync(path, source.replace(from, to));
    }
    const workflowsPath = join(folder, 'workflows/index.ts');
    return (await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR', () => undefined) }))
      .code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
