/** Composition root of the all-in-one: the embedded servers and every role in one process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createPorts, startReconciler, type ApiDeps } from './api';
import type { Config } from './config';
import { connectTemporalFrom, connectVaultRole, vaultSettingsOf, type Addresses } from './connections';
import { KeyturnError } from './contract/errors';
import { startEmbeddedServers, type EmbeddedServers } from './embedded/stack';
import { createApp } from './http/app';
import { resolveKey } from './http/routes/resolve-key';
import { migrateLedger, openLedger, type Ledger } from './ledger/ledger';
import type { Logger } from './log';
import { openKey } from './reader/open-key';
import { runPeriodically } from './run-periodically';
import { mintIdentityToken, oidcIssuer, oidcKeysUrl, TOKEN_AUDIENCE } from './vault/identity-token';
import { provisionVault } from './vault/provision';
import { connectVault, type VaultClient } from './vault/vault-client';
import { startWorker } from './worker';

/** A running all-in-one. */
export interface AllInOne {
  /** Base address of the HTTP service. */
  readonly url: string;
  readonly servers: EmbeddedServers;
  readonly addresses: Addresses;
  /** A fresh bearer token of the embedded issuer. */
  readonly mintToken: (subject: { role: string; tenantId?: string }) => Promise<string>;
  /** Settles when a part died that the service cannot do without. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/** Never changes, so that tokens stay valid when the embedded vault's port moves. */
const EMBEDDED_ISSUER = 'http://keyturn.local';
const ADMIN_TOKEN_REFRESH_MS = 20 * 60_000;

/**
 * Starts everything; a home that has run before is taken up again.
 * Thrown when a server or role cannot start: everything started before it is stopped again.
 */
export async function startAllInOne(config: Config, log: Logger, say: (line: string) => void): Promise<AllInOne> {
  if (config.NODE_ENV === 'production') {
    throw new KeyturnError(
      'invalid_request',
      'the all-in-one keeps its own servers and is not for NODE_ENV=production; run the roles api, worker and gateway',
    );
  }
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    return await startParts(config, log, say, { stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  config: Config,
  log: Logger,
  say: (line: string) => void,
  life: { stops: (() => Promise<void>)[]; stop: () => Promise<void> },
): Promise<AllInOne> {
  const { stops } = life;
  let reportDeath: (how: string) => void = () => undefined;
  const died = new Promise<string>((resolve) => (reportDeath = resolve));
  const servers = await startEmbeddedServers({
    home: config.KEYTURN_HOME,
    ports: {
      temporal: config.KEYTURN_TEMPORAL_PORT,
      temporalUi: config.KEYTURN_TEMPORAL_UI_PORT,
      vault: config.KEYTURN_VAULT_PORT,
      postgres: config.KEYTURN_POSTGRES_PORT,
    },
    binaries: {
      temporalBin: config.KEYTURN_TEMPORAL_BIN,
      baoBin: config.KEYTURN_BAO_BIN,
      cacheDirectory: config.KEYTURN_CACHE,
    },
    databaseUrl: config.DATABASE_URL,
    log: say,
    onExit: (name, how) => reportDeath(`${name} ${how}`),
  });
  stops.push(() => servers.stop());
  const addresses: Addresses = {
    databaseUrl: servers.databaseUrl,
    vaultAddress: servers.vault.address,
    temporalAddress: servers.temporal.address,
    temporalNamespace: servers.temporal.namespace,
    temporalUiUrl: servers.temporal.uiUrl,
  };
  const [ledger, roles, temporal] = await Promise.all([
    prepareLedger(addresses.databaseUrl, stops),
    prepareVault(config, servers, log, stops),
    connectTemporalFrom(config, addresses),
  ]);
  stops.push(() => temporal.connection.close());
  const worker = await startWorker({ config, log, ledger, vault: roles.worker, temporal });
  stops.push(() => worker.stop());
  worker.finished.then(
    () => reportDeath('the worker stopped'),
    (error: unknown) => reportDeath(`the worker failed: ${error instanceof Error ? error.message : 'unknown'}`),
  );
  const deps: ApiDeps = {
    config,
    log,
    ledger,
    vault: roles.api,
    temporal,
    addresses,
    eager: true,
    issuer: {
      issuer: oidcIssuer(EMBEDDED_ISSUER),
      audience: TOKEN_AUDIENCE,
      jwksUrl: oidcKeysUrl(addresses.vaultAddress),
    },
    verifyAudit: async () => ({}),
    resolveKey: (ref, stage) => openKey({ ledger, vault: roles.gateway }, ref, stage),
  };
  const ports = createPorts(deps);
  stops.push(startReconciler(deps));
  const { server, url } = await listen(createServer(createApp(ports, [resolveKey(ports)])), config);
  stops.push(() => closeServer(server));
  const mintToken: AllInOne['mintToken'] = ({ role, tenantId }) =>
    mintIdentityToken(roles.issuer, { roles: role, ...(tenantId === undefined ? {} : { tenantId }) });
  stops.push(await keepAdminToken(servers.home, mintToken, log));
  return { url, servers, addresses, mintToken, died, stop: life.stop };
}

async function prepareLedger(databaseUrl: string, stops: (() => Promise<void>)[]): Promise<Ledger> {
  const ledger = openLedger({ databaseUrl });
  stops.push(() => ledger.close());
  await migrateLedger(ledger);
  return ledger;
}

async function prepareVault(
  config: Config,
  servers: EmbeddedServers,
  log: Logger,
  stops: (() => Promise<void>)[],
): Promise<Record<'api' | 'worker' | 'gateway' | 'issuer', VaultClient>> {
  const { address, credentials } = servers.vault;
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

/** `$KEYTURN_HOME/admin.token`, 0600: what the printed curl lines read. */
async function keepAdminToken(home: string, mint: AllInOne['mintToken'], log: Logger): Promise<() => Promise<void>> {
  const write = async (): Promise<void> => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'admin.token'), await mint({ role: 'admin' }), { mode: 0o600 });
  };
  await write();
  return runPeriodically(ADMIN_TOKEN_REFRESH_MS, write, () => log.warn('the admin token could not be renewed'));
}

/** Thrown when the port is taken: names PORT. */
function listen(server: Server, config: Config): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(new KeyturnError('invalid_request', `${config.HOST}:${config.PORT} is taken; set PORT to a free one`)),
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
