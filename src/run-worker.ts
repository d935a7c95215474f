/** The `worker` role as a process of its own. */
import { startAnchoring } from './audit-anchors';
import type { Config } from './config';
import { addressesOf, appRoleOf, connectTemporalFrom, connectVaultRole } from './connections';
import { createHealthApp } from './health-app';
import { listen } from './http/listen';
import { migrateLedger, openLedger } from './ledger/ledger';
import { withLifecycle } from './lifecycle';
import type { Logger } from './log';
import { closeOutbound } from './providers/outbound';
import { startRetiringSweep, startWorker } from './worker';

/** Thrown when a setting is wrong or something it needs does not answer: one message with the cure. */
export function runWorkerRole(
  config: Config,
  log: Logger,
): Promise<{ url: string; finished: Promise<void>; stop(): Promise<void> }> {
  return withLifecycle(async (life) => {
    const addresses = addressesOf(config);
    const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
    life.onStop(() => ledger.close());
    await migrateLedger(ledger);
    const vault = await connectVaultRole({
      config,
      address: addresses.vaultAddress,
      role: 'worker',
      appRole: appRoleOf(config),
      log,
    });
    life.onStop(() => vault.close());
    const temporal = await connectTemporalFrom(config, addresses);
    life.onStop(() => temporal.connection.close());
    const worker = await startWorker({ config, log, ledger, vault, temporal });
    life.onStop(closeOutbound);
    life.onStop(() => worker.stop());
    life.onStop(startRetiringSweep({ config, log, ledger, vault, temporal }));
    const anchoring = { ledger, vault, intervalMs: config.KEYTURN_ANCHOR_MS };
    life.onStop(startAnchoring(anchoring, () => log.warn('the audit trail could not be anchored')));
    const app = createHealthApp({ ledger, vault, temporal });
    const { url, close } = await listen(app, { host: config.HOST, port: config.PORT });
    life.onStop(close);
    return { url, finished: worker.finished };
  });
}
