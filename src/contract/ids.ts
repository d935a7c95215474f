/**
 * What a tenant, service, key or operation may be called.
 *
 * Vault decodes `%2F` and node-vault passes `..` through, so an id is refused unless it matches before any
 * path is built from it; nothing is ever escaped.
 */
import { KeyturnError } from './errors';

/** Tenants, services and key names: lower case, digits, `_`, `-`; 1 to 63 characters. */
export const ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Operation and key ids: UUIDs as PostgreSQL prints them. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The name of a service's key when the caller gives none. */
export const DEFAULT_KEY_NAME = 'default';

/** Names one key: a tenant, one of its services, and the key's name within that service. */
export interface KeyRef {
  readonly tenantId: string;
  readonly serviceId: string;
  readonly keyName: string;
}

/** Thrown when `value` is not an id: `invalid_request`, naming `field` and never echoing the value. */
export function assertId(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !ID_PATTERN.test(value)) {
    throw new KeyturnError('invalid_request', `${field} must match ${ID_PATTERN.source}`, { field });
  }
}

/** Thrown when `value` is not a UUID: `invalid_request`, naming `field`. */
export function assertUuid(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !UUID_PATTERN.test(value)) {
    throw new KeyturnError('invalid_request', `${field} must be a UUID`, { field });
  }
}

/** Thrown when any part of the reference is not an id. */
export function assertKeyRef(ref: KeyRef): void {
  assertId('tenant_id', ref.tenantId);
  assertId('service_id', ref.serviceId);
  assertId('key_name', ref.keyName);
}
