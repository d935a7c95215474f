/** From header to principal, and from principal to "may". A foreign tenant looks like one that does not exist. */
import type { Request } from 'express';
import { KeyturnError } from '../contract/errors';
import type { HttpPorts } from './ports';
import { hasRole, mayActFor, TENANT_BOUND, type Principal } from './principal';
import type { Route } from './route';

const NOBODY: Principal = { subject: 'anonymous', tenantId: null, roles: [] };
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]{1,8192}=*)$/i;

/** Thrown without a usable token: `unauthenticated`; when the issuer is away: `identity_unavailable`. */
export async function authenticate(ports: HttpPorts, route: Route, request: Request): Promise<Principal> {
  if (route.access.open === true) return NOBODY;
  const match = BEARER.exec(request.get('authorization') ?? '');
  if (match === null) throw new KeyturnError('unauthenticated', 'send Authorization: Bearer <token>');
  return ports.verifyToken(match[1] as string);
}

/**
 * Thrown when no role of the principal opens the route (`forbidden`), or when the named tenant is not its own
 * (`not_found`, before anything is looked up).
 */
export function authorize(route: Route, principal: Principal, tenantId: string | null): void {
  const { access } = route;
  if (access.open === true) return;
  if (!hasRole(principal, access.roles)) {
    throw new KeyturnError('forbidden', `this needs one of the roles ${access.roles.join(', ')}`);
  }
  if (access.tenant === 'none' || access.tenant === 'resource') return;
  if (access.tenant === 'optional' && tenantId === null && !isBound(principal, route)) return;
  if (mayActFor(principal, access.roles, tenantId)) return;
  throw new KeyturnError('not_found', 'there is nothing here for this token');
}

/** For resources found by their id: thrown `operation_not_found`-like by the caller when false. */
export function maySee(route: Pick<Route, 'access'>, principal: Principal, tenantId: string): boolean {
  return route.access.open === true || mayActFor(principal, route.access.roles, tenantId);
}

/** True when every role that opens the route for this principal is bound to a tenant. */
export function isBound(principal: Principal, route: Pick<Route, 'access'>): boolean {
  const { access } = route;
  if (access.open === true) return false;
  return principal.roles
    .filter((role) => access.roles.includes(role))
    .every((role) => TENANT_BOUND.includes(role));
}
