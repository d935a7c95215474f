/**
 * Whose credential a call uses. One look at the ledger per call decides; opened keys are kept for as long as the
 * ledger names the same epoch and state of the record, and no longer than the cache keeps them.
 */
import { LRUCache } from 'lru-cache';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import {
  allowsFallback,
  DEFAULT_POLICY,
  type CallCredential,
  type FallbackReason,
  type GatewayPolicy,
} from '../contract/gateway';
import type { KeyRef } from '../contract/ids';
import type { Ledger } from '../ledger/ledger';
import { readGatewayAdmission } from '../ledger/read-gateway-admission';
import type { VaultClient } from '../vault/vault-client';
import { openAtEpoch } from './open-key';
import { createPlatformKey } from './platform-key';

export interface CredentialChooser {
  /**
   * The tenant's key, or the platform's where the policy allows it.
   * Thrown: `key_not_found`, `key_revoked`; `ledger_unavailable` or `vault_unavailable`: nobody is served then.
   */
  choose(ref: KeyRef): Promise<{ credential: CallCredential; policy: GatewayPolicy }>;
  /** The key as it is now, past the cache; null when it is the one that was used. Thrown as by `choose`. */
  reread(ref: KeyRef, used: CallCredential): Promise<CallCredential | null>;
  /** The platform's credential; null when the policy does not allow it, or there is none. Thrown: `vault_unavailable`. */
  fallBack(policy: GatewayPolicy, reason: FallbackReason): Promise<CallCredential | null>;
}

interface Opened {
  readonly apiKey: string;
  readonly version: number;
  readonly epoch: number;
}

/** Greatest number of opened keys in memory. */
const MAX_OPENED = 10_000;
const FIELD = 'api_key';

export function createCredentialChooser(options: {
  readonly ledger: Ledger;
  /** Logged in with the gateway role. */
  readonly vault: VaultClient;
  /** The platform's key in the environment. */
  readonly environmentKey: string | undefined;
  /** Longest an opened key is kept, in milliseconds: the bound of a revocation past the ledger. */
  readonly cacheMs: number;
}): CredentialChooser {
  const { ledger, vault, cacheMs } = options;
  const platformKey = createPlatformKey(options);
  const opened = new LRUCache<string, Opened, { ref: KeyRef; epoch: number }>({
    max: MAX_OPENED,
    ttl: cacheMs,
    // Past its time a key is forgotten, not only ignored.
    ttlAutopurge: true,
    // Forgetting one must not fail the calls that wait for the key to be opened anew.
    ignoreFetchAbort: true,
    // One opening serves all calls that wait for it.
    fetchMethod: async (_name, _stale, { context }) => open(vault, context.ref, context.epoch),
  });

  const tenantKey = async (ref: KeyRef, past: 'cache' | null): Promise<Looked> => {
    const { key, policy } = await readGatewayAdmission(ledger, ref);
    const found = { policy: policy ?? DEFAULT_POLICY };
    if (key === null || key.state === 'none' || key.state === 'pending')
      return { ...found, key: null, reason: 'missing' };
    if (key.state === 'revoked') return { ...found, key: null, reason: 'revoked' };
    const name = `${ref.tenantId}/${ref.serviceId}/${ref.keyName}/${key.epoch}/${key.seq}`;
    try {
      const context = { ref, epoch: key.epoch };
      const one = await opened.forceFetch(name, { context, forceRefresh: past === 'cache' });
      return { ...found, key: one, reason: null };
    } catch (error) {
      // The record has another epoch than the ledger: it was revoked past the ledger.
      if (isKeyturnError(error) && error.code === 'key_revoked')
        return { ...found, key: null, reason: 'revoked' };
      throw error;
    }
  };

  const fallBack: CredentialChooser['fallBack'] = async (policy, reason) => {
    if (!allowsFallback(policy.platformFallback, reason)) return null;
    const found = await platformKey.read();
    return found === null ? null : { ...found, keyVersion: null, epoch: null, fallbackReason: reason };
  };

  return {
    async choose(ref) {
      const { key, policy, reason } = await tenantKey(ref, null);
      const credential = key === null ? await fallBack(policy, reason) : ofTenant(key);
      if (credential === null) throw refusal(reason);
      return { credential, policy };
    },
    async reread(ref, used) {
      if (used.source !== 'tenant') {
        const found = await platformKey.read('again');
        return found === null || found.apiKey === used.apiKey ? null : { ...used, ...found };
      }
      const { key, reason } = await tenantKey(ref, 'cache');
      if (key === null) throw refusal(reason);
      return key.apiKey === used.apiKey ? null : ofTenant(key);
    },
    fallBack,
  };
}

type Looked = { readonly policy: GatewayPolicy } & (
  | { readonly key: Opened; readonly reason: null }
  | { readonly key: null; readonly reason: 'missing' | 'revoked' }
);

function ofTenant({ apiKey, version, epoch }: Opened): CallCredential {
  return { source: 'tenant', apiKey, keyVersion: version, epoch, fallbackReason: null };
}

async function open(vault: VaultClient, ref: KeyRef, epoch: number): Promise<Opened> {
  const { fields, version } = await openAtEpoch(vault, ref, { epoch, stage: 'current' });
  const apiKey = fields[FIELD];
  if (apiKey === undefined) throw new KeyturnError('internal', `the stored credential has no field ${FIELD}`);
  return { apiKey, version, epoch };
}

function refusal(reason: FallbackReason | null): KeyturnError {
  if (reason === 'revoked') return new KeyturnError('key_revoked', 'the tenant’s OpenRouter key was revoked');
  return new KeyturnError('key_not_found', 'the tenant has stored no OpenRouter key');
}
