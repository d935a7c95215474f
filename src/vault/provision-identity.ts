/** The embedded token issuer: OpenBao's (or Vault's) own OIDC identity provider. */
import { ensureState } from './ensure-state';
import { FIXED_PATHS, oidcPath, tokenRolePath } from './paths';
import type { VaultClient } from './vault-client';

/** Name of the OIDC key and role. */
export const OIDC_NAME = 'keyturn';
/** Name of the token role, and of the one policy its tokens have. */
export const BEARER_ROLE = 'keyturn-bearer';
/** Audience of every identity token. */
export const TOKEN_AUDIENCE = 'keyturn-api';
/** Longest and default life of an identity token. */
export const MAX_TOKEN_TTL_SECONDS = 3_600;

const KEY_ROTATION_SECONDS = 24 * 3_600;
// The placeholders carry no quotes: the server puts them.
const CLAIMS =
  '{"tenant_id": {{identity.entity.metadata.tenant_id}}, "roles": {{identity.entity.metadata.roles}}}';

/** Makes the issuer with a fixed address, so that tokens stay valid when the embedded port moves. */
export async function provisionIdentity(
  vault: VaultClient,
  options: { issuerUrl: string; tokenTtlSeconds: number },
): Promise<void> {
  await ensureState(vault, { path: FIXED_PATHS.oidcConfig, body: { issuer: options.issuerUrl } });
  await ensureState(vault, {
    path: oidcPath('key', OIDC_NAME),
    body: {
      algorithm: 'ES256',
      allowed_client_ids: [TOKEN_AUDIENCE],
      rotation_period: KEY_ROTATION_SECONDS,
      verification_ttl: KEY_ROTATION_SECONDS,
    },
  });
  const role = { key: OIDC_NAME, client_id: TOKEN_AUDIENCE, ttl: options.tokenTtlSeconds };
  await ensureState(vault, {
    path: oidcPath('role', OIDC_NAME),
    body: { ...role, template: Buffer.from(CLAIMS, 'utf8').toString('base64') },
    shown: { ...role, template: CLAIMS },
  });
  await ensureState(vault, {
    path: tokenRolePath(BEARER_ROLE),
    body: {
      allowed_entity_aliases: ['keyturn-*'],
      allowed_policies: [BEARER_ROLE],
      orphan: true,
      renewable: false,
      token_type: 'batch',
      token_no_default_policy: true,
    },
  });
}
