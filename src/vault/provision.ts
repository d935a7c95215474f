/** Everything Keyturn needs in a vault, made at every start: writes only what differs. */
import { isKeyturnError, KeyturnError } from '../contract/errors';
import { CORRELATION_HEADER } from './correlation';
import type { AppRoleCredentials } from './log-in';
import { auditHeaderPath } from './paths';
import { provisionPolicies, provisionRoles, type VaultRole } from './provision-access';
import { provisionEngines } from './provision-engines';
import { MAX_TOKEN_TTL_SECONDS, provisionIdentity } from './provision-identity';
import { objectOf } from './read-reply';
import type { VaultClient } from './vault-client';

export interface ProvisionOptions {
  readonly roles: Record<VaultRole, AppRoleCredentials>;
  /** Base address written into identity tokens; see {@link oidcIssuer}. */
  readonly issuerUrl: string;
  /** Life of an identity token, at most {@link MAX_TOKEN_TTL_SECONDS} (the default). */
  readonly tokenTtlSeconds?: number;
}

/** Rounds when several processes provision at once. */
const MAX_ATTEMPTS = 4;

/**
 * Makes mounts, transit keys, policies, AppRoles and the token issuer be as this release needs them. `vault` is
 * logged in as the provisioner, or as root where the AppRole method is to be enabled too.
 * Thrown when something of that name is of another kind, or the role may not (`vault_…`).
 */
export async function provisionVault(vault: VaultClient, options: ProvisionOptions): Promise<void> {
  const tokenTtlSeconds = options.tokenTtlSeconds ?? MAX_TOKEN_TTL_SECONDS;
  if (
    !Number.isSafeInteger(tokenTtlSeconds) ||
    tokenTtlSeconds < 1 ||
    tokenTtlSeconds > MAX_TOKEN_TTL_SECONDS
  ) {
    throw new KeyturnError('invalid_request', `tokenTtlSeconds must be from 1 to ${MAX_TOKEN_TTL_SECONDS}`, {
      field: 'tokenTtlSeconds',
    });
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await provisionOnce(vault, { roles: options.roles, issuerUrl: options.issuerUrl, tokenTtlSeconds });
      return;
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isLostRace(error)) throw error;
    }
  }
}

async function provisionOnce(vault: VaultClient, options: Required<ProvisionOptions>): Promise<void> {
  // Policies first: a provisioner of an older release gets its new rights from them.
  await provisionPolicies(vault);
  await provisionEngines(vault);
  await Promise.all([
    provisionRoles(vault, options.roles),
    provisionIdentity(vault, { issuerUrl: options.issuerUrl, tokenTtlSeconds: options.tokenTtlSeconds }),
    recordCorrelationIds(vault),
  ]);
}

/** Another process made the same thing between our look and our write; the next look sees it. */
function isLostRace(error: unknown): boolean {
  return (
    isKeyturnError(error) && (error.details['vaultStatus'] === 400 || error.details['vaultStatus'] === 500)
  );
}

/** The audit log shows the operation id in clear. Left out where the role may not: a convenience, not a need. */
async function recordCorrelationIds(vault: VaultClient): Promise<void> {
  const path = auditHeaderPath(CORRELATION_HEADER);
  const found = await vault.request({ method: 'GET', path, accept: [400, 403, 404] });
  const current = objectOf(objectOf(objectOf(found.body)['data'])[CORRELATION_HEADER]);
  if (found.status === 403 || (found.status === 200 && current['hmac'] === false)) return;
  await vault.request({ method: 'POST', path, body: { hmac: false }, idempotent: true, accept: [403] });
}
