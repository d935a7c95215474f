/**
 * Sealed credentials on their way from the door to the worker: written once, erased whole. An expiring KV
 * version would only be soft-deleted, so the worker deletes the metadata.
 */
import type { SealedKey } from '../contract/keys';
import { UUID_PATTERN } from '../contract/ids';
import { createKvEntry, listKvNames, readKvEntry } from './kv-entry';
import { inboxFolderPath, inboxPath } from './paths';
import { stringAt } from './read-reply';
import type { VaultClient } from './vault-client';

/** One sealed credential that waits for its operation. */
export interface InboxEntry {
  readonly sealed: SealedKey;
  readonly fingerprint: string;
  readonly hint: string | null;
}

/** Puts the entry; a second put of the same operation keeps the first. */
export async function putInbox(
  vault: VaultClient,
  tenantId: string,
  operationId: string,
  entry: InboxEntry,
): Promise<void> {
  const { settings } = vault;
  const { sealed, fingerprint, hint } = entry;
  await createKvEntry(vault, inboxPath(settings, 'data', tenantId, operationId), {
    value: { sealed, fingerprint, hint },
    exists: () => isInInbox(vault, tenantId, operationId),
  });
}

/** True when an entry waits. Asks for metadata only: the door may do so, and may not read the entry. */
export async function isInInbox(vault: VaultClient, tenantId: string, operationId: string): Promise<boolean> {
  const path = inboxPath(vault.settings, 'metadata', tenantId, operationId);
  return (await vault.request({ method: 'GET', path, accept: [404] })).status === 200;
}

/** The waiting entry, or null when there is none (any more). */
export async function readInbox(
  vault: VaultClient,
  tenantId: string,
  operationId: string,
): Promise<InboxEntry | null> {
  const { value } = await readKvEntry(vault, inboxPath(vault.settings, 'data', tenantId, operationId));
  if (value === null) return null;
  const hint = value['hint'];
  return {
    sealed: stringAt(value, 'sealed') as SealedKey,
    fingerprint: stringAt(value, 'fingerprint'),
    hint: typeof hint === 'string' ? hint : null,
  };
}

/** Erases the entry with all its versions. Idempotent. */
export async function clearInbox(vault: VaultClient, tenantId: string, operationId: string): Promise<void> {
  const path = inboxPath(vault.settings, 'metadata', tenantId, operationId);
  await vault.request({ method: 'DELETE', path, accept: [404] });
}

/** Operations of a tenant with an entry that waits. */
export async function* listInbox(vault: VaultClient, tenantId: string): AsyncGenerator<string> {
  for await (const name of listKvNames(vault, inboxFolderPath(vault.settings, tenantId))) {
    if (UUID_PATTERN.test(name)) yield name;
  }
}
