/** Policies and AppRoles. */
import { isDeepStrictEqual } from 'node:util';
import { ensureState } from './ensure-state';
import type { AppRoleCredentials } from './log-in';
import { appRolePath, FIXED_PATHS, policyPath } from './paths';
import { renderPolicies } from './policy-files';
import { dataOf } from './read-reply';
import type { VaultClient } from './vault-client';

/** Roles that log in with credentials of their own. */
export const VAULT_ROLES = ['api', 'worker', 'gateway', 'issuer', 'operator'] as const;
export type VaultRole = (typeof VAULT_ROLES)[number];

/** Period of the roles' tokens: renewed within it they live as long as the process. */
const TOKEN_PERIOD_SECONDS = 20 * 60;

/** Writes each shipped policy that differs. */
export async function provisionPolicies(vault: VaultClient): Promise<void> {
  const policies = [...renderPolicies(vault.settings)];
  await Promise.all(
    policies.map(([name, policy]) => ensureState(vault, { path: policyPath(name), body: { policy } })),
  );
}

/** Makes the AppRoles log in with exactly these ids. */
export async function provisionRoles(
  vault: VaultClient,
  roles: Record<VaultRole, AppRoleCredentials>,
): Promise<void> {
  const methods = dataOf((await vault.request({ method: 'GET', path: FIXED_PATHS.authMethods })).body);
  if (methods['approle/'] === undefined) {
    await vault.request({ method: 'POST', path: FIXED_PATHS.appRoleMethod, body: { type: 'approle' } });
  }
  await Promise.all(VAULT_ROLES.map((role) => ensureRole(vault, `keyturn-${role}`, roles[role])));
}

async function ensureRole(vault: VaultClient, name: string, credentials: AppRoleCredentials): Promise<void> {
  await ensureState(vault, {
    path: appRolePath(name),
    body: {
      token_policies: [name],
      token_period: TOKEN_PERIOD_SECONDS,
      token_no_default_policy: true,
      bind_secret_id: true,
    },
  });
  await ensureState(vault, { path: appRolePath(name, 'role-id'), body: { role_id: credentials.roleId } });
  await ensureSecretId(vault, name, credentials.secretId);
}

/** Registering a secret id twice is an error (500), so it is looked up first: 204 or 404 when it is unknown. */
async function ensureSecretId(vault: VaultClient, name: string, secretId: string): Promise<void> {
  const body = { secret_id: secretId };
  const lookup = {
    method: 'POST',
    path: appRolePath(name, 'secret-id/lookup'),
    body,
    idempotent: true,
    accept: [404],
  } as const;
  const found = dataOf((await vault.request(lookup)).body);
  if (!isDeepStrictEqual(found, {})) return;
  await vault.request({ method: 'POST', path: appRolePath(name, 'custom-secret-id'), body });
}
