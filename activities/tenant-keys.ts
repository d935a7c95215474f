/** The steps that change a tenant's key record in the vault. */
import { KeyturnError } from '../src/contract/errors';
import type { KeyRef } from '../src/contract/ids';
import * as transitions from '../src/contract/key-transitions';
import type { Candidate, ReadState, Transition } from '../src/contract/key-transitions';
import { GRACE_SECONDS, type KeyRecord } from '../src/contract/keys';
import { OPEN_STATES, type Operation, type OperationKind } from '../src/contract/operations';
import type { Probed } from '../src/contract/probed';
import type { Settlement } from '../src/contract/settlement';
import type { OperationInput, RetireInput } from '../src/contract/workflows';
import { readIndexEntry } from '../src/ledger/key-index';
import { isAcceptedFor, readOperation } from '../src/ledger/operations';
import { readInbox } from '../src/vault/inbox';
import { destroyVersionsBelow, readKeyRecord } from '../src/vault/key-store';
import { live } from './describe-key';
import { requireLiveOperation, requireOperation } from './operation-row';
import type { ActivityPorts } from './ports';
import { writeRecord } from './write-record';

/** The end of a story, and versions whose retirement is to be started. */
export type KeyStep = Omit<Settlement, 'state' | 'error'> & { readonly outcome: string };
export type KeyStepWithRetirement = KeyStep & { readonly retire: readonly RetireInput[] };

export function keyActivities(ports: ActivityPorts) {
  const { vault, ledger } = ports;
  return {
    /** Promotes the inbox key into the first slot; the same key again changes nothing. */
    async storeKey(input: OperationInput, probed: Probed): Promise<KeyStep> {
      const { operation, candidate, found } = await prepareWrite(ports, input, probed);
      if (operation.state === 'done') return endOf(operation);
      const written = await writeRecord(
        vault,
        input,
        (state) =>
          landed(state, input) ??
          transitions.storeFirst(state, { epoch: input.epoch, candidate: present(candidate) }),
        found,
      );
      const record = live(written.record);
      const unchanged = record.current.operationId !== input.operationId;
      const outcome = unchanged ? 'unchanged' : 'stored';
      return { outcome, result: { outcome }, refresh: 'answer' };
    },

    /** The inbox key becomes current, the current one previous. */
    async promoteKey(input: OperationInput, probed: Probed): Promise<KeyStepWithRetirement> {
      const { operation, candidate, found } = await prepareWrite(ports, input, probed);
      const { params } = operation;
      if (operation.state === 'done') return { ...endOf(operation), retire: [] };
      const written = await writeRecord(
        vault,
        input,
        (state) =>
          landed(state, input) ??
          transitions.promote(state, {
            epoch: input.epoch,
            candidate: present(candidate),
            graceSeconds: params.graceSeconds ?? GRACE_SECONDS.default,
            nowMs: Date.now(),
            supersede: params.supersede === true,
            // Nobody has seen the new key work: the old one goes when someone says so, not by itself.
            keepPrevious: probed.probe.reason === 'no_probe',
            force: params.force === true,
          }),
        found,
      );
      return promoted(input, live(written.record));
    },

    /** What an operation left in the vault, when its write arrived there; null when it did not. */
    async findLanded(input: OperationInput): Promise<KeyStepWithRetirement | null> {
      const operation = await requireOperation(ledger, input);
      const { record } = await readKeyRecord(vault, input);
      if (record === null || record.epoch !== input.epoch || record.current === null) return null;
      if (!hasLanded(operation, record)) return null;
      const step = promoted(input, live(record));
      if (operation.kind === 'rotate') return step;
      const outcome = LANDED_OUTCOMES[operation.kind] ?? 'done';
      // What a decision put aside may not be gone yet.
      return { outcome, retire: step.retire, result: { outcome }, refresh: 'answer' };
    },

    /**
     * What a decision about a version is worth. `accepted`: the ledger holds its operation, open, for this key and
     * epoch. Else `unknown` while the version still waits, or `over`.
     */
    async weighDecision(input: OperationInput, version: number): Promise<'accepted' | 'unknown' | 'over'> {
      const operation = await readOperation(ledger, input.operationId);
      const open = operation !== null && OPEN_STATES.includes(operation.state);
      if (open && isAcceptedFor(operation, input)) return 'accepted';
      const { record } = await readKeyRecord(vault, input);
      return record?.epoch === input.epoch && record.previous?.version === version ? 'unknown' : 'over';
    },

    /** A version stops being served. */
    async beginRetirement(input: RetireInput): Promise<{ landed: boolean }> {
      const written = await writeRecord(vault, input, (state) => transitions.beginRetirement(state, input));
      return { landed: written.kind !== 'superseded' };
    },

    /** Drops a retired version and destroys every KV version that still carries it. */
    async finishRetirement(input: RetireInput): Promise<void> {
      const written = await writeRecord(vault, input, (state) => transitions.dropRetired(state, input));
      const { record } = written;
      if (record === null || record.epoch !== input.epoch || record.current === null) return;
      const { kvVersion } = await readKeyRecord(vault, input);
      await destroyVersionsBelow(vault, input, kvVersion);
    },

    /** The previous version is current again. */
    async rollBackKey(
      input: OperationInput,
      version: number,
    ): Promise<KeyStep & { replacedVersion: number }> {
      const operation = await requireLiveOperation(ledger, input);
      const replaced = operation.result?.['replaced_version'];
      if (operation.state === 'done' && typeof replaced === 'number') {
        return { ...endOf(operation), replacedVersion: replaced };
      }
      const written = await writeRecord(vault, input, (state) =>
        transitions.rollBack(state, { epoch: input.epoch, version }),
      );
      const record = live(written.record);
      const replacedVersion = record.lastVersion;
      return {
        outcome: 'rolled_back',
        replacedVersion,
        result: { outcome: 'rolled_back', replaced_version: replacedVersion },
        refresh: 'answer',
      };
    },

    /** Notes what a probe said of the stored key; skipped when that key is not current any more. */
    async recordVerdict(input: OperationInput, probed: Probed): Promise<KeyStep> {
      const { probe, version, probedAt } = probed;
      const result = {
        verdict: probe.verdict,
        reason: probe.reason,
        account: probe.account,
        provider_status: probe.status,
        stored: version !== null,
        version,
        validated_at: probedAt,
        details: probe.details,
      };
      const audit = { verdict: probe.verdict, ...(version === null ? {} : { version }) };
      // Nothing learned is nothing to note: the last verdict that means something stays.
      if (version === null || probe.verdict === 'inconclusive')
        return { outcome: probe.verdict, result, audit };
      const { verdict, reason, details, account } = probe;
      const written = await writeRecord(vault, input, (state) =>
        transitions.noteVerdict(state, {
          epoch: input.epoch,
          version,
          probed: { verdict, reason, details, account, validatedAt: probedAt },
        }),
      );
      if (written.kind === 'superseded') return { outcome: probe.verdict, result, audit };
      return { outcome: probe.verdict, result, audit, refresh: 'listing' };
    },

    /** Writes the tombstone, also where nothing was stored yet, and destroys everything older. */
    async buryKey(
      input: OperationInput,
    ): Promise<KeyStep & { retiring: { keyId: string | null; versions: readonly number[] } }> {
      const written = await writeRecord(vault, input, (state) =>
        transitions.bury(state, { epoch: input.epoch, operationId: input.operationId, nowMs: Date.now() }),
      );
      const { record } = written;
      if (record !== null) await destroyVersionsBelow(vault, input, record.bornVersion);
      const tombstone = record?.tombstone ?? null;
      return {
        outcome: 'revoked',
        retiring: { keyId: tombstone?.keyId ?? null, versions: tombstone?.retiringVersions ?? [] },
        result: {
          state: 'revoked',
          epoch: input.epoch,
          key_id: tombstone?.keyId ?? null,
          tombstone_at: tombstone?.revokedAt ?? null,
          destroyed_below_version: record?.bornVersion ?? null,
        },
        audit: { epoch: input.epoch, keyId: tombstone?.keyId ?? null },
      };
    },
  };
}

const LANDED_OUTCOMES: Partial<Record<OperationKind, string>> = {
  generate: 'stored',
  finish: 'finished',
  rollback: 'rolled_back',
};

/** True when the record shows the operation's effect. */
function hasLanded(operation: Operation, record: KeyRecord): boolean {
  // A decision's workflow id ends with the version it is about.
  const version = Number(operation.workflowId.split('/').at(-1));
  if (operation.kind === 'finish') return record.previous?.version !== version;
  if (operation.kind === 'rollback') return record.current?.version === version;
  return transitions.slotOf(record, operation.id) !== undefined;
}

/**
 * All that a write of the inbox key rests on, read at once. The order of the reads decides nothing: a revocation
 * that is accepted after the fence was read buries the record, and then this write's CAS fails.
 */
async function prepareWrite(ports: ActivityPorts, input: OperationInput, probed: Probed) {
  const [operation, , candidate, found] = await Promise.all([
    requireLiveOperation(ports.ledger, input),
    assertFence(ports, input),
    candidateOf(ports, input, probed),
    readKeyRecord(ports.vault, input),
  ]);
  return { operation, candidate, found };
}

/**
 * How a settled operation ended. A step may run again after its operation was settled, and by then others may have
 * changed the key: it must repeat its word and touch nothing.
 */
function endOf({ result }: Operation): KeyStep {
  const outcome = result?.['outcome'];
  return { outcome: typeof outcome === 'string' ? outcome : 'done', ...(result === null ? {} : { result }) };
}

/** Thrown when a revocation raised the epoch since the operation was accepted: `key_revoked`. */
async function assertFence(ports: ActivityPorts, input: OperationInput): Promise<void> {
  const entry = await readIndexEntry(ports.ledger, input);
  if (entry === null || entry.epoch !== input.epoch) {
    throw new KeyturnError('key_revoked', 'the key was revoked meanwhile');
  }
}

/** The sealed key of the inbox with what its probe said; null when the inbox was cleared. */
async function candidateOf(
  ports: ActivityPorts,
  input: OperationInput,
  probed: Probed,
): Promise<Candidate | null> {
  const entry = await readInbox(ports.vault, input.tenantId, input.operationId);
  if (entry === null) return null;
  const { verdict, reason, details, account } = probed.probe;
  return {
    ...entry,
    verdict,
    reason,
    details,
    account,
    validatedAt: probed.probedAt,
    origin: 'supplied',
    providerHandle: null,
    storedAt: new Date().toISOString(),
    operationId: input.operationId,
  };
}

/** Thrown when the inbox was cleared and nothing had landed: `abandoned`. */
function present(candidate: Candidate | null): Candidate {
  if (candidate === null) throw new KeyturnError('abandoned', 'the sealed key is no longer in the inbox');
  return candidate;
}

/** The operation's own earlier write, which a step that runs again after a crash must find before anything else. */
function landed(state: ReadState, input: OperationInput): Transition | null {
  const { record } = state;
  return record !== null && transitions.slotOf(record, input.operationId) !== undefined
    ? { kind: 'landed', record }
    : null;
}

function promoted(input: OperationInput & KeyRef, record: ReturnType<typeof live>): KeyStepWithRetirement {
  const { tenantId, serviceId, keyName, operationId, epoch } = input;
  const keyId = record.keyId ?? operationId;
  const common = { tenantId, serviceId, keyName, operationId, epoch, keyId };
  const waiting =
    record.previous === null
      ? []
      : [
          {
            ...common,
            version: record.previous.version,
            retireAtMs: record.retireAt === null ? null : Date.parse(record.retireAt),
          },
        ];
  const ended = record.retiring.map(({ version }) => ({ ...common, version, retireAtMs: 0 }));
  return {
    outcome: 'promoted',
    retire: [...ended, ...waiting],
    result: { outcome: 'promoted', previous_version: record.previous?.version ?? null },
    refresh: 'answer',
  };
}
