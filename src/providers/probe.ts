/** The one interpreter of catalogue entries: asks the provider whether a credential is alive. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import type { PlainFields } from '../contract/keys';
import { isAlive, type ProbeOutcome, type VerdictReason } from '../contract/verdict';
import { buildRequest, deriveValues } from './build-request';
import {
  judgeReply,
  pickAccount,
  pickDetails,
  pickRetryAfter,
  readPath,
  readReply,
  type ReadReply,
} from './judge-reply';
import { OutboundError, sendOutbound, type OutboundFailure } from './outbound';
import type { ProbeStep, ProbeWay } from './probe-plan';
import type { ProviderEntry } from './provider';

/** Time for the whole probe, all steps together, in milliseconds. */
export const PROBE_TIMEOUT_MS = 10_000;

export interface ProbeInput {
  readonly entry: ProviderEntry;
  readonly fields: PlainFields;
  /** Service id → origin that stands in for the provider. */
  readonly origins: Readonly<Record<string, string>>;
  /** Takes the place of the guarded agent; for tests. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Milliseconds for all steps together. */
  readonly timeoutMs?: number | undefined;
  /** Takes the place of waiting; for tests. */
  readonly pause?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Ends the probe early. Thrown: the signal's reason, and nothing else, ever. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a credential. Whatever the provider or the network does becomes an outcome; neither the credential nor
 * a reply is thrown, logged or returned, only what the entry allows. Thrown: the reason of `signal` when it aborts.
 */
export async function probeKey(input: ProbeInput): Promise<ProbeOutcome> {
  const { entry, fields, signal } = input;
  if (entry.probe === null) return inconclusive('no_probe');
  const way = entry.probe.ways.find((candidate) => applies(candidate, fields));
  if (way === undefined) return inconclusive('no_probe');
  const deadline = AbortSignal.timeout(input.timeoutMs ?? PROBE_TIMEOUT_MS);
  const ended = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  signal?.throwIfAborted();
  try {
    return await walkSteps(input, way, ended);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof OutboundError) return inconclusive(REASONS[error.failure]);
    return inconclusive(deadline.aborted ? 'timeout' : 'unexpected_reply');
  }
}

const REASONS: Readonly<Record<OutboundFailure, VerdictReason>> = {
  timeout: 'timeout',
  unreachable: 'unreachable',
  refused: 'unreachable',
  too_large: 'unexpected_reply',
  not_http: 'unexpected_reply',
};

function applies(way: ProbeWay, fields: PlainFields): boolean {
  return (
    (way.given ?? []).every((name) => fields[name] !== undefined) &&
    Object.entries(way.matching ?? {}).every(([name, pattern]) => pattern.test(fields[name] ?? ''))
  );
}

async function walkSteps(input: ProbeInput, way: ProbeWay, signal: AbortSignal): Promise<ProbeOutcome> {
  const { entry, fields } = input;
  let values = await deriveValues(entry.probe?.derived ?? {}, fields);
  const secrets = secretsOf(entry, fields);
  let known: Pick<ProbeOutcome, 'details' | 'account'> = { details: {}, account: null };
  for (const step of way.steps) {
    let reply = await sendStep(input, step, values, signal);
    let { outcome: judged, confirmAfterMs } = judgeReply(step.rules, reply, fields);
    if (confirmAfterMs !== undefined) {
      await (input.pause ?? pause)(confirmAfterMs, signal);
      reply = await sendStep(input, step, values, signal);
      judged = judgeReply(step.rules, reply, fields).outcome;
    }
    const taken = takeValues(step, reply);
    secrets.push(...Object.values(taken));
    // A refusal's body has fields of the same names that mean something else.
    const accepted = judged === 'proceed' || isAlive(judged.verdict) || judged.reason === 'wrong_kind';
    if (accepted && reply.status < 300) {
      known = {
        details: { ...known.details, ...pickDetails(step, reply, secrets) },
        account: pickAccount(step, reply, secrets) ?? known.account,
      };
    }
    if (judged !== 'proceed') {
      const retryAfterSeconds = judged.verdict === 'inconclusive' ? pickRetryAfter(step, reply) : null;
      return { ...judged, ...known, status: reply.status, retryAfterSeconds };
    }
    values = { ...values, ...taken };
  }
  return inconclusive('unexpected_reply');
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

async function sendStep(
  input: ProbeInput,
  step: ProbeStep,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ReadReply> {
  const { entry, origins, dispatcher } = input;
  const origin = Object.hasOwn(origins, entry.id) ? origins[entry.id] : undefined;
  const request = buildRequest(step, values);
  return readReply(
    await sendOutbound({
      ...request,
      hosts: entry.hosts,
      origin,
      dispatcher,
      signal,
      maxBytes: step.maxBytes,
    }),
  );
}

function takeValues(step: ProbeStep, reply: ReadReply): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const [name, path] of Object.entries(step.take ?? {})) {
    const value = readPath(reply.json, path)[0];
    if (typeof value === 'string' && value !== '') taken[name] = value;
  }
  return taken;
}

/** Secret values a reply might echo. */
function secretsOf(entry: ProviderEntry, fields: PlainFields): string[] {
  return Object.entries(fields)
    .filter(([name]) => entry.fields[name]?.secret === true)
    .map(([, value]) => value)
    .filter((value) => value !== '');
}

function inconclusive(reason: VerdictReason): ProbeOutcome {
  return {
    verdict: 'inconclusive',
    reason,
    details: {},
    account: null,
    status: null,
    retryAfterSeconds: null,
  };
}
