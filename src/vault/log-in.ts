/** Getting a token, and the few calls a token's life needs. */
import { KeyturnError } from '../contract/errors';
import { FIXED_PATHS } from './paths';
import type { TokenGrant, TokenOperations } from './token-lifecycle';
import type { VaultClient } from './vault-client';
import { VaultRefusal } from './vault-errors';
import { VAULT_SETTING_NAMES } from './vault-settings';

/** What an AppRole logs in with. Secret: never logged, never kept where it can be inspected. */
export interface AppRoleCredentials {
  roleId: string;
  secretId: string;
}

export type VaultLogin = { readonly appRole: AppRoleCredentials } | { readonly token: string };

type Request = VaultClient['request'];

/** Thrown when the vault refuses the credentials: `vault_denied`, naming the settings. */
export async function logIn(request: Request, login: VaultLogin): Promise<TokenGrant> {
  return 'token' in login ? grantOfToken(request, login.token) : appRoleLogin(request, login.appRole);
}

/** The calls that {@link keepTokenAlive} makes. */
export function tokenOperations(request: Request, login: VaultLogin): TokenOperations {
  return {
    login: 'token' in login ? null : () => appRoleLogin(request, login.appRole),
    renew: async (token) => {
      const reply = await request({
        method: 'POST',
        path: FIXED_PATHS.renewSelf,
        body: {},
        token,
        idempotent: true,
      });
      return { ...grantOf(reply.body), token };
    },
    isAlive: async (token) => {
      const reply = await request({ method: 'GET', path: FIXED_PATHS.lookupSelf, token, accept: [403] });
      return reply.status !== 403;
    },
    revoke: async (token) => {
      try {
        await request({ method: 'POST', path: FIXED_PATHS.revokeSelf, body: {}, token, accept: [403] });
      } catch (error) {
        // Best effort at the end of a process: a token nobody revokes ends with its TTL.
        if (!(error instanceof KeyturnError)) throw error;
      }
    },
  };
}

async function appRoleLogin(request: Request, { roleId, secretId }: AppRoleCredentials): Promise<TokenGrant> {
  try {
    const body = { role_id: roleId, secret_id: secretId };
    const reply = await request({
      method: 'POST',
      path: FIXED_PATHS.login,
      body,
      token: null,
      idempotent: true,
    });
    return grantOf(reply.body);
  } catch (error) {
    if (!isLoginRefusal(error)) throw error;
    const { roleId: role, secretId: secret } = VAULT_SETTING_NAMES;
    throw new KeyturnError(
      'vault_denied',
      `The vault refuses the AppRole login; check ${role} and ${secret}`,
      { setting: role },
    );
  }
}

/** Wrong ids are 400; 403 is a bound address or a missing auth method, as is 404. */
function isLoginRefusal(error: unknown): boolean {
  if (error instanceof VaultRefusal) return true;
  return error instanceof KeyturnError && error.code === 'vault_denied';
}

async function grantOfToken(request: Request, token: string): Promise<TokenGrant> {
  const reply = await request({ method: 'GET', path: FIXED_PATHS.lookupSelf, token, accept: [403] });
  if (reply.status === 403) {
    const setting = VAULT_SETTING_NAMES.token;
    throw new KeyturnError('vault_denied', `The vault does not know the given token; check ${setting}`, {
      setting,
    });
  }
  const data = (reply.body as { data?: { ttl?: unknown; renewable?: unknown } } | null)?.data;
  return {
    token,
    ttlSeconds: typeof data?.ttl === 'number' ? data.ttl : 0,
    renewable: data?.renewable === true,
  };
}

function grantOf(body: unknown): TokenGrant {
  const auth = (
    body as { auth?: { client_token?: unknown; lease_duration?: unknown; renewable?: unknown } } | null
  )?.auth;
  if (typeof auth?.client_token !== 'string' || typeof auth.lease_duration !== 'number') {
    throw new KeyturnError(
      'vault_unavailable',
      `Something that is no vault answers at ${VAULT_SETTING_NAMES.address}`,
      {
        setting: VAULT_SETTING_NAMES.address,
      },
    );
  }
  return { token: auth.client_token, ttlSeconds: auth.lease_duration, renewable: auth.renewable === true };
}
