/** Who is asking, and what each role may do. */
export const ROLES = ['tenant', 'service', 'operator', 'platform', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Principal {
  /** The token's `sub`. */
  readonly subject: string;
  /** The tenant the token is bound to; null for roles of the platform. */
  readonly tenantId: string | null;
  readonly roles: readonly Role[];
}

/** Roles that are bound to the tenant of their token. */
export const TENANT_BOUND: readonly Role[] = ['tenant', 'service'];

/** True when one of `allowed` lets the principal act for the tenant; null means "for all tenants". */
export function mayActFor(principal: Principal, allowed: readonly Role[], tenantId: string | null): boolean {
  return principal.roles.some((role) => {
    if (!allowed.includes(role)) return false;
    if (!TENANT_BOUND.includes(role)) return true;
    return tenantId !== null && principal.tenantId === tenantId;
  });
}

/** True when the principal has one of `allowed`, for whichever tenant. */
export function hasRole(principal: Principal, allowed: readonly Role[]): boolean {
  return principal.roles.some((role) => allowed.includes(role));
}
