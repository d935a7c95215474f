/** A whole Keyturn on the shared servers: own database, own task queue, own provider simulator. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startAllRoles, type AllRoles, type AllRolesOptions } from '../../src/all-roles';
import { readConfig, type Config } from '../../src/config';
import { createLogger } from '../../src/log';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { installRuntime } from '../../src/temporal/install-runtime';
import { createTestDatabase, testStack, type TestDatabase } from './stack';

export { until } from './until';

export interface TestService extends AllRoles {
  readonly config: Config;
  readonly simulator: Simulator;
  readonly database: TestDatabase;
  /** A tenant nobody else uses: the vault and the Temporal namespace are shared between suites. */
  tenant(name: string): string;
  /** One request with a token of that role; the parsed body, whatever the status. */
  call(request: ApiCall): Promise<ApiReply>;
  readonly options: AllRolesOptions;
  /** The settings `config` was read from: for processes beside this one. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ApiCall {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly as?: { role: string; tenantId?: string };
  readonly headers?: Record<string, string>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are JSON of many shapes
export interface ApiReply<T = any> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** Settings that keep tests quick without changing what happens. */
const QUICK = {
  PORT: '0',
  LOG_LEVEL: process.env['KEYTURN_TEST_LOG'] ?? 'silent',
  KEYTURN_PROBE_TIMEOUT_MS: '2000',
  KEYTURN_RECONCILE_MS: '300',
  KEYTURN_RECONCILE_AFTER_MS: '1500',
  KEYTURN_ANCHOR_MS: '500',
  KEYTURN_STICKY_TIMEOUT_MS: '1000',
  KEYTURN_VALIDATE_PER_MINUTE: '10000',
} as const;

export const BUNDLE_PATH = join(__dirname, '../../dist/workflow-bundle.js');

/** Starts it; `stop` ends it with its database and simulator. */
export async function startService(
  env: Record<string, string> = {},
  extra: Partial<Pick<AllRolesOptions, 'wrapActivities' | 'log'>> = {},
): Promise<TestService> {
  const suffix = randomBytes(3).toString('hex');
  const [stack, database, simulator] = await Promise.all([
    testStack(),
    createTestDatabase(),
    startSimulator({ port: 0 }),
  ]);
  const settings = {
    ...QUICK,
    KEYTURN_TASK_QUEUE: `keyturn-${suffix}`,
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(simulator.origins),
    ...env,
  };
  const config = readConfig(settings);
  const log = extra.log ?? createLogger(config.LOG_LEVEL);
  installRuntime(log);
  const options: AllRolesOptions = {
    config,
    log,
    addresses: {
      databaseUrl: database.databaseUrl,
      vaultAddress: stack.vault.address,
      temporalAddress: stack.temporal.address,
      temporalNamespace: stack.temporal.namespace,
      temporalUiUrl: stack.temporal.uiUrl,
    },
    credentials: stack.vault.credentials,
    bundlePath: BUNDLE_PATH,
    ...extra,
  };
  const roles = await startAllRoles(options);
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (as: { role: string; tenantId?: string }): Promise<string> => {
    const key = JSON.stringify(as);
    const known = tokens.get(key) ?? roles.mintToken(as);
    tokens.set(key, known);
    return known;
  };
  const service: TestService = {
    ...roles,
    config,
    env: settings,
    options,
    simulator,
    database,
    tenant: (name) => `${name}-${suffix}`,
    call: async (request) => callApi(roles.url, await tokenOf(request.as ?? { role: 'admin' }), request),
    async stop() {
      await roles.stop();
      await simulator.close();
      await database.drop();
    },
  };
  // The gateway fetches its model list when it starts: not into the middle of a test's faults and counts.
  await service.call({ path: '/openrouter/models?limit=1' });
  return service;
}

/** One HTTP request to the API. */
export async function callApi(url: string, token: string | null, request: ApiCall): Promise<ApiReply> {
  const path = request.path.startsWith('//') ? request.path.slice(1) : `/api/brain${request.path}`;
  const response = await fetch(`${url}${path}`, {
    method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined
      ? {}
      : { body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
}
