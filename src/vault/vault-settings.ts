/** Where the vault is and what our things in it are called. Carries no secret. */
import { KeyturnError } from '../contract/errors';

export interface VaultSettings {
  readonly address: string;
  /** OpenBao or Vault Enterprise namespace; absent for the root namespace. */
  readonly namespace?: string;
  readonly kvMount: string;
  readonly transitMount: string;
  /** Derived AES key that seals credentials. */
  readonly transitKey: string;
  /** HMAC key of fingerprints and request digests; never rotated. */
  readonly fingerprintKey: string;
  /** Ed25519 key that signs audit anchors. */
  readonly anchorKey: string;
  readonly timeoutMs: number;
  /** PEM file of the authority that signed the vault's certificate. */
  readonly caCertPath?: string;
}

/** What a setting is when nobody sets it. The address has no default. */
export const VAULT_DEFAULTS = {
  kvMount: 'bizosaas',
  transitMount: 'transit',
  transitKey: 'keyturn',
  fingerprintKey: 'keyturn-fp',
  anchorKey: 'keyturn-anchor',
  timeoutMs: 5_000,
} as const satisfies Partial<VaultSettings>;

/** Environment variables that hold the settings: what error messages tell people to change. */
export const VAULT_SETTING_NAMES = {
  address: 'VAULT_ADDR',
  namespace: 'VAULT_NAMESPACE',
  kvMount: 'KEYTURN_VAULT_KV_MOUNT',
  transitMount: 'KEYTURN_VAULT_TRANSIT_MOUNT',
  transitKey: 'KEYTURN_VAULT_TRANSIT_KEY',
  fingerprintKey: 'KEYTURN_VAULT_FINGERPRINT_KEY',
  anchorKey: 'KEYTURN_VAULT_ANCHOR_KEY',
  timeoutMs: 'KEYTURN_VAULT_TIMEOUT_MS',
  caCertPath: 'VAULT_CACERT',
  roleId: 'KEYTURN_VAULT_ROLE_ID',
  secretId: 'KEYTURN_VAULT_SECRET_ID',
  token: 'VAULT_TOKEN',
} as const;

const MOUNT_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(\/[A-Za-z0-9][A-Za-z0-9_-]{0,62}){0,3}$/;
const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** Thrown when a setting cannot be what it says: `vault_unavailable`, naming the variable. */
export function assertVaultSettings(settings: VaultSettings): void {
  assertAddress(settings.address);
  assertPattern('kvMount', settings.kvMount, MOUNT_PATTERN);
  assertPattern('transitMount', settings.transitMount, MOUNT_PATTERN);
  assertPattern('transitKey', settings.transitKey, KEY_PATTERN);
  assertPattern('fingerprintKey', settings.fingerprintKey, KEY_PATTERN);
  assertPattern('anchorKey', settings.anchorKey, KEY_PATTERN);
  if (!Number.isSafeInteger(settings.timeoutMs) || settings.timeoutMs < 1) {
    throw badSetting('timeoutMs', 'must be a whole number of milliseconds above 0');
  }
}

function assertAddress(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw badSetting('address', 'must be an http:// or https:// URL');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw badSetting('address', 'must hold no user, password, query or fragment');
  }
}

function assertPattern(
  name: 'kvMount' | 'transitMount' | 'transitKey' | 'fingerprintKey' | 'anchorKey',
  value: string,
  pattern: RegExp,
) {
  if (!pattern.test(value)) throw badSetting(name, `must match ${pattern.source}`);
}

function badSetting(name: keyof VaultSettings, problem: string): KeyturnError {
  return new KeyturnError('vault_unavailable', `${VAULT_SETTING_NAMES[name]} ${problem}`, {
    setting: VAULT_SETTING_NAMES[name],
  });
}
