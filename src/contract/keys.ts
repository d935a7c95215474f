/** The shapes of a stored key. Everything here may be written to Vault; nothing here is plaintext. */
import type { ProbeOutcome, Verdict, VerdictReason } from './verdict';

declare const sealed: unique symbol;
/** Transit ciphertext of all fields of a credential. The brand keeps plaintext out of records by type. */
export type SealedKey = string & { readonly [sealed]: true };

/** A tenant's credential in clear: field name → value. Lives in a handler or an activity, nowhere else. */
export type PlainFields = Readonly<Record<string, string>>;

/** Where a key stands in its life, as listings show it. */
export const KeyState = {
  /** Accepted, not stored yet. */
  pending: 'pending',
  active: 'active',
  /** Active, with a previous version still served on request until `retire_at`. */
  grace: 'grace',
  revoked: 'revoked',
} as const;
export type KeyState = (typeof KeyState)[keyof typeof KeyState];

/** One version of a key. */
export interface KeySlot {
  readonly sealed: SealedKey;
  /** 1 for the first version of a key's life, then rising by one. */
  readonly version: number;
  /** HMAC of tenant, service and fields: equal for equal credentials, useless otherwise. */
  readonly fingerprint: string;
  /** Last characters of the field marked for it, or null when the value is too short to show any. */
  readonly hint: string | null;
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
  readonly details: ProbeOutcome['details'];
  readonly account: string | null;
  /** ISO 8601 time of the last probe, null when none was made. */
  readonly validatedAt: string | null;
  readonly origin: 'supplied' | 'minted';
  /** The provider's handle for a minted key, null for a supplied one. */
  readonly providerHandle: string | null;
  readonly storedAt: string;
  /** The operation that wrote this slot: a retried write recognises itself by it. */
  readonly operationId: string;
}

/** A tombstone: what remains of a revoked key. */
export interface Tombstone {
  readonly revokedAt: string;
  readonly operationId: string;
  /** The life that ended; null when nothing had been stored yet. */
  readonly keyId: string | null;
  /** Versions whose retirement may still be running. */
  readonly retiringVersions: readonly number[];
}

/** One KV v2 entry per key. Promotion, supersession and revocation are each one CAS write of it. */
export interface KeyRecord {
  readonly schema: 1;
  /** Fence: a record is served only while the ledger's epoch equals it. */
  readonly epoch: number;
  /**
   * Rises with every write: of two writers the ledger keeps what the later one saw, whoever comes last to tell
   * it. Cached plaintext is keyed by (epoch, seq).
   */
  readonly seq: number;
  /** Stable over rotations; a key stored after a revocation gets a new one. */
  readonly keyId: string | null;
  /** The KV version at which this epoch's life began: everything below it may be destroyed. */
  readonly bornVersion: number;
  /** The highest version number this life has used: a rolled-back one is never given out again. */
  readonly lastVersion: number;
  readonly current: KeySlot | null;
  readonly previous: KeySlot | null;
  /** Absolute end of the grace period of `previous`; null while it has no end of its own. */
  readonly retireAt: string | null;
  /** No longer served, not yet confirmed gone. At most {@link MAX_RETIRING}. */
  readonly retiring: readonly KeySlot[];
  readonly tombstone: Tombstone | null;
}

export const MAX_RETIRING = 8;

/** Default, least and greatest grace period of a rotation, in seconds. */
export const GRACE_SECONDS = { default: 86_400, min: 0, max: 2_592_000 } as const;
