/** One KV v2 entry: read, write by check-and-set, create once. */
import { KeyturnError } from '../contract/errors';
import { pageOf, type VaultPath } from './paths';
import { dataOf, numberAt, objectOf, type JsonObject } from './read-reply';
import type { VaultClient } from './vault-client';
import { isCasRefusal, VersionConflict } from './vault-errors';

/** An entry as KV v2 tells it. */
export interface KvEntry {
  /** Null when there is no live version: never written, deleted or destroyed. */
  readonly value: JsonObject | null;
  /** The newest version, live or not; 0 when there never was one. It is what a check-and-set must name. */
  readonly kvVersion: number;
}

const PAGE_SIZE = 1_000;

/** Reads the newest version. A deleted one answers 404 with its metadata in the body. */
export async function readKvEntry(vault: VaultClient, dataPath: VaultPath): Promise<KvEntry> {
  const reply = await vault.request({ method: 'GET', path: dataPath, accept: [404] });
  const data = dataOf(reply.body);
  const version = objectOf(data['metadata'])['version'];
  const kvVersion = typeof version === 'number' ? version : 0;
  if (reply.status === 200 && kvVersion === 0) {
    throw new KeyturnError(
      'vault_unavailable',
      'The mount answers without versions: it is KV version 1, not 2',
    );
  }
  if (reply.status === 404 && kvVersion === 0 && isMountMissing(reply.body)) {
    throw new KeyturnError('vault_unavailable', 'The vault has no such KV mount');
  }
  return { value: reply.status === 200 && data['data'] !== null ? objectOf(data['data']) : null, kvVersion };
}

/**
 * Writes a new version if the newest one is `cas` still (0: none yet). Answers the new version.
 * Thrown: {@link VersionConflict} when it is not; `vault_unavailable` also when the write may have landed.
 */
export async function writeKvEntry(
  vault: VaultClient,
  dataPath: VaultPath,
  write: { value: JsonObject; cas: number },
): Promise<number> {
  try {
    const body = { options: { cas: write.cas }, data: write.value };
    const reply = await vault.request({ method: 'POST', path: dataPath, body });
    return numberAt(dataOf(reply.body), 'version');
  } catch (error) {
    if (!isCasRefusal(error)) throw error;
    throw new VersionConflict('The entry was written by somebody else since it was read', {
      expected: write.cas,
    });
  }
}

/** How a create-only write ended. */
export type Creation = 'created' | 'exists';

/**
 * Creates an entry that is never overwritten. A role that may only create gets 403 instead of a lost
 * check-and-set once the entry exists, so `exists` is asked then.
 */
export async function createKvEntry(
  vault: VaultClient,
  dataPath: VaultPath,
  create: { value: JsonObject; exists: () => Promise<boolean> },
): Promise<Creation> {
  try {
    const body = { options: { cas: 0 }, data: create.value };
    await vault.request({ method: 'POST', path: dataPath, body, idempotent: true });
    return 'created';
  } catch (error) {
    if (isCasRefusal(error)) return 'exists';
    if (error instanceof KeyturnError && error.code === 'vault_denied' && (await create.exists()))
      return 'exists';
    throw error;
  }
}

/** Names below a folder, page by page, in the vault's order; folders end with `/`. Empty when there is none. */
export async function* listKvNames(vault: VaultClient, folder: VaultPath): AsyncGenerator<string> {
  for (let after = ''; ;) {
    const path = pageOf(folder, { after, limit: PAGE_SIZE });
    const reply = await vault.request({ method: 'LIST', path, accept: [404] });
    const names = dataOf(reply.body)['keys'];
    const page = Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
    yield* page;
    // A server without paging answers all names at once, and more of them than were asked for or fewer.
    const last = page.at(-1);
    if (page.length !== PAGE_SIZE || last === undefined || last <= after) return;
    after = last;
  }
}

function isMountMissing(body: unknown): boolean {
  const errors = objectOf(body)['errors'];
  return (
    Array.isArray(errors) &&
    errors.some((text) => typeof text === 'string' && text.startsWith('no handler for route'))
  );
}
