/** Ties the audit trail of the ledger to anchors in the vault: the loop that signs, and the check. */
import { anchorHeads, type AnchorPorts } from './ledger/anchor-heads';
import { streamAudit } from './ledger/audit-trail';
import type { Ledger } from './ledger/ledger';
import { verifyTrail, type TrailReport } from './ledger/verify-trail';
import { runPeriodically, type Stop } from './run-periodically';
import {
  latestAnchorNumber,
  listAnchors,
  putAnchor,
  readAnchor,
  readAnchorKeys,
  signText,
} from './vault/anchors';
import type { VaultClient } from './vault/vault-client';
import { VersionConflict } from './vault/vault-errors';

/** Signs the heads of all chains every so often, while they change. `vault` holds the worker role. */
export function startAnchoring(
  ports: { ledger: Ledger; vault: VaultClient; intervalMs: number },
  onError: (error: unknown) => void,
): Stop {
  const anchors = anchorPorts(ports.vault);
  return runPeriodically(
    ports.intervalMs,
    async () => void (await anchorHeads(ports.ledger, anchors)),
    onError,
  );
}

/** Anchors what has not been anchored yet, now. */
export async function anchorNow(ledger: Ledger, vault: VaultClient): Promise<void> {
  await anchorHeads(ledger, anchorPorts(vault));
}

/**
 * Checks entries, chains and anchors; with `chain` only that one is reported.
 * Thrown when the ledger or the vault cannot be read; what is wrong with the trail is in the report.
 */
export async function verifyAuditTrail(
  ledger: Ledger,
  vault: VaultClient,
  chain: string | null,
): Promise<TrailReport> {
  const report = await verifyTrail({
    entries: streamAudit(ledger, chain === null ? {} : { chain }),
    anchors: listAnchors(vault),
    publicKeys: await readAnchorKeys(vault),
  });
  if (chain === null) return report;
  const chains = report.chains.filter((one) => one.chain === chain);
  const whole = chains.every((one) => one.problems.length === 0) && report.anchors.problems.length === 0;
  return { ok: whole, chains, anchors: report.anchors };
}

function anchorPorts(vault: VaultClient): AnchorPorts {
  let known = 0;
  return {
    sign: (text) => signText(vault, text),
    async putAnchor(number, body) {
      try {
        await putAnchor(vault, number, { ...body });
        return 'stored';
      } catch (error) {
        if (error instanceof VersionConflict) return 'taken';
        throw error;
      }
    },
    async latestAnchor() {
      known = await latestAnchorNumber(vault, known);
      return known === 0 ? null : { number: known, body: await readAnchor(vault, known) };
    },
  };
}
