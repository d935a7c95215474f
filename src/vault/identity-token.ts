/** Bearer tokens (JWT) for Keyturn's own API, signed by the vault. For the embedded issuer. */
import { KeyturnError } from '../contract/errors';
import { assertId } from '../contract/ids';
import { entityPath, FIXED_PATHS, oidcPath, tokenCreatePath } from './paths';
import { BEARER_ROLE, OIDC_NAME } from './provision-identity';
import { dataOf, objectOf, stringAt } from './read-reply';
import type { VaultClient } from './vault-client';

export { TOKEN_AUDIENCE } from './provision-identity';
export { oidcIssuer, oidcKeysUrl } from './paths';

/** Whom a token speaks for. */
export interface TokenSubject {
  /** Absent for one that belongs to no tenant; its claim is then the empty string. */
  readonly tenantId?: string;
  /** One role, lower-case letters. */
  readonly roles: string;
}

// No `-`: the entity's name joins role and tenant with one, and no two subjects may share an entity.
const ROLE_PATTERN = /^[a-z]{1,32}$/;
const BEARER_TTL = '60s';

/**
 * Mints a JWT with claims tenant_id and roles; it lives as long as provisioning said (at most an hour). `vault` is
 * logged in as the issuer.
 * Thrown when tenant or role is not one (`invalid_request`), or the vault cannot (`vault_…`).
 */
export async function mintIdentityToken(vault: VaultClient, subject: TokenSubject): Promise<string> {
  const { tenantId, roles } = subject;
  if (tenantId !== undefined) assertId('tenant_id', tenantId);
  if (!ROLE_PATTERN.test(roles)) {
    throw new KeyturnError('invalid_request', `roles must match ${ROLE_PATTERN.source}`, { field: 'roles' });
  }
  const name = tenantId === undefined ? `keyturn-${roles}` : `keyturn-${roles}-${tenantId}`;
  const entityId = await ensureEntity(vault, name, { tenant_id: tenantId ?? '', roles });
  const body = { name, canonical_id: entityId, mount_accessor: await readTokenAccessor(vault) };
  await vault.request({ method: 'POST', path: FIXED_PATHS.entityAlias, body, idempotent: true });
  return readIdentityToken(vault, await createBearer(vault, name));
}

/** The vault tells a new entity's id at once, a known one's only when read. */
async function ensureEntity(
  vault: VaultClient,
  name: string,
  metadata: Record<string, string>,
): Promise<string> {
  const path = entityPath(name);
  await vault.request({ method: 'POST', path, body: { metadata }, idempotent: true });
  return stringAt(dataOf((await vault.request({ method: 'GET', path })).body), 'id');
}

async function readTokenAccessor(vault: VaultClient): Promise<string> {
  const methods = dataOf((await vault.request({ method: 'GET', path: FIXED_PATHS.authMethods })).body);
  return stringAt(objectOf(methods['token/']), 'accessor');
}

async function createBearer(vault: VaultClient, entityAlias: string): Promise<string> {
  const body = {
    entity_alias: entityAlias,
    policies: [BEARER_ROLE],
    no_default_policy: true,
    ttl: BEARER_TTL,
  };
  const reply = await vault.request({
    method: 'POST',
    path: tokenCreatePath(BEARER_ROLE),
    body,
    idempotent: true,
  });
  return stringAt(objectOf(objectOf(reply.body)['auth']), 'client_token');
}

async function readIdentityToken(vault: VaultClient, bearer: string): Promise<string> {
  const reply = await vault.request({ method: 'GET', path: oidcPath('token', OIDC_NAME), token: bearer });
  return stringAt(dataOf(reply.body), 'token');
}
