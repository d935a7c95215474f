/** The three local servers of an all-in-one Keyturn: real Temporal, OpenBao and PostgreSQL, started and stopped together. */
import { join } from 'node:path';
import { LOOPBACK } from './choose-port';
import { chooseStackPorts, type EmbeddedPortSettings } from './choose-stack-ports';
import { loadOrMakeCredentials, type AppRoleCredentials, type VaultRole } from './credentials';
import { openHome, type Home } from './home';
import { packageRoot } from './package-root';
import { resolvePostgresBinaries } from './postgres-binaries';
import { POSTGRES_OWNER, POSTGRES_SUPERUSER, postgresUrl, startPostgresServer } from './postgres-server';
import type { ProcessIdentity } from './process-identity';
import { resolveServerBinary, type BinarySettings } from './server-binaries';
import type { ServerName, ServerProcess } from './server-process';
import { startTemporalServer, TEMPORAL_NAMESPACE } from './temporal-server';
import { startVaultServer } from './vault-server';

export interface EmbeddedOptions {
  /** KEYTURN_HOME; the default is `.keyturn` in the working directory. */
  readonly home: string;
  readonly ports?: EmbeddedPortSettings;
  readonly binaries?: BinarySettings;
  /** DATABASE_URL: a database that runs already; then no PostgreSQL is started. */
  readonly databaseUrl?: string | undefined;
  /** Servers to start; all of them by default. The addresses of the others are then of no use. */
  readonly only?: readonly ServerName[];
  /** Takes progress in plain words. */
  readonly log: (line: string) => void;
  /** Called when a server ends that nobody stopped. */
  readonly onExit?: (name: ServerName, how: string) => void;
}

export interface EmbeddedServers {
  readonly home: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly vault: {
    readonly address: string;
    readonly credentials: Readonly<Record<VaultRole, AppRoleCredentials>>;
  };
  /** Of the role that owns the database `keyturn`. */
  readonly databaseUrl: string;
  /** Of the superuser of the embedded PostgreSQL; null when the database is not ours. */
  readonly adminDatabaseUrl: string | null;
  readonly logFiles: Readonly<Record<ServerName, string>>;
  readonly pids: Readonly<Partial<Record<ServerName, number>>>;
  /** Stops the servers, all at once, and lets go of the home. */
  stop(): Promise<void>;
}

/**
 * Resolves when all of them can be used. Thrown when the home is in use, a port that was set is taken, an
 * executable is absent, or a server does not start: then the others are stopped, and the message says which log
 * file to read.
 */
export async function startEmbeddedServers(options: EmbeddedOptions): Promise<EmbeddedServers> {
  const home = await openHome({ directory: options.home, log: options.log });
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(
      started.map(async (server) => {
        await server.stop();
        home.forgetServer(server.name);
      }),
    );
    home.release();
  };
  try {
    return await startAll({ home, options, started, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(context: {
  home: Home;
  options: EmbeddedOptions;
  started: ServerProcess[];
  stop: () => Promise<void>;
}): Promise<EmbeddedServers> {
  const { home, options, started } = context;
  const ports = await chooseStackPorts(home, options);
  const credentials = loadOrMakeCredentials(home.path('credentials.json'));
  const logFiles = {
    temporal: home.path('logs', 'temporal.log'),
    vault: home.path('logs', 'vault.log'),
    postgres: home.path('logs', 'postgres.log'),
  };
  let stopping = false;
  const watch = (name: ServerName, port: number) => ({
    log: options.log,
    logFile: logFiles[name],
    record: (identity: ProcessIdentity) => home.recordServer(name, { ...identity, port }),
    onStart: (server: ServerProcess) => {
      started.push(server);
      void server.exited.then((how) => (stopping ? undefined : options.onExit?.(name, how)));
    },
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    await context.stop();
  };
  const wanted = (name: ServerName): boolean => options.only?.includes(name) ?? true;
  const [temporalBin, baoBin] = await Promise.all([
    wanted('temporal') ? resolveServerBinary('temporal', options.binaries ?? {}) : null,
    wanted('vault') ? resolveServerBinary('bao', options.binaries ?? {}) : null,
  ]);
  const postgres =
    options.databaseUrl === undefined && wanted('postgres')
      ? resolvePostgresBinaries({ searchPath: options.binaries?.searchPath ?? '' })
      : null;
  const starting: Promise<ServerProcess>[] = [];
  if (temporalBin !== null) {
    starting.push(
      startTemporalServer({
        executable: temporalBin,
        databaseFile: home.path('temporal.db'),
        ports: {
          frontend: ports.temporal,
          ui: ports.temporalUi,
          http: ports.temporalHttp,
          metrics: ports.temporalMetrics,
        },
        ...watch('temporal', ports.temporal),
      }),
    );
  }
  if (baoBin !== null) {
    starting.push(
      startVaultServer({
        executable: baoBin,
        home: home.directory,
        configFile: home.path('vault', 'config.hcl'),
        files: {
          raftDirectory: home.path('vault', 'raft'),
          sealKeyFile: home.path('vault', 'seal.key'),
          auditLogFile: home.auditLog(),
          provisionerPolicyFile: join(
            packageRoot(),
            'deploy',
            'vault',
            'policies',
            'keyturn-provisioner.hcl',
          ),
        },
        ports: { api: ports.vault, cluster: ports.vaultCluster },
        provisioner: credentials.vault.provisioner,
        ...watch('vault', ports.vault),
      }),
    );
  }
  if (postgres !== null) {
    starting.push(
      startPostgresServer({
        binaries: postgres,
        dataDirectory: home.path('postgres'),
        port: ports.postgres,
        passwords: credentials.postgres,
        ...watch('postgres', ports.postgres),
      }),
    );
  }
  try {
    await Promise.all(starting);
  } catch (error) {
    // Each must be past its start before all are stopped: none may appear later.
    stopping = true;
    await Promise.all(started.map((server) => server.stop()));
    await Promise.allSettled(starting);
    throw error;
  }
  const { superuserPassword, password } = credentials.postgres;
  const local = { port: ports.postgres };
  return {
    home: home.directory,
    temporal: {
      address: `${LOOPBACK}:${ports.temporal}`,
      namespace: TEMPORAL_NAMESPACE,
      uiUrl: `http://${LOOPBACK}:${ports.temporalUi}`,
    },
    vault: { address: `http://${LOOPBACK}:${ports.vault}`, credentials: credentials.vault },
    databaseUrl:
      options.databaseUrl ??
      postgresUrl({ ...local, user: POSTGRES_OWNER, password, database: POSTGRES_OWNER }),
    adminDatabaseUrl:
      options.databaseUrl === undefined
        ? postgresUrl({
            ...local,
            user: POSTGRES_SUPERUSER,
            password: superuserPassword,
            database: 'postgres',
          })
        : null,
    logFiles,
    pids: Object.fromEntries(started.map((server) => [server.name, server.pid])),
    stop,
  };
}
