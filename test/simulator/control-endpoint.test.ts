import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { fakeHex } from '../../src/simulator/fake-values';
import { ASKS } from './documented-asks';
import { ask, type Answer } from './speak-to-simulator';

describe('the control endpoint of the simulator', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  const control = (method: string, path: string, body?: unknown, host = '127.0.0.1'): Promise<Answer> =>
    ask(simulator.origin, {
      host,
      method,
      path: `/__simulator/${path}`,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const probe = (fields: Record<string, string>): Promise<Answer> =>
    ask(simulator.origin, ASKS['openrouter']!(fields));
  const fresh = { api_key: `sk-or-v1-${fakeHex('a key of this test', 64)}` };

  it('sets a fault and ends it', async () => {
    const { good } = simulator.find('openrouter').credentials;
    expect((await control('PUT', 'faults/openrouter', { kind: 'outage' })).status).toBe(204);
    expect((await probe(good)).status).toBe(503);
    expect((await control('DELETE', 'faults/openrouter')).status).toBe(204);
    expect((await probe(good)).status).toBe(200);
  });

  it('issues a credential and kills it', async () => {
    expect((await probe(fresh)).status).toBe(401);
    expect((await control('POST', 'credentials/openrouter', { fields: fresh })).status).toBe(201);
    expect((await probe(fresh)).status).toBe(200);
    await control('POST', 'credentials/openrouter', { fields: fresh, variant: 'dead' });
    expect((await probe(fresh)).status).toBe(401);
  });

  it('issues a credential of another account', async () => {
    const creatorOf = async (fields: Record<string, string>): Promise<unknown> =>
      ((await probe(fields)).json as { data: { creator_user_id: string } }).data.creator_user_id;
    await control('POST', 'credentials/openrouter', { fields: fresh, account: 'someone else' });
    const { good } = simulator.find('openrouter').credentials;
    expect(await creatorOf(fresh)).not.toBe(await creatorOf(good));
  });

  it('kills a published credential', async () => {
    const { good } = simulator.find('openrouter').credentials;
    await control('POST', 'credentials/openrouter', { fields: good, variant: 'dead' });
    expect((await probe(good)).status).toBe(401);
  });

  it('shows the published credentials, and the requests without any', async () => {
    const { good } = simulator.find('openrouter').credentials;
    expect((await control('GET', 'credentials/openrouter')).json).toMatchObject({ credentials: { good } });
    await probe(good);
    const { text, json } = await control('GET', 'requests/openrouter');
    expect(json).toMatchObject({ requests: [{ method: 'GET', host: 'openrouter.ai', path: '/api/v1/key' }] });
    expect(text).not.toContain(good['api_key']);
  });

  it('refuses what it does not know', async () => {
    expect((await control('PUT', 'faults/nobody', { kind: 'outage' })).status).toBe(404);
    expect((await control('PUT', 'faults/openrouter', { kind: 'earthquake' })).status).toBe(400);
    expect((await control('PUT', 'faults/openrouter', 'not an object')).status).toBe(400);
    expect((await control('POST', 'credentials/openrouter', { fields: { api_key: 7 } })).status).toBe(400);
    expect((await control('GET', 'weather/openrouter')).status).toBe(404);
  });

  it('is no part of any provider', async () => {
    expect((await control('GET', 'requests/openrouter', undefined, 'openrouter.ai')).status).toBe(404);
  });
});
