import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import type { Fault } from '../../src/simulator/faults';
import { ASKS } from './documented-asks';
import { ask, type Answer } from './speak-to-simulator';

describe('faults of the simulator', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  afterEach(() => simulator.setFault('stripe', null));

  const good = (id: string): Promise<Answer> =>
    ask(simulator.origin, ASKS[id]!(simulator.find(id).credentials.good));
  const goodWith = (fault: Fault): Promise<Answer> => {
    simulator.setFault('stripe', fault);
    return good('stripe');
  };

  it('answers any status with any body and headers', async () => {
    const answer = await goodWith({
      kind: 'status',
      status: 418,
      body: { tea: true },
      headers: { 'x-pot': 'yes' },
    });
    expect(answer).toMatchObject({ status: 418, json: { tea: true }, headers: { 'x-pot': 'yes' } });
  });

  it('asks to wait, in the words of the provider', async () => {
    const answer = await goodWith({ kind: 'rate_limited', retryAfterSeconds: 7 });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    expect(answer.json).toMatchObject({ error: { code: 'rate_limit' } });
  });

  it('is out, in the words of the provider or with a plain 503', async () => {
    expect(await goodWith({ kind: 'outage' })).toMatchObject({
      status: 500,
      json: { error: { type: 'api_error' } },
    });
    simulator.setFault('close', { kind: 'outage', times: 1 });
    expect((await good('close')).status).toBe(503);
  });

  it('sends garbage that claims to be JSON', async () => {
    const answer = await goodWith({ kind: 'garbage' });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(answer.json).toBeUndefined();
  });

  it('redirects', async () => {
    const answer = await goodWith({ kind: 'redirect', location: 'http://127.0.0.1:1/elsewhere' });
    expect(answer).toMatchObject({ status: 302, headers: { location: 'http://127.0.0.1:1/elsewhere' } });
  });

  it('cuts the connection', async () => {
    await expect(goodWith({ kind: 'reset' })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('is slow and then answers as always', async () => {
    const startedAt = performance.now();
    expect((await goodWith({ kind: 'slow', delayMs: 50 })).status).toBe(200);
    // Timers may fire a little early against another clock.
    expect(performance.now() - startedAt).toBeGreaterThan(40);
  });

  it('never answers a request that hangs, until it is closed', async () => {
    const own = await startSimulator();
    own.setFault('stripe', { kind: 'hang' });
    const answer = ask(own.origin, ASKS['stripe']!(own.find('stripe').credentials.good));
    const outcome = answer.then(
      () => 'answered',
      () => 'cut',
    );
    // The request is there once it is recorded; only then is the server closed.
    while (own.requests('stripe').length === 0) await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    expect(await outcome).toBe('cut');
  });

  it('sends more than anyone should read', async () => {
    const answer = await goodWith({ kind: 'huge' });
    expect(answer.text.length).toBeGreaterThan(60 * 1024 * 1024);
  });

  it('wears off after so many requests', async () => {
    simulator.setFault('stripe', { kind: 'outage', times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await good('stripe')).status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  it('strikes one service only, also where two share a host', async () => {
    simulator.setFault('twilio-api-key', { kind: 'outage' });
    simulator.setFault('google-ads', { kind: 'outage' });
    simulator.setFault('postmark-account', { kind: 'outage' });
    for (const id of ['twilio-api-key', 'google-ads']) expect((await good(id)).status).toBe(503);
    expect((await good('postmark-account')).status).toBe(500);
    for (const id of ['twilio-auth-token', 'google-analytics-service-account', 'postmark-server', 'stripe']) {
      expect((await good(id)).status).toBe(200);
    }
  });

  it('knows its services', () => {
    expect(() => simulator.setFault('nobody', null)).toThrow(
      expect.objectContaining({ code: 'unknown_service' }),
    );
  });

  it('tells of its own bugs', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    jest.spyOn(simulator.find('stripe'), 'handle').mockImplementation(() => {
      throw new Error('a bug');
    });
    const answer = await good('stripe');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('a bug'));
    jest.restoreAllMocks();
    expect(answer.status).toBe(500);
  });

  it('refuses a body that no probe would send', async () => {
    const answer = await ask(simulator.origin, {
      host: 'slack.com',
      method: 'POST',
      path: '/api/auth.test',
      body: 'x'.repeat(100_000),
    });
    expect(answer.status).toBe(413);
  });

  it('refuses a host that no provider has', async () => {
    expect((await ask(simulator.origin, { host: 'nobody.example', path: '/' })).status).toBe(404);
  });
});
