/** Composition root of the `api` role: the facade, and the reconciler that finishes what broke off at the door. */
import type { Config } from './config';
import { isKeyturnError, type KeyturnError } from './contract/errors';
import type { Operation } from './contract/operations';
import type { RetireInput } from './contract/workflows';
import type { HttpPorts } from './http/ports';
import { createTokenVerifier, type IssuerSettings } from './http/verify-token';
import { acceptOperation } from './ledger/accept-operation';
import { appendAudit, listAudit } from './ledger/audit-trail';
import { forgetIdempotencyKeys } from './ledger/idempotency-keys';
import { listKeys, listOverdueGrace, readIndexEntry, type KeyIndexEntry } from './ledger/key-index';
import type { Ledger } from './ledger/ledger';
import { listOpenOperations, listOperations, readOperation, recordRun } from './ledger/operations';
import { settleOperation } from './ledger/settle-operation';
import type { Logger } from './log';
import { createMetrics, type Metrics } from './metrics';
import { readReadiness } from './readiness';
import { runPeriodically, type Stop } from './run-periodically';
import { sweepInbox } from './sweep-inbox';
import { awaitOperation } from './temporal/await-operation';
import { cancelRun } from './temporal/cancel-run';
import { pingTemporal, workflowLink, type Temporal } from './temporal/connect-temporal';
import { reconcile } from './temporal/reconcile';
import { startOperation } from './temporal/start-operation';
import { within } from './temporal/within';
import { withCorrelationId } from './vault/correlation';
import { readVaultHealth } from './vault/health';
import { clearInboxEventually } from './clear-inbox-eventually';
import { isInInbox, putInbox } from './vault/inbox';
import { digestText, fingerprintFields, sealFields } from './vault/transit';
import type { VaultClient } from './vault/vault-client';
import { createBudget } from './request-budget';

export interface ApiDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly ledger: Ledger;
  /** Logged in with the api role: seals, and cannot open. */
  readonly vault: VaultClient;
  readonly temporal: Temporal;
  readonly issuer: IssuerSettings;
  /** True when a worker shares this process and its connection. */
  readonly eager: boolean;
  readonly verifyAudit: HttpPorts['ledger']['verifyAudit'];
  readonly resolveKey: HttpPorts['resolveKey'];
  /** Of the process; one of its own when absent. */
  readonly metrics?: Metrics;
}

const PING_MS = 2_000;
/** A successful ping of Temporal counts for this long, so that not every request pays for one. */
const PING_FRESH_MS = 1_000;
/** Longest a caller waits for Temporal to take an operation; then it is the reconciler's. */
const START_MS = 3_000;
/** Longest one pass of the reconciler may wait for Temporal in all. */
const PASS_MS = 60_000;
const BATCH = 100;
/** Milliseconds after its end at which a grace period that still shows is nobody's any more. */
const OVERDUE_MS = 30_000;

/** Everything the facade needs, made from the connections of the api role. */
export function createPorts(deps: ApiDeps): HttpPorts {
  const { config, ledger, temporal, log, vault } = deps;
  const metrics = deps.metrics ?? createMetrics();
  return {
    verifyToken: createTokenVerifier(deps.issuer),
    door: createDoor(deps),
    ledger: {
      listKeys: (query) => listKeys(ledger, query),
      listOperations: (query) => listOperations(ledger, query),
      async listAudit(query) {
        const page = await listAudit(ledger, query);
        const entries = page.items.map(({ seq, at, hash, event }) => ({ seq, at, hash, ...event }));
        return { entries, nextAfterSeq: page.nextAfterSeq };
      },
      verifyAudit: deps.verifyAudit,
      appendAudit: async (event) => void (await appendAudit(ledger, event)),
    },
    resolveKey: deps.resolveKey,
    health: {
      vault: () => readVaultHealth({ settings: vault.settings, vault }),
      ready: () => readReadiness(deps),
    },
    workflowLink: (operation) => workflowLink(temporal.settings, operation.workflowId, operation.runId),
    metrics: metrics.read,
    observeRequest: metrics.observe,
    spendValidation: createBudget('validations', config.KEYTURN_VALIDATE_PER_MINUTE),
    spendRead: createBudget('reads', config.KEYTURN_RESOLVE_PER_MINUTE),
    logError(error, path) {
      // What is away is told in one line; only a fault of ours needs its stack.
      if (isKeyturnError(error) && error.status > 500) {
        log.warn({ code: error.code, detail: error.message, path }, 'request refused');
      } else {
        log.error({ err: errorFacts(error), path }, 'request failed');
      }
    },
    settings: { waitMs: config.KEYTURN_WAIT_MS, production: config.NODE_ENV === 'production' },
  };
}

function createDoor(deps: ApiDeps): HttpPorts['door'] {
  const { config, ledger, temporal, vault } = deps;
  let aliveUntilMs = 0;
  return {
    async assertTemporal() {
      if (performance.now() < aliveUntilMs) return;
      await pingTemporal(temporal, PING_MS);
      aliveUntilMs = performance.now() + PING_FRESH_MS;
    },
    digest: (text) => digestText(vault, text),
    accept: (request) => acceptOperation(ledger, request),
    deliver: (operation, fields, hint) =>
      withCorrelationId(operation.id, async () => {
        const [sealed, fingerprint] = await Promise.all([
          sealFields(vault, operation, fields),
          fingerprintFields(vault, operation, fields),
        ]);
        await putInbox(vault, operation.tenantId, operation.id, { sealed, fingerprint, hint });
      }),
    giveUp: (operation, error) => abandon(deps, operation, error, 'failed'),
    async start(operation) {
      const started = await within(temporal.client, START_MS, () =>
        startOperation(temporal.client, operation, {
          eager: deps.eager,
          taskQueue: config.KEYTURN_TASK_QUEUE,
          findGrace: (decided) => findGrace(ledger, decided),
        }),
      );
      if (started.kind === 'started') await recordRun(ledger, operation.id, started.runId);
    },
    cancel: (operation) => within(temporal.client, START_MS, () => cancelRun(temporal.client, operation)),
    read: (operationId) => readOperation(ledger, operationId),
    wait: (operation, waitMs) =>
      awaitOperation({ client: temporal.client, read: (id) => readOperation(ledger, id) }, operation, waitMs),
  };
}

/** Starts the reconciler. */
export function startReconciler(deps: ApiDeps): Stop {
  const { config, ledger, temporal, vault, log } = deps;
  const pass = async (): Promise<void> => {
    const report = await reconcile({
      client: temporal.client,
      taskQueue: config.KEYTURN_TASK_QUEUE,
      listOpen: () => listStale(ledger, config.KEYTURN_RECONCILE_AFTER_MS),
      listOverdue: () => listOverdue(ledger),
      findGrace: (operation) => findGrace(ledger, operation),
      inInbox: (operation) => isInInbox(vault, operation.tenantId, operation.id),
      recordRun: (operationId, runId) => recordRun(ledger, operationId, runId, { replace: true }),
      abandon: (operation, error) => abandon(deps, operation, error, 'abandoned'),
      log: (event, facts) => log.warn(facts, event),
    });
    await forgetIdempotencyKeys(ledger, BATCH);
    if (Object.values(report).some((count) => count > 0)) log.info(report, 'reconciled');
  };
  const bounded = () => temporal.client.withDeadline(Date.now() + PASS_MS, pass);
  return runPeriodically(config.KEYTURN_RECONCILE_MS, bounded, (error) =>
    log.warn({ err: errorFacts(error) }, 'the reconciler could not run'),
  );
}

/** Starts the sweep of the inbox. */
export function startInboxSweep(deps: ApiDeps): Stop {
  const { config, ledger, vault, log } = deps;
  const pass = async (): Promise<void> => {
    const cleared = await sweepInbox({ ledger, vault });
    if (cleared > 0) log.info({ cleared }, 'cleared inbox entries of closed operations');
  };
  return runPeriodically(config.KEYTURN_SWEEP_MS, pass, (error) =>
    log.warn({ err: errorFacts(error) }, 'the inbox could not be swept'),
  );
}

/** Closes an operation that never ran, and clears what it left in the inbox. */
async function abandon(
  { ledger, vault, log }: ApiDeps,
  operation: Operation,
  error: KeyturnError,
  state: 'failed' | 'abandoned',
): Promise<void> {
  const { code, message, details } = error;
  await settleOperation(ledger, {
    operationId: operation.id,
    state,
    error: { code, message, details },
    audit: {},
  });
  if (!operation.hasInbox) return;
  // The caller need not wait for it: a vault that is away keeps what it got sealed, and the operation is closed.
  clearInboxEventually(vault, operation, (facts) => log.warn(facts, 'an inbox entry is still to be cleared'));
}

/** Every open operation of that age, page by page: long-running ones must not hide the others. */
async function* listStale(ledger: Ledger, olderThanMs: number): AsyncGenerator<Operation> {
  let afterId: string | undefined;
  for (;;) {
    const page = await listOpenOperations(ledger, { olderThanMs, limit: BATCH, ...(afterId && { afterId }) });
    yield* page;
    if (page.length < BATCH) return;
    afterId = page.at(-1)?.id;
  }
}

async function listOverdue(ledger: Ledger): Promise<RetireInput[]> {
  const rows = await listOverdueGrace(ledger, { nowMs: Date.now() - OVERDUE_MS, limit: BATCH });
  return rows.flatMap((row) => retirementOf(row, 0) ?? []);
}

/** The grace period of an operation's key, while the ledger shows one. */
async function findGrace(ledger: Ledger, operation: Operation): Promise<RetireInput | null> {
  const row = await readIndexEntry(ledger, operation);
  if (row?.state !== 'grace' || row.epoch !== operation.epoch) return null;
  return retirementOf(row, row.retireAt === null ? null : Date.parse(row.retireAt));
}

function retirementOf(row: KeyIndexEntry, retireAtMs: number | null): RetireInput | null {
  const { tenantId, serviceId, keyName, epoch, keyId, previousVersion: version } = row;
  if (keyId === null || version === null) return null;
  // The rotation itself is long settled; the key's id stands in for its operation.
  return { tenantId, serviceId, keyName, epoch, keyId, operationId: keyId, version, retireAtMs };
}

/** What a log line may say of an unexpected error. */
function errorFacts(error: unknown): { name: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { name: 'unknown', message: '' };
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
