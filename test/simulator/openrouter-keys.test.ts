import { createHash } from 'node:crypto';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { chatBody, keyOf, send, type RawReply } from './openrouter-clients';

describe('the management of keys at the simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  const manage = (
    method: string,
    path: string,
    body: object | null = null,
    variant = 'wrongKind',
  ): Promise<RawReply> => send(simulator, path, body, { method, key: keyOf(simulator, variant) });
  const mint = async (settings: object = {}): Promise<any> =>
    (await manage('POST', '/keys', { name: 'minted', ...settings })).json;
  const probe = (key: string): Promise<RawReply> => send(simulator, '/key', null, { key });
  const chat = (key: string): Promise<RawReply> => send(simulator, '/chat/completions', chatBody(), { key });

  it('mints a key that works at once, and shows it once', async () => {
    const reply = await manage('POST', '/keys', {
      name: 'acme/openrouter/v2',
      limit: 2.5,
      limit_reset: 'monthly',
      include_byok_in_limit: true,
      expires_at: '2099-12-31T23:59:59Z',
    });
    expect(reply.status).toBe(201);
    const { data, key } = reply.json;
    expect(data).toMatchObject({
      hash: createHash('sha256').update(key).digest('hex'),
      name: 'acme/openrouter/v2',
      label: `${key.slice(0, 12)}...${key.slice(-3)}`,
      disabled: false,
      limit: 2.5,
      limit_remaining: 2.5,
      limit_reset: 'monthly',
      include_byok_in_limit: true,
      usage: 0,
      updated_at: null,
      expires_at: '2099-12-31T23:59:59Z',
      external_user: null,
    });
    expect((await probe(key)).json.data).toMatchObject({ limit: 2.5, is_management_key: false });
    expect((await chat(key)).status).toBe(200);
    for (const path of ['/keys', `/keys/${data.hash}`]) {
      expect((await manage('GET', path)).text).not.toContain(key);
    }
  });

  it('knows the keys of its own account only', async () => {
    const other = { api_key: `sk-or-v1-${'f'.repeat(64)}` };
    simulator.setCredential('openrouter', other, 'wrongKind', 'other');
    const { data } = await mint();
    const asOther = (method: string): Promise<RawReply> =>
      send(simulator, `/keys/${data.hash}`, method === 'PATCH' ? {} : null, { method, key: other.api_key });
    for (const method of ['GET', 'PATCH', 'DELETE']) expect((await asOther(method)).status).toBe(404);
    const names = (await send(simulator, '/keys', null, { key: other.api_key })).json.data.map(
      (key: any) => key.name,
    );
    expect(names).toEqual(['otherAccount']);
  });

  it('lists keys that were issued elsewhere, but no management key and no dead one', async () => {
    const names = (await manage('GET', '/keys')).json.data.map((key: any) => key.name);
    expect(names.toSorted()).toEqual(['exhausted', 'good', 'second', 'spent', 'throttled', 'unpaid']);
  });

  it('lists 100 keys a page, the newest first', async () => {
    for (let at = 0; at < 101; at += 1) await mint({ name: `key ${at}` });
    const pages = [];
    for (const offset of [0, 100, 200]) pages.push((await manage('GET', `/keys?offset=${offset}`)).json.data);
    expect(pages.map(({ length }) => length)).toEqual([100, 7, 0]);
    expect(pages[0]?.[0].name).toBe('key 100');
    expect(pages[1]?.[0].name).toBe('key 0');
    expect((await manage('GET', '/keys?offset=x')).status).toBe(400);
  });

  it('keeps workspaces and disabled keys out of the list unless asked', async () => {
    const { data } = await mint({ workspace_id: 'another' });
    const hashes = async (query: string): Promise<string[]> =>
      (await manage('GET', `/keys${query}`)).json.data.map((key: any) => key.hash);
    expect(await hashes('')).not.toContain(data.hash);
    expect(await hashes('?workspace_id=another')).toEqual([data.hash]);
    await manage('PATCH', `/keys/${data.hash}`, { disabled: true });
    expect(await hashes('?workspace_id=another')).toEqual([]);
    expect(await hashes('?workspace_id=another&include_disabled=true')).toEqual([data.hash]);
  });

  it('changes a key, and disables it until it is enabled', async () => {
    const { data, key } = await mint({ limit: 1 });
    const newer = await mint();
    const changed = await manage('PATCH', `/keys/${data.hash}`, {
      name: 'renamed',
      limit: null,
      disabled: true,
    });
    expect(changed.json.data).toMatchObject({
      name: 'renamed',
      limit: null,
      limit_remaining: null,
      disabled: true,
    });
    expect(changed.json.data.updated_at).not.toBeNull();
    for (const reply of [await probe(key), await chat(key)]) {
      expect(reply).toMatchObject({ status: 401, json: { error: { message: 'User not found.' } } });
    }
    await manage('PATCH', `/keys/${data.hash}`, { disabled: false });
    expect((await probe(key)).status).toBe(200);
    const [first, second] = (await manage('GET', '/keys')).json.data;
    expect([first.hash, second.hash]).toEqual([newer.data.hash, data.hash]);
  });

  it('disables a published key and gives it back as it was', async () => {
    const key = keyOf(simulator, 'spent');
    const hash = createHash('sha256').update(key).digest('hex');
    await manage('PATCH', `/keys/${hash}`, { disabled: true });
    expect((await probe(key)).status).toBe(401);
    await manage('PATCH', `/keys/${hash}`, { disabled: false });
    expect((await probe(key)).json.data.limit_remaining).toBe(0);
    expect((await chat(key)).status).toBe(403);
  });

  it('deletes a key once; the second time it is unknown', async () => {
    const { data, key } = await mint();
    expect(await manage('DELETE', `/keys/${data.hash}`)).toMatchObject({
      status: 200,
      json: { deleted: true },
    });
    expect((await probe(key)).status).toBe(401);
    expect((await chat(key)).status).toBe(401);
    expect((await manage('DELETE', `/keys/${data.hash}`)).status).toBe(404);
    expect((await manage('GET', `/keys/${data.hash}`)).status).toBe(404);
  });

  it('charges a minted key, and refuses it over its limit', async () => {
    const { key } = await mint({ limit: 0.000005 });
    expect((await chat(key)).json.usage.cost).toBe(0.0000048);
    expect((await probe(key)).json.data).toMatchObject({ usage: 0.0000048, limit_remaining: 2e-7 });
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).json.error.message).toMatch(/^Key limit exceeded/);
    // Valid, and capped.
    expect((await probe(key)).json.data).toMatchObject({ usage: 0.0000096, limit_remaining: 0 });
  });

  it('forgets a key whose time is up', async () => {
    const { key } = await mint({ expires_at: '2020-01-01T00:00:00Z' });
    expect((await probe(key)).status).toBe(401);
    expect((await chat(key)).status).toBe(401);
  });

  it.each([
    {},
    { name: '' },
    { name: 7 },
    { name: 'x', limit: -1 },
    { name: 'x', limit_reset: 'hourly' },
    { name: 'x', expires_at: '2099-01-01T00:00Z' },
    { name: 'x', expires_at: '2099-01-01T00:00:00+02:00' },
    { name: 'x', expires_at: '2099-13-01T00:00:00Z' },
  ])('refuses %j', async (body) => {
    expect((await manage('POST', '/keys', body)).status).toBe(400);
  });

  it('is for management keys only', async () => {
    const { data } = await mint();
    for (const [method, path] of [
      ['GET', '/keys'],
      ['POST', '/keys'],
      ['GET', `/keys/${data.hash}`],
      ['PATCH', `/keys/${data.hash}`],
      ['DELETE', `/keys/${data.hash}`],
      ['GET', '/credits'],
    ] as const) {
      const body = method === 'POST' || method === 'PATCH' ? { name: 'x' } : null;
      expect((await manage(method, path, body, 'good')).status).toBe(403);
      expect((await manage(method, path, body, 'dead')).status).toBe(401);
      expect((await send(simulator, path, body, { method, key: null })).status).toBe(401);
    }
  });

  it('may lose the reply to a mint: the key is there all the same', async () => {
    simulator.setFault('openrouter', { kind: 'lost_reply', times: 1 });
    await expect(mint({ name: 'orphan' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await manage('GET', '/keys')).json.data[0].name).toBe('orphan');
  });

  it('never records a minted key', async () => {
    const { key, data } = await mint();
    await chat(key);
    await manage('GET', `/keys/${data.hash}`);
    const recorded = JSON.stringify(simulator.requests('openrouter'));
    expect(recorded).toContain('/api/v1/keys/{*hash}');
    expect(recorded).not.toContain(key);
    expect(recorded).not.toContain(data.hash);
  });
});
