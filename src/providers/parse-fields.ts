/** Reads the credential a caller sends for a service: strict, bounded, and silent about values. */
import { createPrivateKey } from 'node:crypto';
import { KeyturnError } from '../contract/errors';
import type { PlainFields } from '../contract/keys';
import type { FieldSpec, ProviderEntry } from './provider';

/** Greatest length of a field in characters, unless the entry says otherwise. */
export const MAX_FIELD_CHARACTERS = 8192;

/** Callers may call a service's only required secret by this name. */
const GENERIC_NAME = 'api_key';

/** What may be quoted of an unknown field's name: a value pasted in its place must not come back. */
const QUOTABLE_NAME = /^[a-z][a-z_]{0,31}$/;

/**
 * Checks and returns the credential's fields.
 * Thrown: `invalid_fields`, naming the field and never quoting its value.
 */
export function parseFields(entry: ProviderEntry, raw: unknown): PlainFields {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw invalidFields(entry, null, 'must be an object of field names and values');
  }
  const parsed: Record<string, string> = {};
  for (const [name, value] of Object.entries(resolveGenericName(entry, raw as Record<string, unknown>))) {
    const spec = Object.hasOwn(entry.fields, name) ? entry.fields[name] : undefined;
    if (spec === undefined) throw unknownField(entry, name);
    parsed[name] = parseValue(entry, name, spec, value);
  }
  const missing = requiredNames(entry).filter((name) => parsed[name] === undefined);
  if (missing.length > 0) throw invalidFields(entry, missing[0] as string, 'is missing');
  return parsed;
}

function resolveGenericName(entry: ProviderEntry, raw: Record<string, unknown>): Record<string, unknown> {
  if (!Object.hasOwn(raw, GENERIC_NAME) || Object.hasOwn(entry.fields, GENERIC_NAME)) return raw;
  const secrets = requiredNames(entry).filter((name) => entry.fields[name]?.secret === true);
  const [only, ...others] = secrets;
  if (only === undefined || others.length > 0) {
    throw invalidFields(
      entry,
      GENERIC_NAME,
      `is not a field of ${entry.id}; its secrets are ${secrets.join(', ')}`,
    );
  }
  if (Object.hasOwn(raw, only))
    throw invalidFields(entry, GENERIC_NAME, `stands for ${only}, which is given too`);
  const { [GENERIC_NAME]: value, ...rest } = raw;
  return { ...rest, [only]: value };
}

function parseValue(entry: ProviderEntry, name: string, spec: FieldSpec, value: unknown): string {
  const problem = typeof value === 'string' ? findProblem(spec, value) : 'must be a string';
  if (problem !== null) throw invalidFields(entry, name, problem);
  return value as string;
}

function findProblem(spec: FieldSpec, value: string): string | null {
  const maxLength = spec.maxLength ?? MAX_FIELD_CHARACTERS;
  if (value === '') return 'must not be empty';
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  if (value.trim() !== value) return 'must not begin or end with white space';
  // Other scripts and invisible characters have no place in a credential, and headers cannot carry them.
  const illegal = spec.format === undefined ? /[^\x20-\x7e]/ : /[^\x20-\x7e\r\n\t]/;
  if (illegal.test(value)) return 'must consist of printable ASCII characters';
  if (spec.choices !== undefined && !spec.choices.includes(value))
    return `must be one of ${spec.choices.join(', ')}`;
  if (spec.pattern !== undefined && !spec.pattern.test(value))
    return `must have the form ${spec.pattern.source}`;
  return spec.format === undefined ? null : findServiceAccountProblem(value);
}

const SERVICE_ACCOUNT_EMAIL = /^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.iam\.gserviceaccount\.com$/;

/** The file Google Cloud issues: https://cloud.google.com/iam/docs/keys-create-delete */
function findServiceAccountProblem(value: string): string | null {
  let file: unknown;
  try {
    file = JSON.parse(value);
  } catch {
    return 'must be the JSON key file of a service account';
  }
  const { type, client_email, private_key } = (file ?? {}) as Record<string, unknown>;
  if (type !== 'service_account') return 'must be a key file whose type is service_account';
  if (typeof client_email !== 'string' || !SERVICE_ACCOUNT_EMAIL.test(client_email)) {
    return 'must be a key file with the client_email of a service account';
  }
  return isRsaKey(private_key) ? null : 'must be a key file with an RSA private_key in PEM form';
}

function isRsaKey(pem: unknown): boolean {
  if (typeof pem !== 'string' || !pem.startsWith('-----BEGIN PRIVATE KEY-----')) return false;
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

function requiredNames(entry: ProviderEntry): string[] {
  return Object.keys(entry.fields).filter((name) => entry.fields[name]?.required === true);
}

function unknownField(entry: ProviderEntry, name: string): KeyturnError {
  const known = Object.keys(entry.fields).join(', ');
  if (QUOTABLE_NAME.test(name))
    return invalidFields(entry, name, `is not a field of ${entry.id}; its fields are ${known}`);
  return invalidFields(
    entry,
    null,
    `hold a name that is not a field of ${entry.id}; its fields are ${known}`,
  );
}

function invalidFields(entry: ProviderEntry, field: string | null, problem: string): KeyturnError {
  return new KeyturnError('invalid_fields', `${field ?? 'the fields'} ${problem}`, {
    service_id: entry.id,
    field,
  });
}

/** Last characters that may be shown: 4 of a value from 20 characters, 2 from 12, else null. */
export function hintOf(entry: ProviderEntry, fields: PlainFields): string | null {
  const name = Object.keys(entry.fields).find((candidate) => entry.fields[candidate]?.hintable === true);
  const value = name === undefined ? undefined : fields[name];
  if (value === undefined || value.length < 12) return null;
  return value.length >= 20 ? value.slice(-4) : value.slice(-2);
}

/** One sentence per field whose value does not look as usual. */
export function warningsOf(entry: ProviderEntry, fields: PlainFields): string[] {
  return Object.entries(entry.fields)
    .filter(([name, spec]) => fields[name] !== undefined && spec.patternHint?.test(fields[name]) === false)
    .map(
      ([name]) =>
        `${name} does not have the usual form of ${entry.name} (an example: ${entry.fields[name]?.example})`,
    );
}
