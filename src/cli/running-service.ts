/** The service a command speaks to: a split deployment as configured, else the all-in-one that runs on a home. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config';
import { addressesOf, type Addresses } from '../connections';
import { KeyturnError } from '../contract/errors';
import { loadOrMakeCredentials } from '../embedded/credentials';
import { homeOwner } from '../embedded/home';
import { readCredentials } from '../role-credentials';
import type { VaultRole } from '../vault/provision-access';
import type { AppRoleCredentials } from '../vault/vault-client';

const schema = z.object({
  url: z.string(),
  addresses: z.object({
    databaseUrl: z.string(),
    vaultAddress: z.string(),
    temporalAddress: z.string(),
    temporalNamespace: z.string(),
    temporalUiUrl: z.string().nullable(),
  }),
});

const FILE = 'service.json';

/** Leaves the addresses for other commands; readable by the owner only, since the database's holds a password. */
export function describeService(home: string, service: { url: string; addresses: Addresses }): () => void {
  const file = join(home, FILE);
  const { url, addresses } = service;
  writeFileSync(file, `${JSON.stringify({ url, addresses }, null, 2)}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** How to reach a service's parts, and with which AppRoles. */
export interface FoundService {
  readonly addresses: Addresses;
  /** Thrown when the role's secret id is not to be had here. */
  credentialsOf(role: VaultRole): AppRoleCredentials;
}

/**
 * KEYTURN_CREDENTIALS_DIR, where `keyturn setup` left the secret ids, tells a split deployment.
 * Thrown when one of its addresses is missing, or when nothing runs on the home.
 */
export function findService(config: Config): FoundService {
  const directory = config.KEYTURN_CREDENTIALS_DIR;
  if (directory === undefined) return findAllInOne(config.KEYTURN_HOME);
  return { addresses: addressesOf(config), credentialsOf: (role) => readCredentials(directory, role) };
}

/** Thrown when nothing runs on the home: says how to start it. */
export function findAllInOne(home: string): FoundService & { readonly url: string } {
  const directory = resolve(home);
  if (homeOwner(directory) === null) throw notRunning(directory);
  try {
    const service = schema.parse(JSON.parse(readFileSync(join(directory, FILE), 'utf8')));
    const credentials = loadOrMakeCredentials(join(directory, 'credentials.json')).vault;
    return { ...service, credentialsOf: (role) => credentials[role] };
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    throw notRunning(directory);
  }
}

function notRunning(directory: string): KeyturnError {
  return new KeyturnError(
    'configuration',
    `nothing runs on ${directory}: start it with npm start, or set KEYTURN_HOME`,
  );
}
