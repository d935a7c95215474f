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
let keyturn;
let failed = 0;
try {
  console.log('Starting Keyturn and its servers on a throw-away home …');
  keyturn = await start();
  const passages = await readPassages(join(import.meta.dirname, 'documents'));
  for (const one of TENANTS) {
    console.log(`\n${one.tenant} ${one.story}`);
    await prepare(one);
    const token = await keyturn.mintToken({ role: 'service', tenantId: one.tenant });
    const asked = { url: keyturn.url, token, tenant: one.tenant, ...MODELS };
    const wrong = await playTurn(asked, { passages, questions: QUESTIONS, expected: one.expected });
    for (const what of wrong) console.log(`  FAILED: ${what}`);
    failed += wrong.length;
  }
  if (failed === 0) console.log('\nEach step did what it says.');
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await keyturn?.stop();
  await simulator.close();
  await rm(home, { recursive: true, force: true });
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
async function prepare({ tenant, key, policy }) {
  const token = await keyturn.mintToken({ role: 'admin' });
  const send = async (method, path, body) => {
    const response = await fetch(`${keyturn.url}/api/brain${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answers ${await response.text()}`);
  };
  if (policy) await send('PUT', `/openrouter/policy/${tenant}`, policy);
  if (key === null) return;
  const about = { tenant_id: tenant, service_id: 'openrouter' };
  await send('POST', '/byok/generate-keys', { ...about, api_keys: keys[key] });
}
