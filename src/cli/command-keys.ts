/** `keyturn keys import FILE`: many keys at once, through the API of a running service. */
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { readConfig } from '../config';
import { KeyturnError } from '../contract/errors';
import { planImport, type ImportPlan, type Validation } from '../key-import/plan-import';
import { IMPORT_FORMATS, type ImportFormat } from '../key-import/raw-rows';
import { runImport } from '../key-import/run-import';
import type { ImportTarget, RowVerdict } from '../key-import/send-key';
import { findAllInOne } from './running-service';

interface ImportOptions {
  readonly format?: ImportFormat;
  readonly tenant?: string;
  readonly validation: Validation;
  readonly concurrency: number;
  readonly report?: string;
  readonly yes?: boolean;
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_CONCURRENCY = 32;

/** Adds the command. */
export function addKeysCommands(program: Command): void {
  program
    .command('keys')
    .description('work on many keys at once')
    .command('import')
    .argument('<file>', 'keys as .csv, .json or .env')
    .description(
      'plan an import of keys; with --yes, store them. The same command again goes on where it was',
    )
    .addOption(new Option('--format <format>', 'when the name does not tell').choices(IMPORT_FORMATS))
    .option('--tenant <tenant>', 'tenant of the rows that name none')
    .addOption(
      new Option('--validation <mode>', 'how a key is checked with its provider')
        .choices(['default', 'strict', 'skip'])
        .default('default'),
    )
    .option('--concurrency <n>', `keys under way at once, at most ${MAX_CONCURRENCY}`, parseConcurrency, 4)
    .option('--report <file>', 'write a verdict per row, as JSON lines')
    .option('--yes', 'store the keys')
    .action(importKeys);
}

async function importKeys(path: string, options: ImportOptions): Promise<void> {
  const { tenant, validation } = options;
  const format = options.format ?? formatOf(path);
  const plan = planImport(readText(path), { format, tenant, validation });
  printPlan(plan);
  if (options.report !== undefined) startReport(options.report, plan);
  if (options.yes !== true) {
    console.log('Nothing was sent: add --yes to store these keys.');
    process.exitCode = plan.refused.length > 0 ? 1 : 0;
    return;
  }
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    console.error('Interrupted: what was sent is waited for; Ctrl-C again ends at once.');
    interrupt.abort();
  });
  const counts = { stored: 0, unchanged: 0, failed: 0, unfinished: 0 };
  const { left } = await runImport(targetOf(validation), plan.keys, {
    concurrency: options.concurrency,
    signal: interrupt.signal,
    take(verdict) {
      counts[verdict.outcome] += 1;
      printVerdict(verdict);
      if (options.report !== undefined) appendFileSync(options.report, `${JSON.stringify(verdict)}\n`);
    },
  });
  const { stored, unchanged, failed, unfinished } = counts;
  const refused = plan.refused.length;
  console.log(
    `${stored} stored, ${unchanged} unchanged, ${failed} failed, ${unfinished} unfinished, ${refused} refused, ${left} not sent`,
  );
  if (left + unfinished > 0) console.log('The same command again takes up the rest.');
  if (failed + unfinished + refused + left > 0) process.exitCode = 1;
}

/** Field names only: a value is never shown, not even in part. */
function printPlan({ keys, refused }: ImportPlan): void {
  for (const { place, ref, fields, warnings } of keys) {
    console.log(`store    ${nameOf(ref)} (${Object.keys(fields).join(', ')}) from ${place}`);
    for (const warning of warnings) console.log(`           note: ${warning}`);
  }
  for (const { place, fault } of refused) console.log(`refuse   ${place}: ${fault}`);
  console.log(`Plan: ${keys.length} keys to store, ${refused.length} rows refused.`);
}

function printVerdict(verdict: RowVerdict): void {
  const { tenant_id: tenantId, service_id: serviceId, key_name: keyName, outcome, code, detail } = verdict;
  const name = nameOf({ tenantId, serviceId, keyName });
  const more = code === null ? (verdict.verdict ?? '') : `${code}: ${detail ?? ''}`;
  console.log(`${outcome.padEnd(10)} ${name} ${more}`.trimEnd());
}

function startReport(path: string, { refused }: ImportPlan): void {
  const lines = refused.map(({ place, fault }) =>
    JSON.stringify({ place, outcome: 'refused', detail: fault }),
  );
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
}

/** KEYTURN_URL with KEYTURN_TOKEN, else the all-in-one of the home, whose token file is kept fresh. */
function targetOf(validation: Validation): ImportTarget {
  const { KEYTURN_URL: url, KEYTURN_TOKEN: token, KEYTURN_HOME: home } = readConfig();
  if ((url === undefined) !== (token === undefined))
    throw new KeyturnError('configuration', 'set both KEYTURN_URL and KEYTURN_TOKEN, or neither');
  if (url !== undefined && token !== undefined)
    return { url: url.replace(/\/+$/, ''), token: () => token, validation };
  const file = join(resolve(home), 'admin.token');
  return { url: findAllInOne(home).url, token: () => readFileSync(file, 'utf8').trim(), validation };
}

function readText(path: string): string {
  try {
    if (statSync(path).size > MAX_FILE_BYTES)
      throw new KeyturnError('configuration', `${path} is larger than ${MAX_FILE_BYTES} bytes: split it`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    throw new KeyturnError('configuration', `${path} cannot be read`);
  }
}

function formatOf(path: string): ImportFormat {
  const name = basename(path);
  if (name.startsWith('.env')) return 'env';
  const found = IMPORT_FORMATS.find((format) => extname(name) === `.${format}`);
  if (found === undefined)
    throw new KeyturnError('configuration', `${name} is not called .csv, .json or .env: say --format`);
  return found;
}

function parseConcurrency(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MAX_CONCURRENCY) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_CONCURRENCY}.`);
}

function nameOf(ref: { tenantId: string; serviceId: string; keyName: string }): string {
  return `${ref.tenantId}/${ref.serviceId}/${ref.keyName}`;
}
