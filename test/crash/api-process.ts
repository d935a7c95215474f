/** A process that runs the facade and nothing else, and kills itself between the steps of its door. */
import { Client } from '@temporalio/client';
import { createPorts, type ApiDeps } from '../../src/api';
import { readConfig } from '../../src/config';
import { connectTemporalFrom, connectVaultRole } from '../../src/connections';
import type { Operation } from '../../src/contract/operations';
import { createApp } from '../../src/http/app';
import { listen } from '../../src/http/listen';
import type { DoorPorts } from '../../src/http/ports';
import { apiRoutes } from '../../src/http/routes';
import { openLedger } from '../../src/ledger/ledger';
import { createLogger } from '../../src/log';
import { installRuntime } from '../../src/temporal/install-runtime';
import { Guillotine, tell } from './kill-points';
import { readChildSettings } from './run-child';

async function main(): Promise<void> {
  const { env, addresses, appRole, issuer, plan } = readChildSettings();
  const guillotine = new Guillotine(plan);
  const config = readConfig(env);
  const log = createLogger('silent');
  installRuntime(log);
  const [vault, temporal] = await Promise.all([
    connectVaultRole({ config, address: addresses.vaultAddress, role: 'api', appRole, log }),
    connectTemporalFrom(config, addresses),
  ]);
  const deps: ApiDeps = {
    config,
    log,
    ledger: openLedger({ databaseUrl: addresses.databaseUrl }),
    vault,
    temporal: { ...temporal, client: aroundStarts(temporal, guillotine) },
    issuer,
    eager: false,
    verifyAudit: () => Promise.reject(new Error('not here')),
    resolveKey: null,
  };
  const ports = createPorts(deps);
  const doomed = { ...ports, door: aroundDoor(ports.door, guillotine) };
  const { url } = await listen(createApp(doomed, apiRoutes(doomed)), { host: '127.0.0.1', port: 0 });
  tell({ event: 'ready', url });
}

/** After `accept`, around `deliver`, and after `start`. */
function aroundDoor(door: DoorPorts, guillotine: Guillotine): DoorPorts {
  const pass = ({ tenantId }: Operation, step: string) =>
    guillotine.pass({ tenantId, story: 'door', step, when: 'after' });
  return {
    ...door,
    async accept(request) {
      const accepted = await door.accept(request);
      await pass(accepted.operation, 'accept');
      return accepted;
    },
    async deliver(operation, fields, hint) {
      await door.deliver(operation, fields, hint);
      await pass(operation, 'deliver');
    },
    async start(operation) {
      await door.start(operation);
      await pass(operation, 'start');
    },
  };
}

/** Between Temporal's answer and the ledger hearing of the run. */
function aroundStarts(
  {
    connection,
    settings,
  }: { connection: ApiDeps['temporal']['connection']; settings: { namespace: string } },
  guillotine: Guillotine,
): Client {
  const pass = (tenantId: string) => guillotine.pass({ tenantId, story: 'door', step: 'ask', when: 'after' });
  const decisions = new Client({ connection, namespace: settings.namespace });
  return new Client({
    connection,
    namespace: settings.namespace,
    interceptors: {
      workflow: [
        {
          async startWithDetails(input, next) {
            const started = await next(input);
            await pass((input.options.args[0] as { tenantId: string }).tenantId);
            return started;
          },
          async startUpdate(input, next) {
            const started = await next(input);
            const { workflowId } = input.workflowExecution;
            const run = await decisions.workflow.getHandle(workflowId ?? '').describe();
            await pass(run.searchAttributes['TenantId']?.[0] as string);
            return started;
          },
        },
      ],
    },
  });
}

void main();
