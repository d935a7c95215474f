/** Checks one audit chain, entry by entry. Pure: no database, so that the offline verifier uses it too. */
import { createHash } from 'node:crypto';

/** One entry as it is stored. Hashes are hex; `entry` is the text that was hashed. */
export interface StoredEntry {
  readonly chain: string;
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
  readonly entry: string;
}

/** What was found in one chain. */
export interface ChainReport {
  readonly chain: string;
  readonly entries: number;
  /** The last entry that a signed anchor vouches for; 0 when none does. */
  readonly anchoredSeq: number;
  /** Entries behind it: whoever holds the database could still change these unseen. */
  readonly unanchored: number;
  /** Sentences; empty when the chain is whole. */
  readonly problems: readonly string[];
}

/** What one anchor says of one chain. */
export interface Voucher {
  readonly anchor: number;
  readonly at: string;
  readonly seq: number;
  readonly hash: string;
}

/** Enough to see what happened, without a report as long as the chain. */
const MAX_PROBLEMS = 50;

/** The hash before a chain's first entry. */
export function genesisHash(chain: string): string {
  return createHash('sha256').update(`keyturn/audit/v1/${chain}`, 'utf8').digest('hex');
}

/** The hash of an entry that follows `prevHash` (hex). */
export function entryHash(prevHash: string, entry: string): string {
  return createHash('sha256').update(Buffer.from(prevHash, 'hex')).update(entry, 'utf8').digest('hex');
}

/** Takes one chain's entries in order, and tells at the end whether they are what was written. */
export class ChainVerifier {
  readonly #vouchers = new Map<number, Voucher>();
  readonly #problems: string[] = [];
  #more = 0;
  #entries = 0;
  #lastSeq = 0;
  #lastHash: string;
  #anchoredSeq = 0;
  #latest: Voucher | null = null;

  constructor(readonly chain: string) {
    this.#lastHash = genesisHash(chain);
  }

  /** Takes what a signed anchor says. Anchors come before entries, in their order. */
  expect(voucher: Voucher): void {
    const latest = this.#latest;
    if (latest !== null && voucher.seq < latest.seq) {
      this.#tell(
        `anchor ${voucher.anchor} shows the chain ending at entry ${voucher.seq}, anchor ${latest.anchor} before it at ${latest.seq}: entries were removed`,
      );
    }
    const known = this.#vouchers.get(voucher.seq);
    if (known === undefined) this.#vouchers.set(voucher.seq, voucher);
    else if (known.hash !== voucher.hash) {
      this.#tell(`anchors ${known.anchor} and ${voucher.anchor} vouch for different entries ${voucher.seq}`);
    }
    this.#latest = voucher;
  }

  /** Takes the next entry as stored. */
  take(stored: StoredEntry): void {
    this.#entries += 1;
    this.#checkPlace(stored);
    this.#checkText(stored);
    const voucher = this.#vouchers.get(stored.seq);
    if (voucher !== undefined) {
      this.#vouchers.delete(stored.seq);
      if (voucher.hash === stored.hash) this.#anchoredSeq = Math.max(this.#anchoredSeq, stored.seq);
      else this.#tell(`entry ${stored.seq} is not the one that ${nameOf(voucher)} vouches for`);
    }
    this.#lastSeq = Math.max(this.#lastSeq, stored.seq);
    this.#lastHash = stored.hash;
  }

  /** The verdict, after the last entry. */
  finish(): ChainReport {
    const beyond = [...this.#vouchers.values()].filter((voucher) => voucher.seq > this.#lastSeq).at(-1);
    if (beyond !== undefined) {
      this.#tell(
        this.#entries === 0
          ? `the whole chain is missing: ${nameOf(beyond)} vouches for ${beyond.seq} entries`
          : `the chain ends at entry ${this.#lastSeq}, but ${nameOf(beyond)} vouches for entry ${beyond.seq}: entries were removed`,
      );
    }
    return {
      chain: this.chain,
      entries: this.#entries,
      anchoredSeq: this.#anchoredSeq,
      unanchored: Math.max(0, this.#lastSeq - this.#anchoredSeq),
      problems: this.#more === 0 ? this.#problems : [...this.#problems, `and ${this.#more} more`],
    };
  }

  #checkPlace({ seq, prevHash }: StoredEntry): void {
    const expected = this.#lastSeq + 1;
    if (seq < expected) this.#tell(`entry ${seq} comes after entry ${this.#lastSeq}: entries were reordered`);
    else if (seq === expected + 1) this.#tell(`entry ${expected} is missing`);
    else if (seq > expected) this.#tell(`entries ${expected} to ${seq - 1} are missing`);
    else if (prevHash !== this.#lastHash) {
      this.#tell(
        seq === 1
          ? 'entry 1 does not begin the chain: its prev_hash is not that of an empty chain'
          : `entry ${seq} does not follow entry ${seq - 1}: its prev_hash is not that entry’s hash`,
      );
    }
  }

  #checkText({ seq, prevHash, hash, entry }: StoredEntry): void {
    if (entryHash(prevHash, entry) !== hash)
      this.#tell(`entry ${seq} was changed: its text does not give its hash`);
    const said = readPlace(entry);
    if (said === null) this.#tell(`entry ${seq} is not the text of an entry`);
    else if (said.chain !== this.chain || said.seq !== seq) {
      this.#tell(`entry ${seq} was moved: its text says entry ${said.seq} of chain ${said.chain}`);
    }
  }

  #tell(problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#more += 1;
  }
}

function nameOf(voucher: Voucher): string {
  return `anchor ${voucher.anchor} (${voucher.at})`;
}

function readPlace(entry: string): { chain: string; seq: number } | null {
  try {
    const { chain, seq } = JSON.parse(entry) as { chain: unknown; seq: unknown };
    return typeof chain === 'string' && typeof seq === 'number' ? { chain, seq } : null;
  } catch {
    return null;
  }
}
