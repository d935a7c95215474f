/**
 * What a command makes of a key record: pure functions from the record as read to the record to write.
 * Each recognises its own earlier effect (`landed`), so a step that is tried again does nothing twice.
 * The caller writes by CAS and starts over from a fresh read when it lost the race.
 */
import { KeyturnError } from './errors';
import { MAX_RETIRING, type KeyRecord, type KeySlot } from './keys';

/** `write`: store `record`. `landed`: the effect is there already. `superseded`: nothing is left to do. */
export type Transition =
  | { readonly kind: 'write'; readonly record: KeyRecord }
  | { readonly kind: 'landed'; readonly record: KeyRecord }
  | { readonly kind: 'superseded'; readonly record: KeyRecord | null };

/** A slot before the record gives it its version. */
export type Candidate = Omit<KeySlot, 'version'>;

/** What was read: the record, or null, and the KV version a write must name. */
export interface ReadState {
  readonly record: KeyRecord | null;
  readonly kvVersion: number;
}

/** Every slot a record still holds. */
export function slotsOf(record: KeyRecord): readonly KeySlot[] {
  return [record.current, record.previous, ...record.retiring].filter((slot) => slot !== null);
}

/** The slot an operation wrote, if the record carries one. */
export function slotOf(record: KeyRecord | null, operationId: string): KeySlot | undefined {
  return record === null ? undefined : slotsOf(record).find((slot) => slot.operationId === operationId);
}

/**
 * First key of a life: after nothing, after a tombstone, or over the rest of a life the fence has ended.
 * `landed` with another operation's slot means the same key is stored already.
 * Thrown when a different key is live (`key_exists`) or a later revocation fenced this write (`key_revoked`).
 */
export function storeFirst(state: ReadState, command: { epoch: number; candidate: Candidate }): Transition {
  const { record } = state;
  const { epoch, candidate } = command;
  if (record !== null && slotOf(record, candidate.operationId)) return { kind: 'landed', record };
  if (record !== null && record.epoch > epoch) throw revoked();
  if (record !== null && record.epoch === epoch && record.current !== null) {
    if (record.current.fingerprint === candidate.fingerprint) return { kind: 'landed', record };
    throw new KeyturnError('key_exists', 'a different key is stored already; rotate it or revoke it first');
  }
  return {
    kind: 'write',
    record: {
      schema: 1,
      epoch,
      seq: (record?.seq ?? 0) + 1,
      keyId: candidate.operationId,
      bornVersion: state.kvVersion + 1,
      lastVersion: 1,
      current: { ...candidate, version: 1 },
      previous: null,
      retireAt: null,
      retiring: [],
      tombstone: null,
    },
  };
}

/** What promotion needs to know besides the candidate. */
export interface PromoteCommand {
  readonly epoch: number;
  readonly candidate: Candidate;
  readonly graceSeconds: number;
  readonly nowMs: number;
  readonly supersede: boolean;
  /** True: the previous version stays until it is finished, superseded or rolled back to. */
  readonly keepPrevious?: boolean;
  readonly force: boolean;
}

/**
 * The candidate becomes current, the current key previous until the grace period ends.
 * Thrown when fenced (`key_revoked`), when the key is stored already (`same_key`), in a grace period that is
 * not superseded (`in_grace`), for another account or fewer scopes without `force`, or with no room left.
 */
export function promote(state: ReadState, command: PromoteCommand): Transition {
  const { record } = state;
  const { candidate } = command;
  if (record !== null && slotOf(record, candidate.operationId)) return { kind: 'landed', record };
  const live = assertLive(record, command.epoch);
  const stored = [live.current, live.previous].filter((slot) => slot !== null);
  if (stored.some((slot) => slot.fingerprint === candidate.fingerprint)) {
    throw new KeyturnError('same_key', 'the new key is the current or the previous one');
  }
  if (live.previous !== null && !command.supersede && command.graceSeconds > 0) {
    throw new KeyturnError('in_grace', 'finish or roll back the last rotation, or send supersede', {
      retire_at: live.retireAt,
    });
  }
  if (!command.force) assertNoLess(live.current, candidate);
  const retiring = live.previous === null ? live.retiring : [...live.retiring, live.previous];
  // The version put aside now will need a place, too.
  if (retiring.length >= MAX_RETIRING) {
    throw new KeyturnError(
      'too_many_retiring',
      `at most ${MAX_RETIRING} versions may wait for their retirement`,
    );
  }
  const version = live.lastVersion + 1;
  return {
    kind: 'write',
    record: {
      ...live,
      seq: live.seq + 1,
      lastVersion: version,
      current: { ...candidate, version },
      previous: live.current,
      retireAt:
        command.keepPrevious === true && command.graceSeconds > 0
          ? null
          : new Date(command.nowMs + command.graceSeconds * 1000).toISOString(),
      retiring,
    },
  };
}

/**
 * The previous version stops being served and waits to be confirmed gone. `landed` when it is gone already,
 * `superseded` when it is the current one again or its life has ended.
 */
export function beginRetirement(state: ReadState, command: { epoch: number; version: number }): Transition {
  const { record } = state;
  if (record === null || record.epoch !== command.epoch || record.tombstone !== null) {
    return { kind: 'superseded', record };
  }
  if (record.current?.version === command.version) return { kind: 'superseded', record };
  if (record.previous?.version !== command.version) return { kind: 'landed', record };
  return {
    kind: 'write',
    record: {
      ...record,
      seq: record.seq + 1,
      previous: null,
      retireAt: null,
      retiring: [...record.retiring, record.previous],
    },
  };
}

/** A retiring version is gone: its slot is dropped. */
export function dropRetired(state: ReadState, command: { epoch: number; version: number }): Transition {
  const { record } = state;
  if (record === null || record.epoch !== command.epoch || record.tombstone !== null) {
    return { kind: 'superseded', record };
  }
  const retiring = record.retiring.filter((slot) => slot.version !== command.version);
  if (retiring.length === record.retiring.length) return { kind: 'landed', record };
  return { kind: 'write', record: { ...record, seq: record.seq + 1, retiring } };
}

/**
 * The previous version is current again; the newer one retires at once.
 * Thrown when that version is not the previous one any more (`not_in_grace`) or the key was revoked.
 */
export function rollBack(state: ReadState, command: { epoch: number; version: number }): Transition {
  const live = assertLive(state.record, command.epoch);
  if (live.current.version === command.version) return { kind: 'landed', record: live };
  if (live.previous?.version !== command.version) {
    throw new KeyturnError('not_in_grace', 'the previous version is no longer kept');
  }
  return {
    kind: 'write',
    record: {
      ...live,
      seq: live.seq + 1,
      current: live.previous,
      previous: null,
      retireAt: null,
      retiring: [...live.retiring, live.current],
    },
  };
}

/** All key material leaves the record. A record of this epoch or a later one is left alone. */
export function bury(
  state: ReadState,
  command: { epoch: number; operationId: string; nowMs: number },
): Transition {
  const { record } = state;
  if (record !== null && record.epoch >= command.epoch) {
    return record.tombstone?.operationId === command.operationId
      ? { kind: 'landed', record }
      : { kind: 'superseded', record };
  }
  return {
    kind: 'write',
    record: {
      schema: 1,
      epoch: command.epoch,
      seq: (record?.seq ?? 0) + 1,
      keyId: record?.keyId ?? null,
      bornVersion: state.kvVersion + 1,
      lastVersion: record?.lastVersion ?? 0,
      current: null,
      previous: null,
      retireAt: null,
      retiring: [],
      tombstone: {
        revokedAt: new Date(command.nowMs).toISOString(),
        operationId: command.operationId,
        keyId: record?.keyId ?? null,
        retiringVersions: record === null ? [] : retiringVersions(record),
      },
    },
  };
}

/**
 * What a probe of a stored version says; skipped when that version is not current any more, or when a later
 * probe has spoken. The account stays known while a reply does not tell it: an outage must not open the way
 * for a key of another account.
 */
export function noteVerdict(
  state: ReadState,
  command: {
    epoch: number;
    version: number;
    probed: Pick<KeySlot, 'verdict' | 'reason' | 'details' | 'account' | 'validatedAt'>;
  },
): Transition {
  const { record } = state;
  if (record === null || record.epoch !== command.epoch || record.current?.version !== command.version) {
    return { kind: 'superseded', record };
  }
  const { validatedAt, account } = record.current;
  const { probed } = command;
  if (validatedAt === probed.validatedAt) return { kind: 'landed', record };
  if (validatedAt !== null && probed.validatedAt !== null && validatedAt > probed.validatedAt) {
    return { kind: 'superseded', record };
  }
  const current = { ...record.current, ...probed, account: probed.account ?? account };
  return { kind: 'write', record: { ...record, seq: record.seq + 1, current } };
}

/** Thrown when the record is not a live key of this epoch: `key_revoked`. */
export function assertLive(
  record: KeyRecord | null,
  epoch: number,
): KeyRecord & { readonly current: KeySlot } {
  if (record === null || record.epoch !== epoch || record.current === null) throw revoked();
  return record as KeyRecord & { readonly current: KeySlot };
}

function retiringVersions(record: KeyRecord): readonly number[] {
  const waiting = record.previous === null ? record.retiring : [...record.retiring, record.previous];
  return waiting.map((slot) => slot.version);
}

function assertNoLess(current: KeySlot, candidate: Candidate): void {
  if (current.account !== null && candidate.account !== null && current.account !== candidate.account) {
    throw new KeyturnError(
      'different_account',
      'the new key belongs to another account; send force to take it',
    );
  }
  if (current.verdict === 'valid' && candidate.verdict === 'limited') {
    throw new KeyturnError(
      'fewer_scopes',
      'the new key lacks a scope the current one has; send force to take it',
    );
  }
}

function revoked(): KeyturnError {
  return new KeyturnError('key_revoked', 'the key was revoked meanwhile');
}
