/** Makes something in the vault be as wanted, and leaves it alone when it is so already. */
import { isDeepStrictEqual } from 'node:util';
import type { VaultPath } from './paths';
import { dataOf, type JsonObject } from './read-reply';
import type { VaultClient } from './vault-client';

/** What should be at a path. */
export interface WantedState {
  readonly path: VaultPath;
  readonly body: JsonObject;
  /** What a read shows when it is so; the body itself unless the vault shows it differently. */
  readonly shown?: JsonObject;
  /** Where it is written, when not at the path it is read at. */
  readonly writePath?: VaultPath;
}

/** Reads, compares, and writes when something differs. Answers whether it wrote. */
export async function ensureState(vault: VaultClient, wanted: WantedState): Promise<boolean> {
  const found = await vault.request({ method: 'GET', path: wanted.path, accept: [400, 404] });
  const current = found.status === 200 ? dataOf(found.body) : {};
  const differs = Object.entries(wanted.shown ?? wanted.body).some(
    ([field, value]) => !isDeepStrictEqual(current[field], value),
  );
  if (differs) {
    const path = wanted.writePath ?? wanted.path;
    await vault.request({ method: 'POST', path, body: wanted.body, idempotent: true });
  }
  return differs;
}
