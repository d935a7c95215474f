/** Sends keys and contents through the gateway: served, refused, broken off, and where none belongs. */
import type { Canaries } from './make-canary';
import { mint, type Play } from './play-canaries';

const KEY = `sk-or-v1-${'0'.repeat(64)}`;
const MODEL = 'openai/gpt-4o-mini';
const CHAT = '//v1/chat/completions';

/** The platform's own key, made up before the service starts. */
export function makePlatformKey(canaries: Canaries): string {
  return canaries.text('the platform’s key', KEY);
}

/** `contents` gets the texts of the calls: they are the caller's, and are kept nowhere. */
export async function playGateway(play: Play, contents: Canaries): Promise<void> {
  const { ask, tenantId, canaries } = play;
  const as = { role: 'service', tenantId };
  const say = (name: string): string => contents.text(name, `a confidential text ${'x1'.repeat(20)}`);
  const chat = (body: object, more: object = {}) => ask({ path: CHAT, body, as, ...more });
  const messages = (name: string) => [{ role: 'user', content: say(name) }];
  const api_keys = mint(play, 'of the gateway', 'good');
  const about = { tenant_id: tenantId, service_id: 'openrouter' };
  expect((await ask({ path: '/byok/generate-keys', body: { ...about, api_keys } })).status).toBe(201);

  expect((await chat({ model: MODEL, messages: messages('a completion') })).status).toBe(200);
  expect((await chat({ model: MODEL, messages: messages('a stream'), stream: true })).status).toBe(200);
  const embedding = { model: 'openai/text-embedding-3-small', input: say('an embedding') };
  expect((await ask({ path: '//v1/embeddings', body: embedding, as })).status).toBe(200);
  for (const simulate of [
    'status-403-limit',
    'status-401',
    'status-429',
    'error-mid-stream',
    'reset',
    'no-usage',
  ]) {
    await chat({ model: MODEL, messages: messages(simulate), metadata: { simulate } });
  }

  // A key where a name, a parameter, a header or a body belongs.
  const stray = (name: string): string => canaries.text(name, KEY);
  const cut = `{"model":"${MODEL}","user":"${stray('in a body cut short')}"`;
  expect((await chat(cut as never)).status).toBe(400);
  await chat({ model: stray('as a model'), messages: messages('to a key') }, { relayed: true });
  expect((await ask({ path: `${CHAT}?tenant_id=${stray('as a tenant')}`, body: {}, as })).status).toBe(400);
  expect((await ask({ path: `${CHAT}?key=${stray('in the query')}`, body: {}, as })).status).toBe(400);
  expect((await ask({ path: `/openrouter/models/${stray('as a model to look up')}` })).status).toBe(404);
  expect((await ask({ path: `/openrouter/models?q=${stray('as a search')}` })).status).toBe(200);
  const policy = { platform_fallback: stray('as a policy') };
  const path = `/openrouter/policy/${tenantId}`;
  expect((await ask({ method: 'PUT', path, body: policy })).status).toBe(400);

  // The platform's key: used, refused, and out of credit.
  const poor = { role: 'service', tenantId: `poor-${tenantId}` };
  expect(
    (await ask({ path: CHAT, body: { model: MODEL, messages: messages('the platform') }, as: poor })).status,
  ).toBe(200);
  for (const simulate of ['status-401', 'status-402', 'status-403-limit']) {
    const body = {
      model: MODEL,
      messages: messages('the platform refused'),
      max_tokens: 5,
      metadata: { simulate },
    };
    expect((await ask({ path: CHAT, body, as: poor })).status).toBe(503);
  }
  for (const tenant of [tenantId, poor.tenantId]) {
    for (const query of ['', '?group_by=model,status&format=csv'])
      expect((await ask({ path: `/openrouter/usage/${tenant}${query}` })).status).toBe(200);
  }
}
