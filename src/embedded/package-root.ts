import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeyturnError } from '../contract/errors';

/** The folder with package.json, deploy/ and node_modules/: the same from src/ and from dist/src/. */
export function packageRoot(): string {
  for (let directory = __dirname; directory !== dirname(directory); directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
  }
  throw new KeyturnError('internal', `no package.json above ${__dirname}`);
}
