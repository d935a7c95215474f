/**
 * Clears what a closed operation left in the inbox: its run was stopped between its end in the ledger and the
 * clearing, say. The api role does it, which may list and erase entries and read none.
 */
import { OPEN_STATES } from './contract/operations';
import { listInboxTenants, readOperation } from './ledger/operations';
import type { Ledger } from './ledger/ledger';
import { clearInbox, listInbox } from './vault/inbox';
import type { VaultClient } from './vault/vault-client';

/** Tenants looked at in one pass: those whose operations with a key closed last. */
const TENANTS = 500;

/** How many entries were cleared. Thrown when the ledger or the vault does not answer. */
export async function sweepInbox(ports: { ledger: Ledger; vault: VaultClient }): Promise<number> {
  let cleared = 0;
  for (const tenantId of await listInboxTenants(ports.ledger, TENANTS)) {
    for await (const operationId of listInbox(ports.vault, tenantId)) {
      const operation = await readOperation(ports.ledger, operationId);
      if (operation === null || OPEN_STATES.includes(operation.state)) continue;
      await clearInbox(ports.vault, tenantId, operationId);
      cleared += 1;
    }
  }
  return cleared;
}
