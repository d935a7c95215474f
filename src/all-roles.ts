/** Every role in one process, on servers that run already: what the all-in-one and the tests share. */
import { createPorts, startInboxSweep, startReconciler, type ApiDeps } from './api';
import { startAnchoring, verifyAuditTrail } from './audit-anchors';
import { composeGateway } from './compose-gateway';
import type { Config } from './config';
import { connectTemporalFrom, connectVaultRole, vaultSettingsOf, type Addresses } from './connections';
import { createApp } from './http/app';
import { listen } from './http/listen';
import { apiRoutes, gatewayRoutes } from './http/routes';
import { resolveKey } from './http/routes/resolve-key';
import { migrateLedger, openLedger, type Ledger } from './ledger/ledger';
import { withLifecycle, type Lifecycle } from './lifecycle';
import type { Logger } from './log';
import { createMetrics } from './metrics';
import { closeOutbound } from './providers/outbound';
import { openKey } from './reader/open-key';
import type { Temporal } from './temporal/connect-temporal';
import { mintIdentityToken, oidcIssuer, oidcKeysUrl, TOKEN_AUDIENCE } from './vault/identity-token';
import { provisionVault } from './vault/provision';
import { connectVault, type AppRoleCredentials, type VaultClient } from './vault/vault-client';
import { createWorkerActivities, startRetiringSweep, startWorker, type WorkerDeps } from './worker';

/** AppRoles of an embedded vault. */
export type RoleCredentials = Readonly<
  Record<'provisioner' | 'api' | 'worker' | 'gateway' | 'issuer' | 'operator', AppRoleCredentials>
>;

export interface AllRolesOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly addresses: Addresses;
  readonly credentials: RoleCredentials;
  /** Path of the workflow bundle; the one of the build by default. */
  readonly bundlePath?: string;
  /** Tests put their own steps around the activities here. */
  readonly wrapActivities?: (
    activities: ReturnType<typeof createWorkerActivities>,
  ) => ReturnType<typeof createWorkerActivities>;
  /** Told when the worker ends by itself. */
  readonly onDeath?: (how: string) => void;
}

export interface AllRoles {
  /** Base address of the HTTP service. */
  readonly url: string;
  readonly ledger: Ledger;
  readonly temporal: Temporal;
  readonly vault: Readonly<Record<'api' | 'worker' | 'gateway', VaultClient>>;
  /** A fresh bearer token of the embedded issuer. */
  readonly mintToken: (subject: { role: string; tenantId?: string }) => Promise<string>;
  stop(): Promise<void>;
}

/** Never changes, so that tokens stay valid when the embedded vault's port moves. */
export const EMBEDDED_ISSUER = 'http://keyturn.local';

/** Thrown when a role cannot start: everything started before it is stopped again. */
export function startAllRoles(options: AllRolesOptions): Promise<AllRoles> {
  return withLifecycle((life) => startParts(options, life));
}

async function startParts(options: AllRolesOptions, life: Lifecycle): Promise<Omit<AllRoles, 'stop'>> {
  const { config, log, addresses } = options;
  const [ledger, vault, temporal] = await Promise.all([
    prepareLedger(addresses.databaseUrl, life),
    prepareVault(options, life),
    connectTemporalFrom(config, addresses),
  ]);
  life.onStop(() => temporal.connection.close());
  await startWork(
    { config, log, ledger, vault: vault.worker, temporal, ...bundleOf(options) },
    options,
    life,
  );
  const metrics = createMetrics();
  const deps: ApiDeps = {
    config,
    metrics,
    log,
    ledger,
    vault: vault.api,
    temporal,
    eager: true,
    issuer: {
      issuer: oidcIssuer(EMBEDDED_ISSUER),
      audience: TOKEN_AUDIENCE,
      jwksUrl: oidcKeysUrl(addresses.vaultAddress),
    },
    verifyAudit: (chain) => verifyAuditTrail(ledger, vault.api, chain),
    resolveKey: (ref, stage) => openKey({ ledger, vault: vault.gateway }, ref, stage),
  };
  const ports = createPorts(deps);
  life.onStop(startReconciler(deps));
  life.onStop(startInboxSweep(deps));
  const gateway = composeGateway({ config, log, ledger, vault: vault.gateway, metrics }, life);
  const app = createApp(ports, [...apiRoutes(ports), resolveKey(ports), ...gatewayRoutes(gateway.ports)]);
  const { url, close } = await listen(app, { host: config.HOST, port: config.PORT });
  life.onStop(close);
  life.onStop(gateway.drain);
  const mintToken: AllRoles['mintToken'] = ({ role, tenantId }) =>
    mintIdentityToken(vault.issuer, { roles: role, ...(tenantId === undefined ? {} : { tenantId }) });
  return { url, ledger, temporal, vault, mintToken };
}

async function startWork(deps: WorkerDeps, options: AllRolesOptions, life: Lifecycle): Promise<void> {
  const { config, log, ledger, vault } = deps;
  const activities = createWorkerActivities(deps);
  const worker = await startWorker(deps, options.wrapActivities?.(activities) ?? activities);
  life.onStop(closeOutbound);
  life.onStop(() => worker.stop());
  worker.finished.then(
    () => options.onDeath?.('the worker stopped'),
    (error: unknown) =>
      options.onDeath?.(`the worker failed: ${error instanceof Error ? error.message : 'unknown'}`),
  );
  life.onStop(startRetiringSweep(deps));
  const anchoring = { ledger, vault, intervalMs: config.KEYTURN_ANCHOR_MS };
  life.onStop(startAnchoring(anchoring, () => log.warn('the audit trail could not be anchored')));
}

function bundleOf({ bundlePath }: AllRolesOptions): { bundlePath?: string } {
  return bundlePath === undefined ? {} : { bundlePath };
}

async function prepareLedger(databaseUrl: string, life: Lifecycle): Promise<Ledger> {
  const ledger = openLedger({ databaseUrl });
  life.onStop(() => ledger.close());
  await migrateLedger(ledger);
  return ledger;
}

async function prepareVault(
  { config, log, addresses, credentials }: AllRolesOptions,
  life: Lifecycle,
): Promise<Record<'api' | 'worker' | 'gateway' | 'issuer', VaultClient>> {
  const address = addresses.vaultAddress;
  const settings = vaultSettingsOf(config, address);
  const provisioner = await connectVault({ settings, login: { appRole: credentials.provisioner }, log });
  try {
    await provisionVault(provisioner, { roles: credentials, issuerUrl: EMBEDDED_ISSUER });
  } finally {
    await provisioner.close();
  }
  const connect = async (role: 'api' | 'worker' | 'gateway'): Promise<VaultClient> => {
    const vault = await connectVaultRole({ config, address, role, appRole: credentials[role], log });
    life.onStop(() => vault.close());
    return vault;
  };
  const [api, worker, gateway, issuer] = await Promise.all([
    connect('api'),
    connect('worker'),
    connect('gateway'),
    connectVault({ settings, login: { appRole: credentials.issuer }, log }),
  ]);
  life.onStop(() => issuer.close());
  return { api, worker, gateway, issuer };
}
