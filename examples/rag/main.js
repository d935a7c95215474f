/**
 * Asks the shop's documents through a running Keyturn, as one or several tenants:
 *
 *   KEYTURN_URL=http://127.0.0.1:8001 KEYTURN_TOKEN=… node main.js --tenant acme [--tenant beta] [question …]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readPassages } from './passages.js';
import { playTurn, QUESTIONS } from './story.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tenant: { type: 'string', multiple: true },
    model: { type: 'string', default: 'openai/gpt-4o-mini' },
    'embedding-model': { type: 'string', default: 'openai/text-embedding-3-small' },
  },
});
const { KEYTURN_URL: url, KEYTURN_TOKEN: token } = process.env;
if (!url || !token || !values.tenant) {
  console.error('usage: KEYTURN_URL=… KEYTURN_TOKEN=… node main.js --tenant NAME [question …]');
  process.exit(2);
}
const passages = await readPassages(join(import.meta.dirname, 'documents'));
const questions = positionals.length > 0 ? positionals.map((question) => ({ question })) : QUESTIONS;
const models = { chatModel: values.model, embeddingModel: values['embedding-model'] };
for (const tenant of values.tenant) {
  console.log(`\n${tenant}`);
  const asked = { url, token, tenant, ...models };
  // What Keyturn refuses comes with its reason in the message.
  const wrong = await playTurn(asked, { passages, questions }).catch((error) => [error.message]);
  for (const what of wrong) console.error(`  FAILED: ${what}`);
  if (wrong.length > 0) process.exitCode = 1;
}
