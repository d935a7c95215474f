/** The platform's own key, set and removed with the command: checked first, used at once, never shown. */
import { randomBytes } from 'node:crypto';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { CHAT, chatBody } from '../support/gateway-actions';
import {
  makeHome,
  removeHome,
  runKeyturn,
  startKeyturn,
  type Ended,
  type Home,
  type RunningKeyturn,
} from '../support/keyturn-process';
import { until } from '../support/until';

let simulator: Simulator;
let home: Home;
let running: RunningKeyturn;
const said: string[] = [];
const keys: string[] = [];

beforeAll(async () => {
  simulator = await startSimulator();
  home = makeHome({
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    KEYTURN_GATEWAY_CACHE_MS: '100',
  });
  running = await startKeyturn(home);
}, 120_000);
afterAll(async () => {
  await running?.stop();
  await removeHome(home);
  await simulator.close();
});

function newKey(variant: 'good' | 'dead'): string {
  const api_key = `sk-or-v1-${randomBytes(32).toString('hex')}`;
  keys.push(api_key);
  simulator.setCredential('openrouter', { api_key }, variant);
  return api_key;
}

async function command(args: readonly string[], input?: string): Promise<Ended> {
  const ended = await runKeyturn(['platform-key', ...args], home.env, input);
  said.push(ended.stdout + ended.stderr);
  return ended;
}

async function servedBy(): Promise<string | null> {
  const reply = await running.call({ path: `${CHAT}?tenant_id=nobody`, body: chatBody() });
  return reply.headers.get('x-keyturn-credential') ?? reply.body.code;
}

test('a key that OpenRouter does not take, or that is none, is not stored', async () => {
  const dead = await command(['set'], newKey('dead'));
  expect([dead.code, dead.stderr]).toEqual([1, expect.stringContaining('OpenRouter does not take this key')]);
  const none = await command(['set'], 'sk-proj-something-else');
  expect(none.code).toBe(1);
  expect(none.stderr).not.toContain('something-else');
  expect((await command(['set'], '')).code).toBe(1);
  expect(await servedBy()).toBe('key_not_found');
});

test('one that it takes serves tenants without a key, until it is removed', async () => {
  expect((await command(['set'], `${newKey('good')}\n`)).code).toBe(0);
  await until('the platform serves', async () => (await servedBy()) === 'platform');
  expect((await command(['set'], newKey('good'))).code).toBe(0);
  await until('the other key is used', async () => {
    await servedBy();
    return simulator.openrouter.calls().at(-1)?.credential === keys.at(-1);
  });
  expect((await command(['remove'])).code).toBe(0);
  await until('nobody serves', async () => (await servedBy()) === 'key_not_found');
});

test('one that cannot be checked is stored only if that is asked for', async () => {
  const key = newKey('good');
  simulator.setFault('openrouter', { kind: 'outage' });
  const refused = await command(['set'], key);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--unchecked')]);
  expect((await command(['set', '--unchecked'], key)).code).toBe(0);
  simulator.setFault('openrouter', null);
  await until('the platform serves', async () => (await servedBy()) === 'platform');
});

test('the trail tells who did it, and nothing tells the key', async () => {
  const { body } = await running.call({ path: '/audit?limit=200' });
  const entries = (
    body.entries as { action: string; outcome: string; details: object; principal: string }[]
  ).filter(({ action }) => action === 'platform.write');
  expect(entries.map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: 4 }, () => ['intent', 'done']).flat(),
  );
  expect(entries[0]).toMatchObject({
    principal: expect.stringMatching(/^operator:/),
    details: { kind: 'openrouter-api-key', change: 'set' },
  });
  for (const text of [...said, JSON.stringify(body)]) {
    for (const key of keys) expect(text).not.toContain(key);
  }
});
