/** What a story plays on: the steps of the door, starting runs on a queue of its own. */
import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { createPorts, type ApiDeps } from '../../src/api';
import type { TestService } from '../support/service';
import { testIssuer, type ChildSettings } from './run-child';

/** Milliseconds a dead worker keeps a workflow task; 10 s by default. */
const TASK_TIMEOUT_MS = 2_000;

/** The facade of `service` with another queue. */
export async function depsOnQueue(service: TestService, taskQueue: string): Promise<ApiDeps> {
  const { config, ledger, temporal, vault, options } = service;
  const client = new Client({
    connection: temporal.connection,
    namespace: temporal.settings.namespace,
    interceptors: {
      workflow: [
        {
          start: (input, next) => {
            const workflowTaskTimeout = msToTs(TASK_TIMEOUT_MS);
            return next({ ...input, options: { ...input.options, workflowTaskTimeout } });
          },
        },
      ],
    },
  });
  return {
    config: { ...config, KEYTURN_TASK_QUEUE: taskQueue },
    log: options.log,
    ledger,
    vault: vault.api,
    temporal: { ...temporal, client },
    eager: false,
    issuer: await testIssuer(service),
    verifyAudit: () => Promise.reject(new Error('not here')),
    resolveKey: null,
  };
}

/** The steps of that facade's door. */
export async function doorOnQueue(service: TestService, taskQueue: string) {
  const deps = await depsOnQueue(service, taskQueue);
  return { door: createPorts(deps).door, client: deps.temporal.client };
}

/** What a child needs to be a role of `service`. */
export async function childSettings(
  service: TestService,
  role: 'api' | 'worker',
  taskQueue: string,
): Promise<Omit<ChildSettings, 'plan'>> {
  const { addresses, credentials, bundlePath = '' } = service.options;
  return {
    env: { ...service.env, KEYTURN_TASK_QUEUE: taskQueue },
    addresses,
    appRole: credentials[role],
    bundlePath,
    issuer: await testIssuer(service),
  };
}
