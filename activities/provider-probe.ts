/** Asking providers about keys. The only activities that open a key and send it out. */
import { cancellationSignal, Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { KeyturnError } from '../src/contract/errors';
import type { PlainFields } from '../src/contract/keys';
import type { Operation } from '../src/contract/operations';
import { PROBE_INCONCLUSIVE, type Probed } from '../src/contract/probed';
import { TRANSIENT_REASONS, type ProbeOutcome } from '../src/contract/verdict';
import type { OperationInput } from '../src/contract/workflows';
import { readInbox } from '../src/vault/inbox';
import { readKeyRecord } from '../src/vault/key-store';
import { openFields } from '../src/vault/transit';
import { slotsOf } from '../src/contract/key-transitions';
import { requireOpenOperation } from './operation-row';
import type { ActivityPorts } from './ports';

const HEARTBEAT_MS = 5_000;
const SUPPLIED_PROPAGATION_MS = 400;

const SKIPPED: ProbeOutcome = {
  verdict: 'inconclusive',
  reason: 'skipped',
  details: {},
  account: null,
  status: null,
  retryAfterSeconds: null,
};

export function probeActivities(ports: ActivityPorts) {
  return {
    /** Probes the key that came with the operation or, when none came, the current one. */
    async probeCandidate(input: OperationInput): Promise<Probed> {
      const operation = await requireOpenOperation(ports.ledger, input);
      const { params } = operation;
      if (!operation.hasInbox) return probeSlot(ports, { input, operation, version: null });
      if (params.validation === 'skip') return { probe: SKIPPED, params, probedAt: null, version: null };
      const entry = await readInbox(ports.vault, input.tenantId, input.operationId);
      if (entry === null) throw new KeyturnError('abandoned', 'the sealed key is no longer in the inbox');
      const fields = await openFields(ports.vault, input, entry.sealed);
      return answer(
        await ask(ports, input.serviceId, fields),
        { params, version: null },
        newKeyBudget(ports, operation),
      );
    },

    /** Probes one stored version: the previous one, before it is taken back. */
    async probeStored(input: OperationInput & { version: number }): Promise<Probed> {
      const operation = await requireOpenOperation(ports.ledger, input);
      return probeSlot(ports, { input, operation, version: input.version });
    },
  };
}

/**
 * Milliseconds left in which a refusal may be mere propagation. A key that someone pastes was mostly made a
 * while ago, and whoever waits for the answer should not wait long for a typing error.
 */
function newKeyBudget(ports: ActivityPorts, operation: Operation): number {
  const budgetMs = Math.min(ports.propagationSeconds(operation.serviceId) * 1000, SUPPLIED_PROPAGATION_MS);
  const untilMs = Date.parse(operation.acceptedAt) + budgetMs;
  return Math.max(untilMs - Date.now(), 0);
}

async function probeSlot(
  ports: ActivityPorts,
  target: { input: OperationInput; operation: Operation; version: number | null },
): Promise<Probed> {
  const { input, operation } = target;
  const { record } = await readKeyRecord(ports.vault, input);
  if (record === null || record.epoch !== input.epoch || record.current === null) {
    throw new KeyturnError('key_revoked', 'the key was revoked meanwhile');
  }
  const version = target.version ?? record.current.version;
  const slot = slotsOf(record).find((one) => one.version === version);
  if (slot === undefined) throw new KeyturnError('not_in_grace', `version ${version} is no longer kept`);
  const fields = await openFields(ports.vault, input, slot.sealed);
  return answer(await ask(ports, input.serviceId, fields), { params: operation.params, version }, 0);
}

async function ask(ports: ActivityPorts, serviceId: string, fields: PlainFields): Promise<ProbeOutcome> {
  // A heartbeat is what lets a cancellation reach a probe that waits for a slow provider.
  const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await ports.probe({ serviceId, fields, signal: cancellationSignal() });
  } finally {
    clearInterval(beat);
  }
}

/** The outcome, or a failure that asks Temporal for another try while one may still change it. */
function answer(
  probe: ProbeOutcome,
  facts: Pick<Probed, 'params' | 'version'>,
  propagationMs: number,
): Probed {
  Context.current().cancellationSignal.throwIfAborted();
  const probed: Probed = {
    probe,
    ...facts,
    probedAt: probe.reason === 'no_probe' ? null : new Date().toISOString(),
  };
  const mayPropagate = probe.verdict === 'invalid' && probe.reason === 'rejected' && propagationMs > 0;
  if (!TRANSIENT_REASONS.includes(probe.reason) && !mayPropagate) return probed;
  throw ApplicationFailure.create({
    type: PROBE_INCONCLUSIVE,
    message: `the provider gave no verdict: ${probe.reason}`,
    details: [probed],
    category: 'BENIGN',
    ...(probe.retryAfterSeconds === null ? {} : { nextRetryDelay: probe.retryAfterSeconds * 1000 }),
  });
}
