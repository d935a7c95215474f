import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BinarySettings } from '../../src/embedded/server-binaries';

/** Where the tests' servers are; fetches them when they are not there yet (`npm test` has done so before). */
export function binarySettings(): BinarySettings {
  const script = join(__dirname, '..', '..', 'scripts', 'fetch-servers.mjs');
  const out = execFileSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const paths = new Map(out.split('\n').map((line) => line.split('=') as [string, string]));
  return { temporalBin: paths.get('temporal'), baoBin: paths.get('bao'), searchPath: process.env['PATH'] };
}
