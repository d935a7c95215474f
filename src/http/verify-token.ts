/** Bearer tokens of any OIDC issuer, checked against its published keys. */
import { hash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import { ID_PATTERN } from '../contract/ids';
import { ROLES, type Principal, type Role } from './principal';

export interface IssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

const claims = z.object({
  exp: z.number(),
  sub: z.string().min(1).max(255),
  tenant_id: z.string().max(63).nullish(),
  roles: z.union([z.string(), z.array(z.string())]).nullish(),
});

const CLOCK_TOLERANCE_SECONDS = 5;
/** Signatures only the issuer can make: whoever knows its public keys must not be able to sign with them. */
const ALGORITHMS = 'ES256 ES384 ES512 EdDSA Ed25519 RS256 RS384 RS512 PS256 PS384 PS512'.split(' ');

/** Longest a token is taken without another look at its signature. The issuer's keys are kept for longer than that. */
const KEPT_MS = 60_000;
/** Greatest number of tokens remembered. */
const MAX_KEPT = 10_000;

/** A token that was in order. */
interface Checked {
  readonly principal: Principal;
  /** In seconds since 1970. */
  readonly expiresAt: number;
}

/** Makes the check. Thrown by it: `unauthenticated`, or `identity_unavailable` when the keys cannot be fetched. */
export function createTokenVerifier(settings: IssuerSettings): (token: string) => Promise<Principal> {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
    cooldownDuration: 5_000,
    timeoutDuration: 5_000,
  });
  // By digest: no token is kept.
  const kept = new LRUCache<string, Checked>({ max: MAX_KEPT, ttl: KEPT_MS });
  return async (token) => {
    const digest = hash('sha256', token, 'base64');
    const known = kept.get(digest);
    if (known !== undefined && Date.now() < known.expiresAt * 1000) return known.principal;
    const payload = await verify(token, keys, settings);
    const parsed = claims.safeParse(payload);
    if (!parsed.success) throw unauthenticated('its claims are not those of a Keyturn token');
    const { exp, sub, tenant_id: tenantId, roles } = parsed.data;
    const principal: Principal = {
      subject: sub,
      // What is no id names no tenant, and must not name an audit chain either.
      tenantId: tenantId != null && ID_PATTERN.test(tenantId) ? tenantId : null,
      roles: parseRoles(roles),
    };
    kept.set(digest, { principal, expiresAt: exp });
    return principal;
  };
}

async function verify(
  token: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  settings: IssuerSettings,
): Promise<JWTPayload> {
  try {
    const { issuer, audience } = settings;
    const options = {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub'],
    };
    const { payload } = await jwtVerify(token, keys, options);
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw unauthenticated('it has expired');
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw new KeyturnError('identity_unavailable', 'the keys of the token issuer cannot be fetched');
    }
    // A reply that is no key set is the issuer's trouble, not the caller's.
    if (error.code === 'ERR_JOSE_GENERIC' || error.code === 'ERR_JWKS_INVALID') {
      throw new KeyturnError('identity_unavailable', 'the token issuer answers without usable keys');
    }
    throw unauthenticated('it is not one of the configured issuer and audience');
  }
}

/** Unknown roles give nothing and are no error: an issuer may serve others too. */
function parseRoles(roles: string | readonly string[] | null | undefined): readonly Role[] {
  const named = typeof roles === 'string' ? roles.split(/[\s,]+/) : (roles ?? []);
  return ROLES.filter((role) => named.includes(role));
}

function unauthenticated(why: string): KeyturnError {
  return new KeyturnError('unauthenticated', `the bearer token is refused: ${why}`);
}
