/** What the vault can refuse, in our words. None of these carries a token, a body or a credential. */
import { KeyturnError, type ErrorDetails } from '../contract/errors';

/**
 * A check-and-set write lost: somebody wrote the entry since it was read, or a create-only entry exists.
 * Nothing was changed. The caller re-reads and decides.
 */
export class VersionConflict extends KeyturnError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('operation_in_progress', message, details);
  }
}

/** The vault understood the request and refused it (4xx other than 403 and 429); repeating it is useless. */
export class VaultRefusal extends KeyturnError {
  constructor(
    /** HTTP status of the reply. */
    readonly vaultStatus: number,
    /** First error text of the reply, without anything that was sent. */
    readonly vaultMessage: string,
    details: ErrorDetails = {},
  ) {
    super('internal', `The vault refused the request (${vaultStatus}): ${vaultMessage}`, {
      ...details,
      vaultStatus,
    });
  }
}

/** A sealed credential that does not open: another tenant's, tampered with, or its transit key is gone. */
export class SealedKeyUnreadable extends KeyturnError {
  constructor(details: ErrorDetails = {}) {
    super('internal', 'The sealed credential cannot be opened for this tenant, service and name', details);
  }
}

const CAS_MESSAGE = 'check-and-set parameter did not match';

/** True for the 400 a KV v2 mount answers a stale check-and-set with (text of OpenBao 2.7 and Vault 1.x). */
export function isCasRefusal(error: unknown): boolean {
  return (
    error instanceof VaultRefusal && error.vaultStatus === 400 && error.vaultMessage.includes(CAS_MESSAGE)
  );
}
