/** The `api` role as a process of its own. */
import { createPorts, startInboxSweep, startReconciler } from './api';
import { verifyAuditTrail } from './audit-anchors';
import type { Config } from './config';
import { connectRole } from './connect-role';
import { addressesOf } from './connections';
import { createApp } from './http/app';
import { listen } from './http/listen';
import { apiRoutes } from './http/routes';
import { issuerOf } from './issuer';
import { withLifecycle } from './lifecycle';
import type { Logger } from './log';

/** Thrown when a setting is wrong or something it needs does not answer: one message with the cure. */
export function runApi(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  return withLifecycle(async (life) => {
    const addresses = addressesOf(config);
    const issuer = await issuerOf(config);
    const { ledger, vault, temporal } = await connectRole(life, { config, log, addresses, role: 'api' });
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
