/**
 * Every path Keyturn uses in the vault. The client takes nothing but a {@link VaultPath}, and only this file
 * makes one, after each part passed its pattern: the server decodes `%2F` and the client library passes `..`.
 */
import { KeyturnError } from '../contract/errors';
import { assertId, assertKeyRef, assertUuid, DEFAULT_KEY_NAME, type KeyRef } from '../contract/ids';
import type { VaultSettings } from './vault-settings';

declare const vaultPath: unique symbol;
/** A path below /v1/ whose parts were checked. */
export type VaultPath = string & { readonly [vaultPath]: true };

/** The KV v2 endpoint a path goes through. */
export type KvEndpoint = 'data' | 'metadata' | 'destroy';

const API_ROOT = '/v1/';
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/** What the client puts between the address and a path. */
export const API_VERSION = API_ROOT.slice(1, -1);

function pathOf(...parts: string[]): VaultPath {
  return parts.join('/') as VaultPath;
}

function assertName(what: string, name: string): string {
  if (!NAME_PATTERN.test(name))
    throw new KeyturnError('invalid_request', `${what} must match ${NAME_PATTERN.source}`, { field: what });
  return name;
}

/** Thrown when the reference is not made of ids: `invalid_request`. */
export function keyPath({ kvMount }: VaultSettings, endpoint: KvEndpoint, ref: KeyRef): VaultPath {
  assertKeyRef(ref);
  const service = pathOf(kvMount, endpoint, 'tenants', ref.tenantId, 'api-keys', ref.serviceId);
  return ref.keyName === DEFAULT_KEY_NAME ? service : pathOf(service, ref.keyName);
}

/** Folder of a tenant's services, or of one service's named keys. For LIST. */
export function keyFolderPath({ kvMount }: VaultSettings, tenantId: string, serviceId?: string): VaultPath {
  assertId('tenant_id', tenantId);
  const folder = pathOf(kvMount, 'metadata', 'tenants', tenantId, 'api-keys');
  if (serviceId === undefined) return folder;
  assertId('service_id', serviceId);
  return pathOf(folder, serviceId);
}

/** Thrown when an id is not one: `invalid_request`. */
export function inboxPath(
  settings: VaultSettings,
  endpoint: KvEndpoint,
  tenantId: string,
  operationId: string,
): VaultPath {
  assertId('tenant_id', tenantId);
  assertUuid('operation_id', operationId);
  return pathOf(settings.kvMount, endpoint, 'tenants', tenantId, 'inbox', operationId);
}

/** Folder of a tenant's inbox. For LIST. */
export function inboxFolderPath({ kvMount }: VaultSettings, tenantId: string): VaultPath {
  assertId('tenant_id', tenantId);
  return pathOf(kvMount, 'metadata', 'tenants', tenantId, 'inbox');
}

/** Folder of all tenants. For LIST. */
export function tenantFolderPath({ kvMount }: VaultSettings): VaultPath {
  return pathOf(kvMount, 'metadata', 'tenants');
}

/** A secret of the platform itself. Thrown when `kind` is no name: `invalid_request`. */
export function platformPath(
  { kvMount }: VaultSettings,
  endpoint: Exclude<KvEndpoint, 'destroy'>,
  kind: string,
): VaultPath {
  return pathOf(kvMount, endpoint, 'platform', assertName('kind', kind));
}

/** Thrown when `number` is not a whole number from 1: `invalid_request`. */
export function anchorPath({ kvMount }: VaultSettings, number: number): VaultPath {
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new KeyturnError('invalid_request', 'An anchor number must be a whole number from 1', {
      field: 'anchor',
    });
  }
  return pathOf(kvMount, 'data', 'audit', 'anchors', String(number));
}

/** A transit operation on one of our keys. */
export function transitPath(
  { transitMount }: VaultSettings,
  verb: 'encrypt' | 'decrypt' | 'hmac' | 'sign' | 'verify' | 'keys',
  key: string,
): VaultPath {
  return pathOf(transitMount, verb, assertName('transit key', key));
}

/** transit's own switches, among them `disable_upsert`. */
export function transitConfigPath({ transitMount }: VaultSettings): VaultPath {
  return pathOf(transitMount, 'config', 'keys');
}

/** The KV mount's own settings. */
export function kvConfigPath({ kvMount }: VaultSettings): VaultPath {
  return pathOf(kvMount, 'config');
}

/** What a mount is, as any token with some right below it may read. */
export function mountInfoPath(mount: string): VaultPath {
  return pathOf('sys/internal/ui/mounts', ...mount.split('/').map((part) => assertName('mount', part)));
}

/** Where a mount is made. */
export function mountPath(mount: string): VaultPath {
  return pathOf('sys/mounts', ...mount.split('/').map((part) => assertName('mount', part)));
}

export function policyPath(name: string): VaultPath {
  return pathOf('sys/policies/acl', assertName('policy', name));
}

/** An AppRole, or one of the things below it. */
export function appRolePath(
  role: string,
  leaf?: 'role-id' | 'custom-secret-id' | 'secret-id/lookup',
): VaultPath {
  const path = pathOf('auth/approle/role', assertName('role', role));
  return leaf === undefined ? path : pathOf(path, leaf);
}

export function entityPath(name: string): VaultPath {
  return pathOf('identity/entity/name', assertName('entity', name));
}

export function tokenRolePath(name: string): VaultPath {
  return pathOf('auth/token/roles', assertName('token role', name));
}

export function tokenCreatePath(role: string): VaultPath {
  return pathOf('auth/token/create', assertName('token role', role));
}

export function oidcPath(kind: 'key' | 'role' | 'token', name: string): VaultPath {
  return pathOf('identity/oidc', kind, assertName(`oidc ${kind}`, name));
}

export function auditHeaderPath(header: string): VaultPath {
  return pathOf('sys/config/auditing/request-headers', assertName('header', header));
}

/** The `iss` claim of identity tokens when the issuer's base address is `issuerUrl`. */
export function oidcIssuer(issuerUrl: string): string {
  return `${issuerUrl.replace(/\/+$/, '')}${API_ROOT}identity/oidc`;
}

/** Where the vault at `address` publishes the keys that verify identity tokens. Open to all. */
export function oidcKeysUrl(address: string): string {
  return `${oidcIssuer(address)}/.well-known/keys`;
}

/** Paths without parts. */
export const FIXED_PATHS = {
  health: pathOf('sys/health'),
  login: pathOf('auth/approle/login'),
  lookupSelf: pathOf('auth/token/lookup-self'),
  renewSelf: pathOf('auth/token/renew-self'),
  revokeSelf: pathOf('auth/token/revoke-self'),
  capabilitiesSelf: pathOf('sys/capabilities-self'),
  mounts: pathOf('sys/mounts'),
  authMethods: pathOf('sys/auth'),
  appRoleMethod: pathOf('sys/auth/approle'),
  entityAlias: pathOf('identity/entity-alias'),
  oidcConfig: pathOf('identity/oidc/config'),
  raftSnapshot: pathOf('sys/storage/raft/snapshot'),
} as const;

/** One page of a LIST. Servers without paging (HashiCorp Vault) ignore the query and answer everything. */
export function pageOf(folder: VaultPath, page: { after: string; limit: number }): VaultPath {
  return `${folder}?after=${encodeURIComponent(page.after)}&limit=${page.limit}` as VaultPath;
}
