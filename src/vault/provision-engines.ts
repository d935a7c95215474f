/** The KV and transit mounts and the transit keys. */
import { setTimeout as delay } from 'node:timers/promises';
import { KeyturnError } from '../contract/errors';
import { ensureState } from './ensure-state';
import { FIXED_PATHS, kvConfigPath, mountPath, transitConfigPath, transitPath } from './paths';
import { dataOf, objectOf, type JsonObject } from './read-reply';
import type { VaultClient } from './vault-client';
import { VAULT_SETTING_NAMES } from './vault-settings';

const FRESH_MOUNT_TRIES = 50;
const FRESH_MOUNT_PAUSE_MS = 100;

/**
 * Makes the mounts where they are missing.
 * Thrown when a mount of that name is something else (KV version 1, say): `vault_unavailable`, naming the setting.
 */
export async function provisionEngines(vault: VaultClient): Promise<void> {
  const { settings } = vault;
  const mounts = dataOf((await vault.request({ method: 'GET', path: FIXED_PATHS.mounts })).body);
  const kv = mounts[`${settings.kvMount}/`];
  if (kv === undefined) await mountKv(vault);
  else assertMount('kvMount', kv, { type: 'kv', version: '2' });
  const transit = mounts[`${settings.transitMount}/`];
  if (transit === undefined) {
    await vault.request({
      method: 'POST',
      path: mountPath(settings.transitMount),
      body: { type: 'transit' },
    });
  } else {
    assertMount('transitMount', transit, { type: 'transit' });
  }
  await Promise.all([
    ensureTransitKey(vault, 'transitKey', { type: 'aes256-gcm96', derived: true }),
    // A fingerprint is compared for ever: its key has one version.
    ensureTransitKey(vault, 'fingerprintKey', { type: 'hmac', key_size: 32 }),
    ensureTransitKey(vault, 'anchorKey', { type: 'ed25519' }),
  ]);
  // Without it, encrypting with a mistyped key name makes that key.
  await ensureState(vault, { path: transitConfigPath(settings), body: { disable_upsert: true } });
}

async function mountKv(vault: VaultClient): Promise<void> {
  const { kvMount } = vault.settings;
  // Its max_versions stays 0: one set at the mount could not be lowered for an entry.
  await vault.request({
    method: 'POST',
    path: mountPath(kvMount),
    body: { type: 'kv', options: { version: '2' } },
  });
  // HashiCorp Vault answers 400 until a fresh version 2 mount is set up.
  for (let attempt = 1; attempt <= FRESH_MOUNT_TRIES; attempt += 1) {
    const reply = await vault.request({ method: 'GET', path: kvConfigPath(vault.settings), accept: [400] });
    if (reply.status === 200) return;
    await delay(FRESH_MOUNT_PAUSE_MS);
  }
  throw new KeyturnError('vault_unavailable', `The new KV mount ${kvMount} does not become ready`);
}

function assertMount(
  name: 'kvMount' | 'transitMount',
  mount: unknown,
  wanted: { type: string; version?: string },
): void {
  const { type, options } = objectOf(mount);
  const version = objectOf(options)['version'];
  if (type === wanted.type && (wanted.version === undefined || version === wanted.version)) return;
  const setting = VAULT_SETTING_NAMES[name];
  const seen = `${String(type)}${version === undefined ? '' : ` version ${typeof version === 'string' ? version : 'unknown'}`}`;
  const need = `${wanted.type}${wanted.version === undefined ? '' : ` version ${wanted.version}`}`;
  throw new KeyturnError('vault_unavailable', `${setting}: the mount is ${seen}, it must be ${need}`, {
    setting,
  });
}

async function ensureTransitKey(
  vault: VaultClient,
  name: 'transitKey' | 'fingerprintKey' | 'anchorKey',
  wanted: JsonObject,
): Promise<void> {
  const { settings } = vault;
  const path = transitPath(settings, 'keys', settings[name]);
  const found = await vault.request({ method: 'GET', path, accept: [404] });
  if (found.status === 404) {
    await vault.request({ method: 'POST', path, body: wanted, idempotent: true });
    return;
  }
  const current = dataOf(found.body);
  if (current['type'] === wanted['type'] && (current['derived'] ?? false) === (wanted['derived'] ?? false))
    return;
  const setting = VAULT_SETTING_NAMES[name];
  throw new KeyturnError(
    'vault_unavailable',
    `${setting}: the transit key ${settings[name]} is of another kind`,
    { setting },
  );
}
