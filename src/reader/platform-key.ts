/** The platform's own OpenRouter key: from the vault, else from the environment. */
import { LRUCache } from 'lru-cache';
import type { CallCredential } from '../contract/gateway';
import { readPlatformSecret } from '../vault/platform-secrets';
import type { VaultClient } from '../vault/vault-client';

type PlatformKey = Pick<CallCredential, 'apiKey'> & { readonly source: 'platform' | 'env' };

const ONE = 'key';

/** Reads it at most once every `cacheMs`. */
export function createPlatformKey(options: {
  readonly vault: VaultClient;
  readonly environmentKey: string | undefined;
  readonly cacheMs: number;
}) {
  const { vault, environmentKey, cacheMs } = options;
  const cache = new LRUCache<string, { readonly key: PlatformKey | null }>({
    max: 1,
    ttl: cacheMs,
    ttlAutopurge: true,
    // Forgetting it must not fail the calls that wait for it to be read anew.
    ignoreFetchAbort: true,
    fetchMethod: async () => ({ key: await read() }),
  });
  // A vault that cannot be read is no vault without a key: then the environment is not asked.
  const read = async (): Promise<PlatformKey | null> => {
    const stored = await readPlatformSecret(vault, 'openrouter-api-key');
    if (stored?.['api_key'] !== undefined) return { source: 'platform', apiKey: stored['api_key'] };
    return environmentKey === undefined ? null : { source: 'env', apiKey: environmentKey };
  };
  return {
    /** Null when there is none. `again` looks past the cache. Thrown: `vault_…`. */
    read: async (how?: 'again'): Promise<PlatformKey | null> =>
      (await cache.forceFetch(ONE, { forceRefresh: how === 'again' })).key,
  };
}
