/** Sealing, opening and fingerprinting credentials with the vault's transit engine. */
import { KeyturnError } from '../contract/errors';
import { assertKeyRef, type KeyRef } from '../contract/ids';
import type { PlainFields, SealedKey } from '../contract/keys';
import { transitPath } from './paths';
import { dataOf, stringAt } from './read-reply';
import type { VaultClient } from './vault-client';
import { SealedKeyUnreadable, VaultRefusal } from './vault-errors';

/** Fingerprints must stay equal for equal credentials, so they use the key's first version for ever. */
const FINGERPRINT_KEY_VERSION = 1;

/**
 * Encrypts all fields of a credential, bound to its tenant, service and name.
 * Thrown when the reference is not made of ids (`invalid_request`) or the vault cannot (`vault_…`).
 */
export async function sealFields(vault: VaultClient, ref: KeyRef, fields: PlainFields): Promise<SealedKey> {
  const { settings } = vault;
  const body = { plaintext: base64(canonicalJson(fields)), context: contextOf(ref) };
  const path = transitPath(settings, 'encrypt', settings.transitKey);
  const reply = await vault.request({ method: 'POST', path, body, idempotent: true });
  return stringAt(dataOf(reply.body), 'ciphertext') as SealedKey;
}

/**
 * Opens what {@link sealFields} made for the same reference.
 * Thrown: {@link SealedKeyUnreadable} when it does not open; `vault_…` when the vault cannot.
 */
export async function openFields(vault: VaultClient, ref: KeyRef, sealed: SealedKey): Promise<PlainFields> {
  const { settings } = vault;
  const body = { ciphertext: sealed, context: contextOf(ref) };
  const path = transitPath(settings, 'decrypt', settings.transitKey);
  try {
    const reply = await vault.request({ method: 'POST', path, body, idempotent: true });
    return parseFields(Buffer.from(stringAt(dataOf(reply.body), 'plaintext'), 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof VaultRefusal) throw new SealedKeyUnreadable({ vaultMessage: error.vaultMessage });
    throw error;
  }
}

/** Keyed digest (`vault:v1:…`) of tenant, service and fields: equal for equal credentials, whatever the key's name. */
export async function fingerprintFields(
  vault: VaultClient,
  ref: KeyRef,
  fields: PlainFields,
): Promise<string> {
  assertKeyRef(ref);
  return hmac(
    vault,
    JSON.stringify(['keyturn/fingerprint/v1', ref.tenantId, ref.serviceId, sortedEntries(fields)]),
  );
}

/** Keyed digest (`vault:v1:…`) of any text, in a domain of its own. For request digests. */
export async function digestText(vault: VaultClient, text: string): Promise<string> {
  return hmac(vault, JSON.stringify(['keyturn/digest/v1', text]));
}

async function hmac(vault: VaultClient, input: string): Promise<string> {
  const { settings } = vault;
  const body = { input: base64(input), key_version: FINGERPRINT_KEY_VERSION };
  const path = transitPath(settings, 'hmac', settings.fingerprintKey);
  const reply = await vault.request({ method: 'POST', path, body, idempotent: true });
  return stringAt(dataOf(reply.body), 'hmac');
}

/** Ids hold no `|`, so no two references share a context. */
function contextOf(ref: KeyRef): string {
  assertKeyRef(ref);
  return base64(`keyturn/v1|${ref.tenantId}|${ref.serviceId}|${ref.keyName}`);
}

function canonicalJson(fields: PlainFields): string {
  return JSON.stringify(Object.fromEntries(sortedEntries(fields)));
}

/** Sorted by code unit, not by locale: the same on every machine. */
function sortedEntries(fields: PlainFields): [string, string][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

function parseFields(text: string): PlainFields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes its input, which is a credential.
    throw new SealedKeyUnreadable();
  }
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.values(value).some((one) => typeof one !== 'string')
  ) {
    throw new KeyturnError('internal', 'The opened credential is not a set of text fields');
  }
  return value as PlainFields;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
