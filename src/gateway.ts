/** Composition root of the `gateway` role: it opens keys for those who may have them, and sends calls through them. */
import { createPorts } from './api';
import { composeGateway } from './compose-gateway';
import type { Config } from './config';
import { connectRole } from './connect-role';
import { addressesOf } from './connections';
import { KeyturnError } from './contract/errors';
import { createApp } from './http/app';
import { listen } from './http/listen';
import { gatewayRoutes } from './http/routes';
import { healthRoutes } from './http/routes/health';
import { resolveKey } from './http/routes/resolve-key';
import { issuerOf } from './issuer';
import { withLifecycle } from './lifecycle';
import type { Logger } from './log';
import { createMetrics } from './metrics';
import { openKey } from './reader/open-key';

/** Thrown when a setting is wrong or something it needs does not answer: one message with the cure. */
export function runGateway(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  return withLifecycle(async (life) => {
    const addresses = addressesOf(config);
    const issuer = await issuerOf(config);
    const { ledger, vault, temporal } = await connectRole(life, { config, log, addresses, role: 'gateway' });
    const metrics = createMetrics();
    const ports = createPorts({
      metrics,
      config,
      log,
      ledger,
      vault,
      temporal,
      issuer,
      eager: false,
      verifyAudit: async () => {
        throw new KeyturnError('not_found', 'the gateway does not verify the audit trail');
      },
      resolveKey: (ref, stage) => openKey({ ledger, vault }, ref, stage),
    });
    const gateway = composeGateway({ config, log, ledger, vault, metrics }, life);
    const app = createApp(ports, [
      resolveKey(ports),
      ...gatewayRoutes(gateway.ports),
      ...healthRoutes(ports),
    ]);
    const { url, close } = await listen(app, { host: config.HOST, port: config.PORT });
    life.onStop(close);
    life.onStop(gateway.drain);
    return { url };
  });
}
