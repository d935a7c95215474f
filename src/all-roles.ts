/** Every role in one process, on servers that run already: what the all-in-one and the tests share. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPorts, startReconciler, type ApiDeps } from './api';
import { startAnchoring, verifyAuditTrail } from './audit-anchors';
import type { Config } from './config';
import { connectTemporalFrom, connectVaultRole, vaultSettingsOf, type Addresses } from './connections';
import { KeyturnError } from './contract/errors';
import { createApp } from './http/app';
import { resolveKey } from './http/routes/resolve-key';
import { migrateLedger, openLedger, type Ledger } from './ledger/ledger';
import type { Logger } from './log';
import { openKey } from './reader/open-key';
import type { Temporal } from './temporal/connect-temporal';
import { mintIdentityToken, oidcIssuer, oidcKeysUrl, TOKEN_AUDIENCE } from './vault/identity-token';
import { provisionVault } from './vault/provision';
import { connectVault, type AppRoleCredentials, type VaultClient } from './vault/vault-client';
import { createWorkerActivities, startWorker, type WorkerDeps } from './worker';

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

type Stops = (() => Promise<void>)[];

/** Never changes, so that tokens stay valid when the embedded vault's port moves. */
const EMBEDDED_ISSUER = 'http://keyturn.local';

/** Thrown when a role cannot start: everything started before it is stopped again. */
export async function startAllRoles(options: AllRolesOptions): Promise<AllRoles> {
  const stops: Stops = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    return { ...(await startParts(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: AllRolesOptions, stops: Stops): Promise<Omit<AllRoles, 'stop'>> {
  const { config, log, addresses } = options;
  const [ledger, vault, temporal] = await Promise.all([
    prepareLedger(addresses.databaseUrl, stops),
    prepareVault(options, stops),
    connectTemporalFrom(config, addresses),
  ]);
  stops.push(() => temporal.connection.close());
  await startWork(
    { config, log, ledger, vault: vault.worker, temporal, ...bundleOf(options) },
    options,
    stops,
  );
  const deps: ApiDeps = {
    config,
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
  stops.push(startReconciler(deps));
  const { server, url } = await listen(createServer(createApp(ports, [resolveKey(ports)])), config);
  stops.push(() => closeServer(server));
  const mintToken: AllRoles['mintToken'] = ({ role, tenantId }) =>
    mintIdentityToken(vault.issuer, { roles: role, ...(tenantId === undefined ? {} : { tenantId }) });
  return { url, ledger, temporal, vault, mintToken };
}

async function startWork(deps: WorkerDeps, options: AllRolesOptions, stops: Stops): Promise<void> {
  const { config, log, ledger, vault } = deps;
  const activities = createWorkerActivities(deps);
  const worker = await startWorker(deps, options.wrapActivities?.(activities) ?? activities);
  stops.push(() => worker.stop());
  worker.finished.then(
    () => options.onDeath?.('the worker stopped'),
    (error: unknown) =>
      options.onDeath?.(`the worker failed: ${error instanceof Error ? error.message : 'unknown'}`),
  );
  const anchoring = { ledger, vault, intervalMs: config.KEYTURN_ANCHOR_MS };
  stops.push(startAnchoring(anchoring, () => log.warn('the audit trail could not be anchored')));
}

function bundleOf({ bundlePath }: AllRolesOptions): { bundlePath?: string } {
  return bundlePath === undefined ? {} : { bundlePath };
}

async function prepareLedger(databaseUrl: string, stops: Stops): Promise<Ledger> {
  const ledger = openLedger({ databaseUrl });
  stops.push(() => ledger.close());
  await migrateLedger(ledger);
  return ledger;
}

async function prepareVault(
  { config, log, addresses, credentials }: AllRolesOptions,
  stops: Stops,
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
    stops.push(() => vault.close());
    return vault;
  };
  const [api, worker, gateway, issuer] = await Promise.all([
    connect('api'),
    connect('worker'),
    connect('gateway'),
    connectVault({ settings, login: { appRole: credentials.issuer }, log }),
  ]);
  stops.push(() => issuer.close());
  return { api, worker, gateway, issuer };
}

/** Thrown when the port is taken: names PORT. */
function listen(server: Server, config: Config): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(
        new KeyturnError('invalid_request', `${config.HOST}:${config.PORT} is taken; set PORT to a free one`),
      ),
    );
    server.listen(config.PORT, config.HOST, () => {
      const { port } = server.address() as AddressInfo;
      resolve({ server, url: `http://${config.HOST}:${port}` });
    });
  });
}

/** No new connections; requests under way are answered. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
