/** Is what was restored one whole? Asked of the restored servers themselves. */
import { verifyAuditTrail } from '../audit-anchors';
import { KeyturnError } from '../contract/errors';
import type { SealedKey } from '../contract/keys';
import { listKeys, type KeyIndexEntry } from '../ledger/key-index';
import type { Ledger } from '../ledger/ledger';
import type { TrailReport } from '../ledger/verify-trail';
import { readKeyRecord } from '../vault/key-store';
import { openFields } from '../vault/transit';
import type { VaultClient } from '../vault/vault-client';
import type { Manifest } from './parts';
import { CANARY_REF } from './write-backup';

/** What was found. `problems`: keys of the ledger that the vault does not hold as it should. */
export interface RestoredState {
  readonly keys: number;
  readonly problems: readonly string[];
  readonly audit: TrailReport;
}

const PAGE = 200;

/**
 * `vault` holds the worker role.
 * Thrown when the canary does not open: the vault is not the one of the backup (`vault_unavailable`).
 */
export async function checkRestored(
  ledger: Ledger,
  vault: VaultClient,
  canary: Manifest['canary'],
): Promise<RestoredState> {
  const opened = await openFields(vault, CANARY_REF, canary.sealed as SealedKey);
  if (opened['value'] !== canary.value)
    throw new KeyturnError('vault_unavailable', 'the restored vault opens the canary to something else');
  const problems: string[] = [];
  let keys = 0;
  for await (const entry of servedKeys(ledger)) {
    keys += 1;
    const { record } = await readKeyRecord(vault, entry);
    if (record === null || record.current === null || record.epoch !== entry.epoch) {
      problems.push(
        `${entry.tenantId}/${entry.serviceId}/${entry.keyName} is ${entry.state} in the ledger, not in the vault`,
      );
    }
  }
  return { keys, problems, audit: await verifyAuditTrail(ledger, vault, null) };
}

/** Keys that readers are served. */
export async function* servedKeys(ledger: Ledger): AsyncGenerator<KeyIndexEntry> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await listKeys(ledger, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items.filter(({ state }) => state === 'active' || state === 'grace');
    cursor = page.nextCursor;
  }
}
