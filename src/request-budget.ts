/** How often keys may be validated and read: without a bound, either would serve whoever stole keys or a token. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { KeyturnError } from './contract/errors';
import type { HttpPorts } from './http/ports';

/** Counts per tenant and service, and four times as much per principal. Thrown by it: `rate_limited`. */
export function createBudget(what: string, perMinute: number): HttpPorts['spendValidation'] {
  const byTenant = new RateLimiterMemory({ keyPrefix: 'tenant', points: perMinute, duration: 60 });
  const byPrincipal = new RateLimiterMemory({ keyPrefix: 'principal', points: perMinute * 4, duration: 60 });
  return async (tenantId, principal, serviceId) => {
    try {
      await byTenant.consume(`${tenantId}/${serviceId}`);
      await byPrincipal.consume(principal);
    } catch (limit) {
      const waitMs = (limit as { msBeforeNext?: number }).msBeforeNext ?? 60_000;
      throw new KeyturnError('rate_limited', `too many ${what}; try again later`, {
        retry_after: Math.ceil(waitMs / 1000),
      });
    }
  };
}
