/** Wires the gateway: OpenRouter's endpoints with the tenant's key, what they cost, and who pays. */
import { Agent, type Dispatcher } from 'undici';
import { uuidv7 } from 'uuidv7';
import type { Config } from './config';
import { tenantChain } from './contract/audit';
import { isKeyturnError, KeyturnError } from './contract/errors';
import type { GatewayRoutePorts } from './http/routes';
import { appendAudit } from './ledger/audit-trail';
import { readGatewayPolicy, writeGatewayPolicy } from './ledger/gateway-policy';
import type { Ledger } from './ledger/ledger';
import { readBudget } from './ledger/platform-spend';
import { recordUsage } from './ledger/record-usage';
import { summariseUsage } from './ledger/summarise-usage';
import type { Lifecycle } from './lifecycle';
import type { Logger } from './log';
import type { Metrics } from './metrics';
import { fetchModels } from './openrouter/fetch-models';
import { createModelCatalogue } from './openrouter/model-catalogue';
import { OpenCalls } from './openrouter/open-calls';
import { relayCall } from './openrouter/relay-call';
import type { RelayPorts } from './openrouter/relay-ports';
import { createUpstream, OPENROUTER_ORIGIN } from './openrouter/upstream';
import { UsageRecorder, type UseOfCredential } from './openrouter/usage-recorder';
import { priceUsage } from './price-usage';
import { guardLookup } from './providers/outbound';
import { createCredentialChooser } from './reader/choose-credential';
import { createFence } from './reader/fence-calls';
import { createReservations } from './reserve-spend';
import { runPeriodically } from './run-periodically';
import type { VaultClient } from './vault/vault-client';

export interface GatewayDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly ledger: Ledger;
  /** Logged in with the gateway role. */
  readonly vault: VaultClient;
  readonly metrics: Metrics;
}

const SERVICE_ID = 'openrouter';
const MODELS_TIMEOUT_MS = 30_000;

/** What the gateway's endpoints need, and how to end what lasts. */
export interface Gateway {
  readonly ports: GatewayRoutePorts;
  /** Before the doors close: calls that still run after KEYTURN_DRAIN_MS are ended, and say why. */
  readonly drain: () => Promise<void>;
}

/** What runs beside the endpoints is stopped with `life`. */
export function composeGateway(deps: GatewayDeps, life: Lifecycle): Gateway {
  const { config, log, metrics } = deps;
  const dispatcher = createDispatcher(config);
  life.onStop(() => dispatcher.close());
  const send = createUpstream({
    origin: config.providerOrigins[SERVICE_ID],
    dispatcher,
    headersTimeoutMs: config.KEYTURN_GATEWAY_HEADERS_MS,
    idleTimeoutMs: config.KEYTURN_GATEWAY_IDLE_MS,
  });
  const credentials = createCredentialChooser({
    ...deps,
    environmentKey: config.openRouterKey(),
    cacheMs: config.KEYTURN_GATEWAY_CACHE_MS,
  });
  const usage = createRecorder(deps);
  life.onStop(() => usage.close());
  const openCalls = new OpenCalls();
  metrics.gateway.watchOpenCalls(() => openCalls.count);
  const models = createModelCatalogue({
    fetchModels: (signal) =>
      fetchModels({
        origin: config.providerOrigins[SERVICE_ID] ?? OPENROUTER_ORIGIN,
        dispatcher,
        timeoutMs: MODELS_TIMEOUT_MS,
        signal,
      }),
    log,
    refreshMs: config.KEYTURN_MODELS_REFRESH_MS,
  });
  life.onStop(async () => models.close());
  // Fetches the list in the background: aliases and prices should be known when the first call comes.
  models.resolve('');
  const ports: RelayPorts = {
    send,
    credentials,
    models,
    spend: { reserve: createReservations(deps) },
    usage,
    openCalls,
    newId: uuidv7,
    observe: metrics.gateway,
    firstDataTimeoutMs: config.KEYTURN_GATEWAY_FIRST_DATA_MS,
  };
  watchCalls(deps, openCalls, life);
  findCosts({ ...deps, credentials, send }, life);
  return { ports: routePortsOf(deps, ports, models), drain: async () => drain(config, openCalls) };
}

function drain(config: Config, calls: OpenCalls): void {
  const end = (): void => {
    calls.abortAll(new KeyturnError('abandoned', 'Keyturn is shutting down; ask again'));
  };
  setTimeout(end, config.KEYTURN_DRAIN_MS).unref();
}

function routePortsOf(
  { config, ledger }: GatewayDeps,
  ports: RelayPorts,
  models: ReturnType<typeof createModelCatalogue>,
): GatewayRoutePorts {
  const usagePorts = {
    summarise: (query: Parameters<typeof summariseUsage>[1]) => summariseUsage(ledger, query),
    readBudget: async (tenantId: string) => {
      const { monthlyBudgetUsd } = await readGatewayPolicy(ledger, tenantId);
      const budgetUsd = monthlyBudgetUsd ?? config.KEYTURN_TENANT_BUDGET_USD;
      return readBudget(ledger, { tenantId, month: new Date().toISOString().slice(0, 7), budgetUsd });
    },
  };
  const policyPorts = {
    read: (tenantId: string) => readGatewayPolicy(ledger, tenantId),
    write: (tenantId: string, change: Parameters<typeof writeGatewayPolicy>[2], principal: string) =>
      writeGatewayPolicy(ledger, tenantId, change, principal),
  };
  return {
    models,
    relay: {
      maxBodyBytes: config.KEYTURN_GATEWAY_MAX_BODY_BYTES,
      relay: (call, response) => relayCall(ports, call, response),
    },
    usage: usagePorts,
    policy: policyPorts,
  };
}

/** Names are looked up when a connection is made, and only public addresses are connected to. */
function createDispatcher({ providerOrigins }: Config): Dispatcher {
  const redirected = providerOrigins[SERVICE_ID] !== undefined;
  return new Agent({
    pipelining: 1,
    allowH2: false,
    ...(redirected ? {} : { connect: { lookup: guardLookup() as never, timeout: 10_000 } }),
  });
}

function createRecorder({ ledger, log, metrics }: GatewayDeps): UsageRecorder {
  return new UsageRecorder({
    writeUsage: (records) => recordUsage(ledger, records),
    writeUse: (use) => writeUse(ledger, use),
    onTrouble({ waiting, lost }, error) {
      metrics.gateway.lost(lost);
      log.error({ waiting, lost, code: codeOf(error) }, 'usage cannot be written now');
    },
  });
}

async function writeUse(ledger: Ledger, use: UseOfCredential): Promise<void> {
  const { tenantId, principal, keyVersion, credential, fallbackReason, requests, firstId, lastId } = use;
  await appendAudit(
    ledger,
    {
      chain: tenantChain(tenantId),
      action: 'gateway.use',
      outcome: 'done',
      principal,
      serviceId: SERVICE_ID,
      ...(keyVersion === null ? {} : { version: keyVersion }),
      details: {
        credential,
        fallback_reason: fallbackReason,
        requests,
        first_call: firstId,
        last_call: lastId,
      },
    },
    `gateway.use/${firstId}/${lastId}`,
  );
}

function watchCalls({ config, ledger, log }: GatewayDeps, calls: OpenCalls, life: Lifecycle): void {
  const look = createFence(ledger, {
    keysInUse: () => calls.keysInUse(),
    abortBefore: (ref, epoch) => calls.abortBefore(ref, epoch),
    abortKeys: (reason) => calls.abortKeys(reason),
  });
  const pass = async (): Promise<void> => {
    const ended = await look();
    if (ended > 0) log.warn({ ended }, 'ended calls whose key was revoked');
  };
  life.onStop(
    runPeriodically(config.KEYTURN_GATEWAY_FENCE_MS, pass, (error) =>
      log.warn({ code: codeOf(error) }, 'cannot look for revocations'),
    ),
  );
}

function findCosts(
  deps: GatewayDeps & Pick<Parameters<typeof priceUsage>[0], 'credentials' | 'send'>,
  life: Lifecycle,
): void {
  const { config, log } = deps;
  const longestMs =
    config.KEYTURN_GATEWAY_HEADERS_MS + config.KEYTURN_GATEWAY_FIRST_DATA_MS + config.KEYTURN_GATEWAY_IDLE_MS;
  const search = { ...deps, openMs: longestMs * 4, leaseMs: config.KEYTURN_GATEWAY_PRICE_MS };
  const pass = async (): Promise<void> => {
    const report = await priceUsage(search);
    if (report.found + report.givenUp > 0) log.info(report, 'looked for the cost of calls');
  };
  life.onStop(
    runPeriodically(config.KEYTURN_GATEWAY_PRICE_MS, pass, (error) =>
      log.warn({ code: codeOf(error) }, 'cannot look for the cost of calls'),
    ),
  );
}

function codeOf(error: unknown): string {
  return isKeyturnError(error) ? error.code : 'internal';
}
