/** What a command needs to know of the all-in-one that runs on a home, written by `keyturn start`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Addresses } from '../connections';
import { KeyturnError } from '../contract/errors';
import { loadOrMakeCredentials } from '../embedded/credentials';
import { homeOwner } from '../embedded/home';

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

/** Thrown when nothing runs on the home: says how to start it. */
export function findService(home: string) {
  const directory = resolve(home);
  if (homeOwner(directory) === null) throw notRunning(directory);
  try {
    const service = schema.parse(JSON.parse(readFileSync(join(directory, FILE), 'utf8')));
    return {
      ...service,
      home: directory,
      credentials: loadOrMakeCredentials(join(directory, 'credentials.json')).vault,
    };
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
