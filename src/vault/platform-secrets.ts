/** Secrets of the platform itself: one KV v2 entry a kind, below `platform/`. */
import { KeyturnError } from '../contract/errors';
import type { PlainFields } from '../contract/keys';
import { readKvEntry, writeKvEntry } from './kv-entry';
import { platformPath } from './paths';
import { dataOf, numberAt } from './read-reply';
import type { VaultClient } from './vault-client';

/** Kinds that exist, each with its fields. */
export const PLATFORM_SECRETS = {
  'openrouter-api-key': ['api_key'],
} as const satisfies Record<string, readonly string[]>;
export type PlatformSecretKind = keyof typeof PLATFORM_SECRETS;

/** The newest version, or null when there is none. Thrown: `vault_…`; `internal` when a field is missing. */
export async function readPlatformSecret(
  vault: VaultClient,
  kind: PlatformSecretKind,
): Promise<PlainFields | null> {
  const { value } = await readKvEntry(vault, platformPath(vault.settings, 'data', kind));
  if (value === null) return null;
  const missing = PLATFORM_SECRETS[kind].filter(
    (field) => typeof value[field] !== 'string' || value[field] === '',
  );
  if (missing.length > 0) {
    throw new KeyturnError('internal', `the platform secret ${kind} lacks ${missing.join(', ')}`);
  }
  return value as PlainFields;
}

/**
 * Writes a new version; answers its number. Thrown: {@link VersionConflict} when somebody wrote at the same
 * time, `vault_…`.
 */
export async function writePlatformSecret(
  vault: VaultClient,
  kind: PlatformSecretKind,
  fields: PlainFields,
): Promise<number> {
  // Who may write a secret need not be able to read the one before: its number is among the metadata.
  const path = platformPath(vault.settings, 'metadata', kind);
  const metadata = await vault.request({ method: 'GET', path, accept: [404] });
  const cas = metadata.status === 404 ? 0 : numberAt(dataOf(metadata.body), 'current_version');
  const data = platformPath(vault.settings, 'data', kind);
  return writeKvEntry(vault, data, { value: { ...fields }, cas });
}

/** Erases all versions; also right when there is none. Thrown: `vault_…`. */
export async function removePlatformSecret(vault: VaultClient, kind: PlatformSecretKind): Promise<void> {
  const path = platformPath(vault.settings, 'metadata', kind);
  await vault.request({ method: 'DELETE', path, accept: [404] });
}
