/** Key records: one KV v2 entry per key, changed by check-and-set only. */
import { KeyturnError } from '../contract/errors';
import { assertId, DEFAULT_KEY_NAME, ID_PATTERN, type KeyRef } from '../contract/ids';
import type { KeyRecord } from '../contract/keys';
import { parseKeyRecord } from './key-record-schema';
import { listKvNames, readKvEntry, writeKvEntry } from './kv-entry';
import { keyFolderPath, keyPath, tenantFolderPath } from './paths';
import { dataOf, objectOf } from './read-reply';
import type { VaultClient } from './vault-client';

export { VersionConflict } from './vault-errors';

/** A record with the KV version its next check-and-set must name. */
export interface StoredRecord {
  /** Null when there is no live version: never stored, deleted or destroyed. */
  readonly record: KeyRecord | null;
  /** 0 when nothing was ever written. */
  readonly kvVersion: number;
}

/** KV versions destroyed by one request. */
const DESTROY_CHUNK = 100;

/** Thrown when the stored entry is no key record (`internal`) or cannot be read (`vault_…`). */
export async function readKeyRecord(vault: VaultClient, ref: KeyRef): Promise<StoredRecord> {
  const { value, kvVersion } = await readKvEntry(vault, keyPath(vault.settings, 'data', ref));
  return { record: value === null ? null : parseKeyRecord(value), kvVersion };
}

/**
 * Writes the record as the version after `cas` (0: the key's first). Answers the new KV version.
 * Thrown: {@link VersionConflict} when somebody wrote since; after `vault_unavailable` it may have landed: a
 * slot or tombstone with the writer's operation id tells.
 */
export async function writeKeyRecord(
  vault: VaultClient,
  ref: KeyRef,
  record: KeyRecord,
  cas: number,
): Promise<number> {
  if (!Number.isSafeInteger(cas) || cas < 0) {
    throw new KeyturnError('invalid_request', 'cas must be a whole number', { field: 'cas' });
  }
  return writeKvEntry(vault, keyPath(vault.settings, 'data', ref), { value: { ...record }, cas });
}

/** Destroys every KV version below `version` for good; answers how many it destroyed. Idempotent. */
export async function destroyVersionsBelow(
  vault: VaultClient,
  ref: KeyRef,
  version: number,
): Promise<number> {
  const metadata = await vault.request({
    method: 'GET',
    path: keyPath(vault.settings, 'metadata', ref),
    accept: [404],
  });
  const doomed = Object.entries(objectOf(dataOf(metadata.body)['versions']))
    .filter(([number, state]) => Number(number) < version && objectOf(state)['destroyed'] !== true)
    .map(([number]) => Number(number));
  const path = keyPath(vault.settings, 'destroy', ref);
  for (let start = 0; start < doomed.length; start += DESTROY_CHUNK) {
    const body = { versions: doomed.slice(start, start + DESTROY_CHUNK) };
    await vault.request({ method: 'POST', path, body, idempotent: true });
  }
  return doomed.length;
}

/** Every tenant that has anything in the vault. */
export async function* listTenants(vault: VaultClient): AsyncGenerator<string> {
  for await (const name of listKvNames(vault, tenantFolderPath(vault.settings))) {
    const tenantId = name.replace(/\/$/, '');
    if (ID_PATTERN.test(tenantId)) yield tenantId;
  }
}

/** Every key of a tenant that has an entry, revoked ones included. */
export async function* listKeyRefs(vault: VaultClient, tenantId: string): AsyncGenerator<KeyRef> {
  assertId('tenant_id', tenantId);
  for await (const name of listKvNames(vault, keyFolderPath(vault.settings, tenantId))) {
    const serviceId = name.replace(/\/$/, '');
    if (!ID_PATTERN.test(serviceId)) continue;
    if (!name.endsWith('/')) {
      yield { tenantId, serviceId, keyName: DEFAULT_KEY_NAME };
      continue;
    }
    for await (const keyName of listKvNames(vault, keyFolderPath(vault.settings, tenantId, serviceId))) {
      if (ID_PATTERN.test(keyName)) yield { tenantId, serviceId, keyName };
    }
  }
}
