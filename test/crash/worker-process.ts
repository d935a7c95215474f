/**
 * A process that runs a worker and nothing else, and kills itself at the points it was given. Run by the crash
 * tests: `node -r test/support/register-typescript.js test/crash/worker-process.ts`, settings in CRASH_SETTINGS.
 */
import { Context } from '@temporalio/activity';
import { readConfig } from '../../src/config';
import { connectTemporalFrom, connectVaultRole } from '../../src/connections';
import { openLedger } from '../../src/ledger/ledger';
import { createLogger } from '../../src/log';
import { installRuntime } from '../../src/temporal/install-runtime';
import { createWorkerActivities, startWorker } from '../../src/worker';
import { Guillotine, tell } from './kill-points';
import { readChildSettings } from './run-child';

async function main(): Promise<void> {
  const { env, addresses, appRole, bundlePath, plan } = readChildSettings();
  const config = readConfig(env);
  const log = createLogger('silent');
  installRuntime(log);
  const [vault, temporal] = await Promise.all([
    connectVaultRole({ config, address: addresses.vaultAddress, role: 'worker', appRole, log }),
    connectTemporalFrom(config, addresses),
  ]);
  const ledger = openLedger({ databaseUrl: addresses.databaseUrl });
  const deps = { config, log, ledger, vault, temporal, bundlePath };
  await startWorker(deps, aroundActivities(createWorkerActivities(deps), new Guillotine(plan)));
  tell({ event: 'ready' });
}

type Step = (...args: unknown[]) => Promise<unknown>;

function aroundActivities<T extends object>(activities: T, guillotine: Guillotine): T {
  const wrapped = Object.entries(activities).map(([step, run]: [string, Step]) => [
    step,
    async (...args: unknown[]) => {
      const here = { tenantId: tenantOf(args), story: Context.current().info.workflowType ?? 'none', step };
      tell({ event: 'ran', story: here.story, step });
      await guillotine.pass({ ...here, when: 'before' });
      const result = await run(...args);
      await guillotine.pass({ ...here, when: 'after' });
      return result;
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

/** Every activity gets the operation it works for, or an object that holds it. */
function tenantOf([first]: readonly unknown[]): string {
  const { tenantId, input } = first as { tenantId?: string; input?: { tenantId: string } };
  return tenantId ?? input?.tenantId ?? 'none';
}

void main();
