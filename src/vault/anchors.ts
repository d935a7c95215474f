/** Signed heads of the audit chains, kept outside the database: created once, in unbroken numbers from 1. */
import { createKvEntry, readKvEntry } from './kv-entry';
import { anchorPath, transitPath } from './paths';
import { dataOf, numberAt, objectOf, stringAt, type JsonObject } from './read-reply';
import type { VaultClient } from './vault-client';
import { VersionConflict } from './vault-errors';

/** A signature that verifies without the vault. */
export interface TextSignature {
  /** Base64 Ed25519 signature of the text's UTF-8 bytes. */
  readonly signature: string;
  readonly keyVersion: number;
  /** Base64 of the 32 raw bytes of the public key. */
  readonly publicKey: string;
}

/** An anchor with its number. */
export interface NumberedAnchor {
  readonly number: number;
  readonly body: JsonObject;
}

/** Signs with the vault's Ed25519 anchor key, whose private half never leaves it. */
export async function signText(vault: VaultClient, text: string): Promise<TextSignature> {
  const { settings } = vault;
  const body = { input: Buffer.from(text, 'utf8').toString('base64') };
  const path = transitPath(settings, 'sign', settings.anchorKey);
  const reply = await vault.request({ method: 'POST', path, body, idempotent: true });
  const signed = stringAt(dataOf(reply.body), 'signature');
  const [, version, signature] = /^vault:v(\d+):(.+)$/.exec(signed) ?? [];
  const keyVersion = Number(version ?? Number.NaN);
  const publicKeys = await readAnchorKeys(vault);
  return {
    signature: stringAt({ signature }, 'signature'),
    keyVersion: numberAt({ keyVersion }, 'keyVersion'),
    publicKey: stringAt({ publicKey: publicKeys.get(keyVersion) }, 'publicKey'),
  };
}

/** Public keys of the anchor key: version → base64 of its 32 raw bytes. */
export async function readAnchorKeys(vault: VaultClient): Promise<ReadonlyMap<number, string>> {
  const { settings } = vault;
  const reply = await vault.request({
    method: 'GET',
    path: transitPath(settings, 'keys', settings.anchorKey),
  });
  const versions = Object.entries(objectOf(dataOf(reply.body)['keys']));
  return new Map(versions.map(([version, key]) => [Number(version), stringAt(objectOf(key), 'public_key')]));
}

/**
 * Creates anchor `number`, which must be the one after the latest.
 * Thrown: {@link VersionConflict} when it exists.
 */
export async function putAnchor(vault: VaultClient, number: number, body: JsonObject): Promise<void> {
  const creation = await createKvEntry(vault, anchorPath(vault.settings, number), {
    value: body,
    exists: async () => (await readAnchor(vault, number)) !== null,
  });
  if (creation === 'exists') throw new VersionConflict(`Anchor ${number} exists already`, { anchor: number });
}

/** The anchor's body, or null when there is none of that number. */
export async function readAnchor(vault: VaultClient, number: number): Promise<JsonObject | null> {
  return (await readKvEntry(vault, anchorPath(vault.settings, number))).value;
}

/**
 * The highest anchor number, 0 when there is none. Numbers have no gaps, so it gallops from `known` (a number
 * known to exist) and bisects: about 2·log2(n) reads, where a LIST would bring every name.
 */
export async function latestAnchorNumber(vault: VaultClient, known = 0): Promise<number> {
  let low = known;
  let step = 1;
  while ((await readAnchor(vault, low + step)) !== null) {
    low += step;
    step *= 2;
  }
  let high = low + step;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if ((await readAnchor(vault, middle)) === null) high = middle;
    else low = middle;
  }
  return low;
}

/** Anchors from number `from` upward until the first that does not exist. */
export async function* listAnchors(vault: VaultClient, from = 1): AsyncGenerator<NumberedAnchor> {
  for (let number = from; ; number += 1) {
    const body = await readAnchor(vault, number);
    if (body === null) return;
    yield { number, body };
  }
}
