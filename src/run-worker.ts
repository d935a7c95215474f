/** The `worker` role as a process of its own. */
import { startAnchoring } from './audit-anchors';
import type { Config } from './config';
import { connectRole } from './connect-role';
import { addressesOf } from './connections';
import { createHealthApp } from './health-app';
import { listen } from './http/listen';
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
    const { ledger, vault, temporal } = await connectRole(life, { config, log, addresses, role: 'worker' });
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
