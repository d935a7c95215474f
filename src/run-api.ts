/** The `api` role as a process of its own. */
import { createPorts, startInboxSweep, startReconciler } from './api';
import { verifyAuditTrail } from './audit-anchors';
import type { Config } from './config';
import { addressesOf, appRoleOf, connectTemporalFrom, connectVaultRole } from './connections';
import { createApp } from './http/app';
import { listen } from './http/listen';
import { apiRoutes } from './http/routes';
import { issuerOf } from './issuer';
import { migrateLedger, openLedger } from './ledger/ledger';
import { withLifecycle } from './lifecycle';
import type { Logger } from './log';

/** Thrown when a setting is wrong or something it needs does not answer: one message with the cure. */
export function runApi(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  return withLifecycle(async (life) => {
    const addresses = addressesOf(config);
    const issuer = await issuerOf(config);
    const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
    life.onStop(() => ledger.close());
    await migrateLedger(ledger);
    const vault = await connectVaultRole({
      config,
      address: addresses.vaultAddress,
      role: 'api',
      appRole: appRoleOf(config),
      log,
    });
    life.onStop(() => vault.close());
    const temporal = await connectTemporalFrom(config, addresses);
    life.onStop(() => temporal.connection.close());
    const deps = {
      config,
      log,
      ledger,
      vault,
      temporal,
      issuer,
      eager: false,
      verifyAudit: (chain: string | null) => verifyAuditTrail(ledger, vault, chain),
      resolveKey: null,
    };
    const ports = createPorts(deps);
    life.onStop(startReconciler(deps));
    life.onStop(startInboxSweep(deps));
    const { url, close } = await listen(createApp(ports, apiRoutes(ports)), {
      host: config.HOST,
      port: config.PORT,
    });
    life.onStop(close);
    return { url };
  });
}
