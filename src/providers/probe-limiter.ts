/** Keeps one worker from storming a provider: an import of a thousand keys must not get a tenant blocked. */
import { RateLimiterMemory, RateLimiterQueue } from 'rate-limiter-flexible';
import type { ProbeOutcome } from '../contract/verdict';

/** Probes that may wait for their turn; beyond it they are told to come again. */
const QUEUE_LENGTH = 100;
const COME_AGAIN_SECONDS = 5;

/** Runs probes of one service at most so often a second; the rest wait their turn. */
export type ProbeLimiter = (serviceId: string, probe: () => Promise<ProbeOutcome>) => Promise<ProbeOutcome>;

/** One limiter for all services of a process, each counted by itself. */
export function createProbeLimiter(perSecond: number, queueLength = QUEUE_LENGTH): ProbeLimiter {
  const limiter = new RateLimiterMemory({ keyPrefix: 'probe', points: perSecond, duration: 1 });
  const queue = new RateLimiterQueue(limiter, { maxQueueSize: queueLength });
  return async (serviceId, probe) => {
    try {
      await queue.removeTokens(1, serviceId);
    } catch {
      // Full: not the provider's word, and none about the key.
      return {
        verdict: 'inconclusive',
        reason: 'rate_limited',
        details: {},
        account: null,
        status: null,
        retryAfterSeconds: COME_AGAIN_SECONDS,
      };
    }
    return probe();
  };
}
