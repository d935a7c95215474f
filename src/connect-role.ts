/** The connections that each role of a split deployment needs, closed again when it stops. */
import type { Config } from './config';
import { appRoleOf, connectTemporalFrom, connectVaultRole, type Addresses } from './connections';
import { migrateLedger, openLedger, type Ledger } from './ledger/ledger';
import type { Lifecycle } from './lifecycle';
import type { Logger } from './log';
import type { Temporal } from './temporal/connect-temporal';
import type { VaultClient } from './vault/vault-client';

export interface RoleOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly addresses: Addresses;
  readonly role: 'api' | 'worker' | 'gateway';
}

export interface RoleConnections {
  readonly ledger: Ledger;
  /** Logged in with the role's own AppRole. */
  readonly vault: VaultClient;
  readonly temporal: Temporal;
}

/** Thrown when a setting is wrong or something does not answer: one message with the cure. */
export async function connectRole(life: Lifecycle, options: RoleOptions): Promise<RoleConnections> {
  const { config, log, addresses, role } = options;
  const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
  life.onStop(() => ledger.close());
  // The gateway notes what went through it; the ledger's tables are not its to change.
  if (role !== 'gateway') await migrateLedger(ledger);
  const address = addresses.vaultAddress;
  const vault = await connectVaultRole({ config, address, role, appRole: appRoleOf(config), log });
  life.onStop(() => vault.close());
  const temporal = await connectTemporalFrom(config, addresses);
  life.onStop(() => temporal.connection.close());
  return { ledger, vault, temporal };
}
