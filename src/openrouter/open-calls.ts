/** Calls under way, so that a revocation reaches them, too. */
import { KeyturnError } from '../contract/errors';
import type { KeyRef } from '../contract/ids';

/** One call. */
export interface OpenCall {
  readonly ref: KeyRef;
  /** Of the tenant's key it was given; null for the platform's. */
  readonly epoch: number | null;
  /** Ends it; the reason is what its caller is told. */
  readonly abort: (reason: KeyturnError) => void;
}

/** A key with calls under way. */
export interface KeyInUse {
  readonly ref: KeyRef;
  readonly epoch: number;
}

export class OpenCalls {
  readonly #calls = new Set<OpenCall>();

  /** Registers one; the result takes it off again. */
  add(call: OpenCall): () => void {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  get count(): number {
    return this.#calls.size;
  }

  /** Each key once, with the oldest epoch it was given out under. */
  keysInUse(): readonly KeyInUse[] {
    const keys = new Map<string, KeyInUse>();
    for (const { ref, epoch } of this.#calls) {
      if (epoch === null) continue;
      const name = nameOf(ref);
      const known = keys.get(name);
      if (known === undefined || known.epoch > epoch) keys.set(name, { ref, epoch });
    }
    return [...keys.values()];
  }

  /** Ends the calls of a key that were given an epoch before this one. Answers their number. */
  abortBefore(ref: KeyRef, epoch: number): number {
    const name = nameOf(ref);
    const revoked = new KeyturnError('key_revoked', 'the key was revoked while this call ran');
    const isOlder = (call: OpenCall): boolean => call.epoch !== null && call.epoch < epoch;
    return this.#abort((call) => nameOf(call.ref) === name && isOlder(call), revoked);
  }

  /** Ends all with a tenant's key. Answers their number. */
  abortKeys(reason: KeyturnError): number {
    return this.#abort((call) => call.epoch !== null, reason);
  }

  /** Ends all. Answers their number. */
  abortAll(reason: KeyturnError): number {
    return this.#abort(() => true, reason);
  }

  #abort(matches: (call: OpenCall) => boolean, reason: KeyturnError): number {
    const doomed = [...this.#calls].filter(matches);
    for (const call of doomed) {
      this.#calls.delete(call);
      call.abort(reason);
    }
    return doomed.length;
  }
}

function nameOf(ref: KeyRef): string {
  return `${ref.tenantId}/${ref.serviceId}/${ref.keyName}`;
}
