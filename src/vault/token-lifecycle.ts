/**
 * Keeps one vault token alive: renews it in time, logs in again when it died, revokes it at the end.
 * node-vault's own renewal overflows setTimeout with long TTLs and stops for good at the first error.
 */
import { isKeyturnError, KeyturnError } from '../contract/errors';

/** What a login or a renewal gives. */
export interface TokenGrant {
  readonly token: string;
  /** Seconds the token lives; 0 for one that never expires. */
  readonly ttlSeconds: number;
  readonly renewable: boolean;
}

/** How the life of a token is carried out at the server. */
export interface TokenOperations {
  /** Null when there is nothing to log in with again (a token was given). */
  readonly login: (() => Promise<TokenGrant>) | null;
  renew(token: string): Promise<TokenGrant>;
  isAlive(token: string): Promise<boolean>;
  revoke(token: string): Promise<void>;
}

/** The part of a pino logger used here. */
export interface VaultLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface TokenLifecycle {
  /** The token to send now. */
  current(): string;
  /** Seconds until it expires; null when it never does. For the gauge. */
  ttlSeconds(): number | null;
  /**
   * After a 403: true when `usedToken` was dead and another is current now, so one replay is worth it.
   * Thrown when the new login is refused (`vault_denied`) or gets no answer (`vault_unavailable`).
   */
  replaceIfDead(usedToken: string): Promise<boolean>;
  close(): Promise<void>;
}

const LONGEST_WAIT_MS = 24 * 3_600_000;
const SHORTEST_WAIT_MS = 200;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
/** Below this share of the first TTL a renewal no longer helps (max TTL near): log in anew. */
const WORN_OUT_SHARE = 0.5;
/** Share of the TTL that must be left to keep trying renewals before logging in anew. */
const LAST_SHARE = 0.1;

/** Logs in (when it can) or takes the given token's grant, and starts to look after it. */
export function keepTokenAlive(options: {
  first: TokenGrant;
  operations: TokenOperations;
  log: VaultLog;
}): TokenLifecycle {
  const { operations, log } = options;
  let grant = options.first;
  let fullTtlSeconds = grant.ttlSeconds;
  let expiresAtMs = expiryOf(grant);
  let failures = 0;
  let timer: NodeJS.Timeout | null = null;
  let replacing: Promise<boolean> | null = null;
  let closed = false;

  function adopt(next: TokenGrant, fresh: boolean): void {
    grant = next;
    if (fresh) fullTtlSeconds = next.ttlSeconds;
    expiresAtMs = expiryOf(next);
    failures = 0;
    schedule(next.ttlSeconds * 1_000 * (0.5 + 0.2 * Math.random()));
  }

  function schedule(waitMs: number): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (closed || grant.ttlSeconds === 0 || (!grant.renewable && operations.login === null)) return;
    timer = setTimeout(() => void tend(), Math.min(Math.max(waitMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS));
    timer.unref();
  }

  /** One round: renew, or log in anew when renewing cannot help. Never throws: the next round follows. */
  async function tend(): Promise<void> {
    const used = grant.token;
    try {
      if (canRenew()) {
        const next = await operations.renew(used);
        if (grant.token === used) adopt(next, false);
      } else {
        await loginAnew();
      }
    } catch (error) {
      failures += 1;
      log.warn(
        { code: isKeyturnError(error) ? error.code : 'internal', failures },
        'vault token not renewed',
      );
      // A refusal says the token is dead; waiting will not revive it.
      const isDead = isKeyturnError(error) && error.code !== 'vault_unavailable';
      if (isDead && grant.token === used) expiresAtMs = Math.min(expiresAtMs, Date.now());
      schedule(Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS) * (0.5 + Math.random()));
    }
  }

  function canRenew(): boolean {
    if (!grant.renewable) return false;
    if (operations.login === null) return true;
    const leftMs = expiresAtMs - Date.now();
    return (
      leftMs > fullTtlSeconds * 1_000 * LAST_SHARE && grant.ttlSeconds >= fullTtlSeconds * WORN_OUT_SHARE
    );
  }

  async function loginAnew(): Promise<void> {
    if (operations.login === null) {
      throw new KeyturnError(
        'vault_denied',
        'The given vault token is dead and there is no AppRole to log in with',
      );
    }
    const next = await operations.login();
    if (closed) {
      await operations.revoke(next.token);
      return;
    }
    adopt(next, true);
    log.info({ ttlSeconds: next.ttlSeconds }, 'logged in to the vault');
  }

  async function replace(usedToken: string): Promise<boolean> {
    if (await operations.isAlive(usedToken)) return false;
    await loginAnew();
    return true;
  }

  adopt(grant, true);
  return Object.freeze({
    current: () => grant.token,
    ttlSeconds: () =>
      grant.ttlSeconds === 0 ? null : Math.max(0, Math.round((expiresAtMs - Date.now()) / 1_000)),
    replaceIfDead: (usedToken: string) => {
      if (usedToken !== grant.token) return Promise.resolve(true);
      replacing ??= replace(usedToken).finally(() => {
        replacing = null;
      });
      return replacing;
    },
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      // A token that was given belongs to whoever gave it.
      if (operations.login !== null) await operations.revoke(grant.token);
    },
  });
}

function expiryOf(grant: TokenGrant): number {
  return Date.now() + grant.ttlSeconds * 1_000;
}
