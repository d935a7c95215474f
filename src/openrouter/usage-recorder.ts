/**
 * Notes calls without delaying them: what is noted waits in memory for the next write, and a call that ends before it
 * is written is one row of one batch. While the ledger is away it waits longer, within bounds.
 */
import type { UsageRecord } from '../contract/gateway';

/** Calls of one tenant with one credential, noted together in the audit trail. */
export interface UseOfCredential extends Pick<
  UsageRecord,
  'tenantId' | 'principal' | 'credential' | 'keyVersion' | 'fallbackReason'
> {
  readonly requests: number;
  /** Ids of the calls: the usage has their rows. */
  readonly firstId: string;
  readonly lastId: string;
}

export interface UsageSink {
  readonly writeUsage: (records: readonly UsageRecord[]) => Promise<void>;
  /** Must write the same entry once only, however often it is called with it. */
  readonly writeUse: (use: UseOfCredential) => Promise<void>;
  /** Told when the ledger is away, and of records given up. */
  readonly onTrouble: (facts: { readonly waiting: number; readonly lost: number }, error: unknown) => void;
}

const FLUSH_MS = 200;
const RETRY_MS = 1_000;
const BATCH = 500;
/** Greatest number of calls that wait in memory for the ledger. */
const MAX_WAITING = 50_000;

export class UsageRecorder {
  readonly #sink: UsageSink;
  #waiting = new Map<string, UsageRecord>();
  #uses = new Map<string, UseOfCredential>();
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(sink: UsageSink) {
    this.#sink = sink;
  }

  /** Notes the state of a call; a later state replaces an earlier one. */
  put(record: UsageRecord): void {
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(record.id)) {
      this.#lost += 1;
      return;
    }
    this.#waiting.set(record.id, record);
    if (record.outcome !== 'open') this.#addUse(record);
    this.#schedule(FLUSH_MS);
  }

  /** Writes what waits. Resolves when it is written, or when the ledger did not take it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /** Writes what waits, for the last time. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => void this.flush(), delayMs);
  }

  #addUse(record: UsageRecord): void {
    const { tenantId, principal, credential, keyVersion, fallbackReason, id } = record;
    const name = JSON.stringify([tenantId, principal, credential, keyVersion, fallbackReason]);
    const known = this.#uses.get(name);
    this.#uses.set(name, {
      tenantId,
      principal,
      credential,
      keyVersion,
      fallbackReason,
      requests: (known?.requests ?? 0) + 1,
      firstId: known?.firstId ?? id,
      lastId: id,
    });
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const batch = [...this.#waiting.values()].slice(0, BATCH);
        await this.#sink.writeUsage(batch);
        // What changed meanwhile waits for the next write.
        for (const record of batch) {
          if (this.#waiting.get(record.id) === record) this.#waiting.delete(record.id);
        }
      }
      for (const name of Array.from(this.#uses.keys())) {
        // As it is now: calls may have joined it while an earlier one was written.
        const use = this.#uses.get(name);
        if (use === undefined) continue;
        this.#uses.delete(name);
        await this.#sink.writeUse(use).catch((error: unknown) => {
          // It may have been written. The same entry comes again, so no later call may join it.
          this.#uses.set(`${name} ${use.firstId}`, use);
          throw error;
        });
      }
    } catch (error) {
      this.#sink.onTrouble({ waiting: this.#waiting.size, lost: this.#lost }, error);
      this.#lost = 0;
      this.#schedule(RETRY_MS);
    }
  }
}
