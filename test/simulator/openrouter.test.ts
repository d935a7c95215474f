import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { ask, bearerHeader, type Answer } from './speak-to-simulator';

describe('simulated OpenRouter', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const get = (path: string, variant?: string): Promise<Answer> =>
    ask(simulator.origin, {
      host: 'openrouter.ai',
      path: `/api/v1${path}`,
      headers: variant ? bearerHeader(simulator.find('openrouter').credentials[variant]?.['api_key']) : {},
    });

  it('shows a good key its limits, and only a mask of itself', async () => {
    const { status, json, text } = await get('/key', 'good');
    expect(status).toBe(200);
    expect(json).toMatchObject({ data: { limit: 100, limit_remaining: 74.5, is_management_key: false } });
    expect(text).not.toContain(simulator.find('openrouter').credentials.good['api_key']);
  });

  it.each([
    ['dead', 401, 'User not found.'],
    ['unpaid', 402, 'Insufficient credits'],
    ['exhausted', 403, 'Key limit exceeded'],
    [undefined, 401, 'No cookie auth credentials found'],
  ])('answers a %s key with %i', async (variant, status, message) => {
    const answer = await get('/key', variant);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
  });

  it('tells a management key apart and lets only that see the credits', async () => {
    expect((await get('/key', 'wrongKind')).json).toMatchObject({ data: { is_management_key: true } });
    expect((await get('/credits', 'wrongKind')).status).toBe(200);
    expect((await get('/credits', 'good')).status).toBe(403);
  });

  it('shows a spent key nothing left', async () => {
    expect((await get('/key', 'spent')).json).toMatchObject({ data: { limit_remaining: 0 } });
  });

  it('gives the public model list to anyone, which proves nothing', async () => {
    expect((await get('/models', 'dead')).status).toBe(200);
    expect((await get('/models')).status).toBe(200);
    expect((await get('/models/user', 'dead')).status).toBe(401);
  });

  it('shows two keys of one account the same creator, another account another', async () => {
    const creator = async (variant: string): Promise<unknown> =>
      ((await get('/key', variant)).json as { data: { creator_user_id: string } }).data.creator_user_id;
    expect(await creator('second')).toBe(await creator('good'));
    expect(await creator('otherAccount')).not.toBe(await creator('good'));
  });
});
