/** Writes docs/access.md from the table of routes, as `npm run build` left it: node scripts/write-access.mjs */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { renderAccess } = require('../dist/src/http/describe-access.js');
const { everyRoute } = require('../dist/src/http/routes/index.js');

mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(join(root, 'docs', 'access.md'), renderAccess(everyRoute()));
