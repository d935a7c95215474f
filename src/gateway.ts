/** Composition root of the `gateway` role: it opens keys for those who may have them, and changes nothing. */
import { createPorts } from './api';
import type { Config } from './config';
import { addressesOf, appRoleOf, connectTemporalFrom, connectVaultRole } from './connections';
import { KeyturnError } from './contract/errors';
import { createApp } from './http/app';
import { listen } from './http/listen';
import { healthRoutes } from './http/routes/health';
import { resolveKey } from './http/routes/resolve-key';
import { issuerOf } from './issuer';
import { openLedger } from './ledger/ledger';
import { withLifecycle } from './lifecycle';
import type { Logger } from './log';
import { openKey } from './reader/open-key';

/** Thrown when a setting is wrong or something it needs does not answer: one message with the cure. */
export function runGateway(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  return withLifecycle(async (life) => {
    const addresses = addressesOf(config);
    const issuer = await issuerOf(config);
    const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
    life.onStop(() => ledger.close());
    const vault = await connectVaultRole({
      config,
      address: addresses.vaultAddress,
      role: 'gateway',
      appRole: appRoleOf(config),
      log,
    });
    life.onStop(() => vault.close());
    const temporal = await connectTemporalFrom(config, addresses);
    life.onStop(() => temporal.connection.close());
    const ports = createPorts({
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
    const app = createApp(ports, [resolveKey(ports), ...healthRoutes(ports)]);
    const { url, close } = await listen(app, { host: config.HOST, port: config.PORT });
    life.onStop(close);
    return { url };
  });
}
