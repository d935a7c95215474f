/** Checks the whole audit trail against its signed anchors. Pure: no database, no vault. */
import {
  digestText,
  isSigned,
  readBody,
  readStatement,
  type AnchorKeys,
  type AnchorStatement,
  type StoredAnchor,
} from './anchor-statement';
import { ChainVerifier, type ChainReport, type StoredEntry } from './verify-chain';

/** What was found in the anchors. */
export interface AnchorsReport {
  readonly count: number;
  /** The last one that holds. */
  readonly latest: { readonly n: number; readonly at: string } | null;
  readonly problems: readonly string[];
}

/** `ok`: nothing that was anchored has changed since. */
export interface TrailReport {
  readonly ok: boolean;
  readonly chains: readonly ChainReport[];
  readonly anchors: AnchorsReport;
}

/**
 * Verifies entries (by chain and seq) against anchors (by number, from 1). Reads all anchors before the first
 * entry, so that entries written meanwhile cannot be missed. Never throws for what it finds: it reports.
 */
export async function verifyTrail(trail: {
  entries: AsyncIterable<StoredEntry>;
  anchors: AsyncIterable<StoredAnchor>;
  publicKeys: AnchorKeys;
}): Promise<TrailReport> {
  const verifiers = new Map<string, ChainVerifier>();
  const anchors = await readAnchors(trail, verifiers);
  for await (const entry of trail.entries) verifierOf(verifiers, entry.chain).take(entry);
  const chains = [...verifiers.values()]
    .map((verifier) => verifier.finish())
    .toSorted((a, b) => (a.chain < b.chain ? -1 : 1));
  const ok = anchors.problems.length === 0 && chains.every((chain) => chain.problems.length === 0);
  return { ok, chains, anchors };
}

async function readAnchors(
  trail: { anchors: AsyncIterable<StoredAnchor>; publicKeys: AnchorKeys },
  verifiers: Map<string, ChainVerifier>,
): Promise<AnchorsReport> {
  const problems: string[] = [];
  let count = 0;
  let previous: { number: number; digest: string | null } = { number: 0, digest: null };
  let latest: AnchorsReport['latest'] = null;
  for await (const anchor of trail.anchors) {
    count += 1;
    if (anchor.number !== previous.number + 1) {
      problems.push(`anchor ${previous.number + 1} is missing: anchor ${anchor.number} comes next`);
    }
    const read = readAnchor(anchor, trail.publicKeys);
    if ('problem' in read) {
      problems.push(read.problem);
    } else {
      if (read.statement.prev !== previous.digest) {
        problems.push(
          `anchor ${anchor.number} does not follow anchor ${previous.number}: it names another text as the one before it`,
        );
      }
      vouch(verifiers, read.statement);
      latest = { n: read.statement.n, at: read.statement.at };
    }
    previous = { number: anchor.number, digest: read.digest };
  }
  return { count, latest, problems };
}

type ReadAnchor =
  | { readonly statement: AnchorStatement; readonly digest: string }
  | { readonly problem: string; readonly digest: string | null };

function readAnchor({ number, body }: StoredAnchor, keys: AnchorKeys): ReadAnchor {
  const read = readBody(body);
  if (read === null) return { problem: `anchor ${number} is not an anchor`, digest: null };
  const digest = digestText(read.text);
  if (!keys.has(read.keyVersion)) {
    return {
      problem: `anchor ${number} is signed with key version ${read.keyVersion}, which is not known`,
      digest,
    };
  }
  if (!isSigned(read, keys))
    return { problem: `anchor ${number} was changed: its signature does not hold`, digest };
  const statement = readStatement(read.text);
  if (statement === null)
    return { problem: `anchor ${number} is signed but is not an anchor’s text`, digest };
  if (statement.n !== number) {
    return { problem: `anchor ${number} was moved: its text says anchor ${statement.n}`, digest };
  }
  return { statement, digest };
}

function vouch(verifiers: Map<string, ChainVerifier>, statement: AnchorStatement): void {
  for (const [chain, head] of Object.entries(statement.heads)) {
    verifierOf(verifiers, chain).expect({ anchor: statement.n, at: statement.at, ...head });
  }
}

function verifierOf(verifiers: Map<string, ChainVerifier>, chain: string): ChainVerifier {
  const known = verifiers.get(chain) ?? new ChainVerifier(chain);
  verifiers.set(chain, known);
  return known;
}
