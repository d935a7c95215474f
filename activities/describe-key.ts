/** What listings and answers say of a record. */
import type { AuditFacts, IndexUpdate } from '../src/contract/settlement';
import type { KeyRecord, KeySlot } from '../src/contract/keys';
import type { OperationResult } from '../src/contract/operations';

/** A record with a current key. */
export type LiveRecord = KeyRecord & { readonly current: KeySlot };

/** The index row of a live record. */
export function indexOf(record: LiveRecord): IndexUpdate {
  const { current, previous } = record;
  return {
    epoch: record.epoch,
    seq: record.seq,
    keyId: record.keyId ?? current.operationId,
    state: previous === null ? 'active' : 'grace',
    version: current.version,
    verdict: current.verdict,
    reason: current.reason,
    hint: current.hint,
    fingerprint: digestOf(current.fingerprint),
    account: current.account,
    validatedAt: current.validatedAt,
    storedAt: current.storedAt,
    previousVersion: previous?.version ?? null,
    retireAt: record.retireAt,
    retiringCount: record.retiring.length,
  };
}

/** A key as answers show it. */
export function resultOf(record: LiveRecord): OperationResult {
  const { current } = record;
  return {
    key_id: record.keyId,
    state: record.previous === null ? 'active' : 'grace',
    version: current.version,
    verdict: current.verdict,
    reason: current.reason,
    hint: current.hint,
    fingerprint: shortFingerprint(current.fingerprint),
    account: current.account,
    validated_at: current.validatedAt,
    retire_at: record.retireAt,
    details: current.details,
  };
}

/** What the audit trail says of a key. */
export function auditOf(record: LiveRecord): AuditFacts {
  const { keyId, epoch, current } = record;
  const { version, verdict } = current;
  return { keyId, epoch, version, verdict, fingerprint: shortFingerprint(current.fingerprint) };
}

/** Enough of a fingerprint to tell two keys apart by eye: 16 characters of the digest. */
function shortFingerprint(fingerprint: string): string {
  return digestOf(fingerprint).slice(0, 16);
}

/** Without transit's `vault:v1:`: what begins so is a ciphertext, and there is none outside the vault. */
function digestOf(fingerprint: string): string {
  return fingerprint.slice(fingerprint.lastIndexOf(':') + 1);
}

/** Narrows a record that a transition has just made live. Thrown when it is not: a defect of ours. */
export function live(record: KeyRecord | null): LiveRecord {
  if (record === null || record.current === null) throw new Error('the record holds no current key');
  return record as LiveRecord;
}
