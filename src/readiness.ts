/** Does everything a process needs answer now? */
import { isKeyturnError } from './contract/errors';
import { pingLedger, type Ledger } from './ledger/ledger';
import { pingTemporal, type Temporal } from './temporal/connect-temporal';
import { readVaultHealth } from './vault/health';
import type { VaultClient } from './vault/vault-client';

const PING_MS = 2_000;

/** Part → whether it can be used, and if not, why. Never throws. */
export async function readReadiness(deps: {
  ledger: Ledger;
  vault: VaultClient;
  temporal: Temporal;
}): Promise<Record<string, { ok: boolean; message?: string }>> {
  const check = async (work: Promise<unknown>) =>
    work.then(
      () => ({ ok: true }),
      (error: unknown) => ({ ok: false, message: isKeyturnError(error) ? error.message : 'does not answer' }),
    );
  const vault = readVaultHealth({ settings: deps.vault.settings, vault: deps.vault });
  const [ledger, temporal, health] = await Promise.all([
    check(pingLedger(deps.ledger)),
    check(pingTemporal(deps.temporal, PING_MS)),
    vault,
  ]);
  return {
    ledger,
    temporal,
    // Its own words name addresses, which is not for everyone: /vault/health has them.
    vault: health.status === 'ok' ? { ok: true } : { ok: false, message: `the vault: ${health.status}` },
  };
}
