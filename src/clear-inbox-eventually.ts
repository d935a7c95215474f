/** Erasing what a given-up operation may have left in the inbox, without anybody waiting for it. */
import { isKeyturnError } from './contract/errors';
import type { Operation } from './contract/operations';
import { clearInbox } from './vault/inbox';
import type { VaultClient } from './vault/vault-client';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** About a day. What is left then is sealed, and its operation is closed. */
const MAX_TRIES = 1_500;

/** Tries now and, while the vault is away, again and again; `onDelay` is told once. Does not keep the process alive. */
export function clearInboxEventually(
  vault: VaultClient,
  operation: Pick<Operation, 'tenantId' | 'id'>,
  onDelay: (facts: { operation_id: string; error: string }) => void,
): void {
  const { tenantId, id } = operation;
  const attempt = (tries: number): void => {
    clearInbox(vault, tenantId, id).catch((error: unknown) => {
      const code = isKeyturnError(error) ? error.code : 'internal';
      if (tries === 1) onDelay({ operation_id: id, error: code });
      if (code !== 'vault_unavailable' || tries >= MAX_TRIES) return;
      setTimeout(attempt, Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS), tries + 1).unref();
    });
  };
  attempt(1);
}
