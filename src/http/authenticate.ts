/** From header to principal, and from principal to "may". A foreign tenant looks like one that does not exist. */
import type { Request } from 'express';
import { KeyturnError } from '../contract/errors';
import type { HttpPorts } from './ports';
import { hasRole, mayActFor, type Principal } from './principal';
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

/** Thrown when no role of the principal opens the route: `forbidden`. */
export function authorizeRole({ access }: Route, principal: Principal): void {
  if (access.open === true || hasRole(principal, access.roles)) return;
  throw new KeyturnError('forbidden', `this needs one of the roles ${access.roles.join(', ')}`);
}

/**
 * Thrown when the named tenant is not the principal's own: `not_found`, before anything is looked up; when the
 * principal must name one and does not: `invalid_request`.
 */
export function authorizeTenant({ access }: Route, principal: Principal, tenantId: string | null): void {
  if (access.open === true || access.tenant === 'none' || access.tenant === 'resource') return;
  if (mayActFor(principal, access.roles, tenantId)) return;
  if (tenantId === null) {
    throw new KeyturnError('invalid_request', 'tenant_id: is missing', { field: 'tenant_id' });
  }
  throw new KeyturnError('not_found', 'there is nothing here for this token');
}

/** For resources found by their id: when false, the caller answers as if there were none. */
export function maySee(route: Pick<Route, 'access'>, principal: Principal, tenantId: string): boolean {
  return route.access.open === true || mayActFor(principal, route.access.roles, tenantId);
}
