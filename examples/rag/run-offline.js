/**
 * `npm run example:rag`: the whole story without network. Starts Keyturn on a throw-away home with a simulator of
 * OpenRouter, gives it a platform's key and two tenants' keys, and lets three tenants ask.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDemoConfig } from '../../dist/src/config.js';
import { createLogger } from '../../dist/src/log.js';
import { startSimulator } from '../../dist/src/simulator/simulator.js';
import { startAllInOne } from '../../dist/src/start.js';
import { installRuntime } from '../../dist/src/temporal/install-runtime.js';
import { readPassages } from './passages.js';
import { playTurn, QUESTIONS } from './story.js';

/** Each tenant: its own key at the simulator, what the platform decided for it, and how its calls must be paid then. */
const TENANTS = [
  {
    tenant: 'acme',
    story: 'has stored a key of its own',
    key: 'good',
    expected: 'tenant, key version 1',
  },
  {
    tenant: 'beta',
    story: 'has stored no key; by default the platform pays then',
    key: null,
    expected: "env, since the tenant's key is missing",
  },
  {
    tenant: 'gamma',
    story: 'has a key without credit, and the policy when_exhausted with 1 USD a month',
    key: 'exhausted',
    policy: { platform_fallback: 'when_exhausted', monthly_budget_usd: '1' },
    expected: "env, since the tenant's key is exhausted",
  },
];
const MODELS = { chatModel: 'openai/gpt-4o-mini', embeddingModel: 'openai/text-embedding-3-small' };

const home = await mkdtemp(join(tmpdir(), 'keyturn-rag-'));
const simulator = await startSimulator({ port: 0 });
const keys = simulator.find('openrouter').credentials;
const interrupted = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  // As under `| head`.
  process.stdout.once('error', resolve);
});
console.log('Starting Keyturn and its servers on a throw-away home …');
const starting = start();
process.exitCode = 1;
try {
  await Promise.race([play(), interrupted]);
} finally {
  // However it ends, no server is left behind.
  const keyturn = await starting.catch(() => undefined);
  await keyturn?.stop();
  await simulator.close();
  await rm(home, { recursive: true, force: true });
}

async function play() {
  const keyturn = await starting;
  const passages = await readPassages(join(import.meta.dirname, 'documents'));
  let failed = 0;
  for (const one of TENANTS) {
    console.log(`\n${one.tenant} ${one.story}`);
    await prepare(keyturn, one);
    const token = await keyturn.mintToken({ role: 'service', tenantId: one.tenant });
    const asked = { url: keyturn.url, token, tenant: one.tenant, ...MODELS };
    const wrong = await playTurn(asked, { passages, questions: QUESTIONS, expected: one.expected });
    for (const what of wrong) console.log(`  FAILED: ${what}`);
    failed += wrong.length;
  }
  if (failed > 0) return;
  console.log('\nEach step did what it says.');
  process.exitCode = 0;
}

function start() {
  const config = readDemoConfig({
    KEYTURN_HOME: home,
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    OPENROUTER_API_KEY: keys.second.api_key,
  });
  const log = createLogger(config.LOG_LEVEL);
  installRuntime(log);
  return startAllInOne(config, log, () => undefined);
}

/** Stores the tenant's key and its policy, as an admin. */
async function prepare(keyturn, { tenant, key, policy }) {
  const token = await keyturn.mintToken({ role: 'admin' });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send = async (path, { method, body }) => {
    const options = { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${keyturn.url}/api/brain${path}`, options);
    if (!response.ok) throw new Error(`${method} ${path} answers ${await response.text()}`);
  };
  if (policy) await send(`/openrouter/policy/${tenant}`, { method: 'PUT', body: policy });
  if (key === null) return;
  const body = { tenant_id: tenant, service_id: 'openrouter', api_keys: keys[key] };
  await send('/byok/generate-keys', { method: 'POST', body });
}
