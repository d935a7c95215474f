/**
 * Writes the generated parts of README.md: the tables from the build, the outputs from real runs.
 *
 *   node scripts/update-readme.mjs            write them
 *   node scripts/update-readme.mjs --check    fail when one is not current; ids, times, ports and hashes may differ
 *
 * A part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { localNode, log, root, setUp, setUpServers } from './set-up.mjs';
import { runPassingOn } from './run-passing-on.mjs';

const run = promisify(execFile);
const README = join(root, 'README.md');
const PART = /(<!-- generated: (\S+) -->\n)([\s\S]*?)(<!-- end -->)/g;
const load = createRequire(import.meta.url);
const built = (path) => load(join(root, 'dist', 'src', path));

/** A run that takes longer is stuck. */
const PATIENCE_MS = 60_000;

/** What differs from run to run and says nothing. */
const MASKS = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '‹id›'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '‹time›'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:‹port›'],
  [/"(fingerprint|hint|account)":"[^"]*"/g, '"$1":"‹$1›"'],
  [/"anchors":\{"count":\d+,"latest":\{"n":\d+/g, '"anchors":{"count":‹n›,"latest":{"n":‹n›'],
  [/in \d+\.\d s\./g, 'in ‹seconds› s.'],
];

const PARTS = {
  services: servicesTable,
  configuration: configurationTable,
  demo: async () => fence('text', await playDemo()),
  curl: async () => fence('console', await showCurl()),
};

async function main() {
  await setUp();
  // The build and what it imports want the project's own Node.
  if (process.execPath !== localNode() && Number(process.versions.node.split('.')[0]) < 24) {
    const { code } = await runPassingOn(localNode(), process.argv.slice(1));
    return code ?? 1;
  }
  Object.assign(process.env, await setUpServers(process.env));
  const before = readFileSync(README, 'utf8');
  const wanted = new Map();
  for (const [, , name] of before.matchAll(PART)) wanted.set(name, await PARTS[name]());
  for (const name of Object.keys(PARTS)) {
    if (!wanted.has(name)) throw new Error(`README.md has no part ${name}`);
  }
  if (process.argv.includes('--check')) return check(before, wanted);
  const after = before.replaceAll(
    PART,
    (_all, start, name, _old, end) => `${start}${wanted.get(name)}${end}`,
  );
  writeFileSync(README, after);
  return 0;
}

function check(text, wanted) {
  const stale = [...text.matchAll(PART)].filter(([, , name, now]) => mask(now) !== mask(wanted.get(name)));
  for (const [, , name, now] of stale) {
    const [is, should] = [mask(now), mask(wanted.get(name))].map((part) => part.split('\n'));
    const line = should.findIndex((one, index) => one !== is[index]);
    log(`README.md, part ${name}, line ${line + 1} of it:\n  is      ${is[line]}\n  should  ${should[line]}`);
  }
  if (stale.length > 0) log('Run: node scripts/update-readme.mjs');
  return stale.length === 0 ? 0 : 1;
}

function mask(text) {
  return MASKS.reduce((masked, [pattern, sign]) => masked.replaceAll(pattern, sign), text);
}

function servicesTable() {
  const { listServices } = built('providers/catalog.js');
  const rows = listServices().map((service) => [
    service.category,
    [service.id, ...service.aliases].map(code).join(', '),
    service.fields
      .map(({ name, required }) => (required ? code(name) : `${code(name)} (optional)`))
      .join(', '),
    service.probe === null
      ? 'no check without side effects'
      : `${service.probe.method} ${hostOf(service.probe.url)}`,
    service.rotation,
  ]);
  return table(['Category', 'Service (aliases)', 'Fields', 'Checked by', 'Rotation'], rows);
}

/** Templates stay as they are: the host may hold the tenant's own name. */
function hostOf(url) {
  return code(/^\w+:\/\/([^/?]+)/.exec(url)?.[1] ?? url);
}

function configurationTable() {
  const { SETTINGS } = built('config.js');
  const rows = Object.entries(SETTINGS).map(([name, schema]) => {
    const unset = schema.safeParse(undefined);
    const fallback = unset.success && unset.data !== undefined ? code(String(unset.data)) : '';
    return [code(name), fallback, schema.description];
  });
  return table(['Variable', 'Default', 'What it is'], rows);
}

async function playDemo() {
  const env = { ...process.env, OPENROUTER_API_KEY: undefined, LOG_LEVEL: 'error' };
  const cli = join(root, 'dist', 'src', 'cli', 'keyturn.js');
  const { stdout } = await run(process.execPath, [cli, 'demo'], { env, timeout: PATIENCE_MS });
  return stdout.trim();
}

/** The request that the welcome of `npm start` proposes, against the simulator of providers. */
async function showCurl() {
  const { startSimulator } = built('simulator/simulator.js');
  const { startAllInOne } = built('start.js');
  const { readConfig } = built('config.js');
  const { createLogger } = built('log.js');
  const { installRuntime } = built('temporal/install-runtime.js');
  const home = mkdtempSync(join(tmpdir(), 'keyturn-readme-'));
  const simulator = await startSimulator({ port: 0 });
  const ports = ['PORT', 'KEYTURN_TEMPORAL_PORT', 'KEYTURN_TEMPORAL_UI_PORT', 'KEYTURN_VAULT_PORT'];
  const config = readConfig({
    ...process.env,
    ...Object.fromEntries([...ports, 'KEYTURN_POSTGRES_PORT'].map((name) => [name, '0'])),
    KEYTURN_HOME: home,
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    LOG_LEVEL: 'silent',
  });
  installRuntime(createLogger('silent'));
  const service = await startAllInOne(config, createLogger('silent'), () => undefined);
  try {
    const shown = [
      'curl -sS http://127.0.0.1:8001/api/brain/byok/generate-keys \\',
      '  -H "Authorization: Bearer $(cat .keyturn/admin.token)" -H "Content-Type: application/json" \\',
      '  -d \'{"tenant_id":"acme","service_id":"openrouter","api_keys":{"api_key":"\'"$OPENROUTER_API_KEY"\'"}}\'',
    ];
    const command = shown
      .join('\n')
      .replace('http://127.0.0.1:8001', service.url)
      .replace('.keyturn/', `${service.servers.home}/`);
    const key = simulator.find('openrouter').credentials.good.api_key;
    const env = { ...process.env, OPENROUTER_API_KEY: key };
    const { stdout } = await run('/bin/sh', ['-c', command], { env, timeout: PATIENCE_MS });
    const [first, ...others] = shown;
    return [`$ ${first}`, ...others, stdout.trim()].join('\n');
  } finally {
    await service.stop();
    await simulator.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')}\n`;
}

function code(text) {
  return `\`${text}\``;
}

function fence(language, text) {
  return `\`\`\`${language}\n${text}\n\`\`\`\n`;
}

try {
  process.exitCode = await main();
} catch (error) {
  log(error.stack ?? String(error));
  process.exitCode = 1;
}
