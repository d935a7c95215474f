/** The search for the cost of calls that ended without telling it: asked of OpenRouter by their generation. */
import type { GatewayPolicy } from './contract/gateway';
import { claimUnpricedUsage, giveUpUsage, type UnpricedUsage } from './ledger/claim-unpriced-usage';
import type { Ledger } from './ledger/ledger';
import { completeUsage } from './ledger/record-usage';
import { askGeneration } from './openrouter/ask-generation';
import type { SendUpstream } from './openrouter/upstream';
import type { CredentialChooser } from './reader/choose-credential';

export interface PriceDeps {
  readonly ledger: Ledger;
  readonly credentials: CredentialChooser;
  readonly send: SendUpstream;
  /** Longest a call may last, in milliseconds: an open one that is older lost its process. */
  readonly openMs: number;
  readonly leaseMs: number;
}

const LIMIT = 50;
const AT_ONCE = 8;
const MAX_ATTEMPTS = 12;
const DAY_MS = 86_400_000;
/** The platform's own calls are asked about with the platform's own key. */
const ANY_REASON: GatewayPolicy = { platformFallback: 'when_missing', monthlyBudgetUsd: null };

/** One pass. Answers how many costs it found and how many it gave up. Thrown: `ledger_unavailable`. */
export async function priceUsage(deps: PriceDeps): Promise<{ found: number; givenUp: number }> {
  const { ledger, openMs, leaseMs } = deps;
  const search = { limit: LIMIT, now: Date.now(), leaseMs, maxAttempts: MAX_ATTEMPTS, openMs };
  const due = await claimUnpricedUsage(ledger, search);
  let found = 0;
  for (let start = 0; start < due.length; start += AT_ONCE) {
    const some = due.slice(start, start + AT_ONCE);
    const priced = await Promise.all(some.map((one) => priceOne(deps, one)));
    found += priced.filter(Boolean).length;
  }
  const givenUp = await giveUpUsage(ledger, { ...search, maxAgeMs: DAY_MS });
  return { found, givenUp: givenUp.length };
}

/** False: not known yet; it stays due. */
async function priceOne(deps: PriceDeps, usage: UnpricedUsage): Promise<boolean> {
  try {
    const apiKey = await keyOf(deps, usage);
    const usageFound = apiKey === null ? null : await askGeneration(deps.send, apiKey, usage.generationId);
    if (usageFound === null) return false;
    const { generationId: _known, ...facts } = usageFound;
    await completeUsage(deps.ledger, usage.id, {
      ...facts,
      outcome: usage.outcome === 'open' ? 'aborted' : usage.outcome,
    });
    return true;
  } catch {
    // A key that is gone, an upstream or a vault that is away: the lease brings the call back.
    return false;
  }
}

/** The key as it is now: OpenRouter tells of a generation to every key of its account. */
async function keyOf({ credentials }: PriceDeps, usage: UnpricedUsage): Promise<string | null> {
  if (usage.credential !== 'tenant')
    return (await credentials.fallBack(ANY_REASON, 'missing'))?.apiKey ?? null;
  const ref = { tenantId: usage.tenantId, serviceId: 'openrouter', keyName: 'default' };
  const { credential } = await credentials.choose(ref);
  return credential.source === 'tenant' ? credential.apiKey : null;
}
