import type { ProbeOutcome } from '../../src/contract/verdict';
import { createProbeLimiter } from '../../src/providers/probe-limiter';

const alive: ProbeOutcome = {
  verdict: 'valid',
  reason: 'accepted',
  details: {},
  account: null,
  status: 200,
  retryAfterSeconds: null,
};

test('a burst beyond the queue is told to come again, and nothing is said of the key', async () => {
  const limit = createProbeLimiter(1, 1);
  let asked = 0;
  const probes = Array.from({ length: 3 }, () =>
    limit('openai', async () => {
      asked += 1;
      return alive;
    }),
  );
  const first = await probes[0];
  const last = await probes[2];
  expect(first).toBe(alive);
  expect(last).toMatchObject({ verdict: 'inconclusive', reason: 'rate_limited', retryAfterSeconds: 5 });
  await Promise.all(probes);
  expect(asked).toBe(2);
});

test('services do not wait for each other', async () => {
  const limit = createProbeLimiter(1);
  const services = ['openai', 'stripe', 'twilio-auth-token'];
  const outcomes = await Promise.all(services.map((service) => limit(service, async () => alive)));
  expect(outcomes).toEqual([alive, alive, alive]);
});
