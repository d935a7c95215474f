/** A home's servers for one command: those that run, else some of them, started for it alone. */
import { join, resolve } from 'node:path';
import type { Config } from '../config';
import { loadOrMakeCredentials, type EmbeddedCredentials } from '../embedded/credentials';
import { homeOwner } from '../embedded/home';
import type { ServerName } from '../embedded/server-process';
import { startEmbeddedServers } from '../embedded/stack';
import { embeddedOptionsOf } from '../start';
import { findAllInOne } from './running-service';

export interface ReachedHome {
  readonly home: string;
  /** Null when it was started without PostgreSQL. */
  readonly databaseUrl: string | null;
  readonly vaultAddress: string;
  readonly credentials: EmbeddedCredentials['vault'];
}

/** Thrown when the home is being started or stopped, or a server does not start. */
export async function withHome<T>(
  options: { config: Config; only: readonly ServerName[]; say: (line: string) => void },
  work: (reached: ReachedHome) => Promise<T>,
): Promise<T> {
  const { config, only, say } = options;
  const home = resolve(config.KEYTURN_HOME);
  if (homeOwner(home) !== null) {
    const { databaseUrl, vaultAddress } = findAllInOne(home).addresses;
    const credentials = loadOrMakeCredentials(join(home, 'credentials.json')).vault;
    return work({ home, databaseUrl, vaultAddress, credentials });
  }
  say(`Nothing runs on ${home}: starting ${only.join(' and ')} for this command …`);
  const servers = await startEmbeddedServers({ ...embeddedOptionsOf(config), only, log: say });
  try {
    const databaseUrl =
      only.includes('postgres') || config.DATABASE_URL !== undefined ? servers.databaseUrl : null;
    const { address: vaultAddress, credentials } = servers.vault;
    return await work({ home, databaseUrl, vaultAddress, credentials });
  } finally {
    await servers.stop();
  }
}
