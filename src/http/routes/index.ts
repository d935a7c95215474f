/** Every endpoint of the API role. */
import type { HttpPorts } from '../ports';
import type { Route } from '../route';
import { cancelOperation } from './cancel-operation';
import { decideRotationRoutes } from './decide-rotation';
import { generateKeys } from './generate-keys';
import { getOperation } from './get-operation';
import { healthRoutes } from './health';
import { listAudit } from './list-audit';
import { listKeys } from './list-keys';
import { listOperations } from './list-operations';
import { listServicesRoute } from './list-services';
import { offboardTenant } from './offboard-tenant';
import { resolveKey } from './resolve-key';
import { revokeKey } from './revoke-key';
import { rotateKey } from './rotate-key';
import { validateKey } from './validate-key';
import { verifyAudit } from './verify-audit';

/** The table of routes. */
export function apiRoutes(ports: HttpPorts): readonly Route[] {
  return [
    generateKeys(ports),
    listServicesRoute(),
    validateKey(ports),
    rotateKey(ports),
    revokeKey(ports),
    listKeys(ports),
    listOperations(ports),
    getOperation(ports),
    ...decideRotationRoutes(ports),
    cancelOperation(ports),
    offboardTenant(ports),
    listAudit(ports),
    verifyAudit(ports),
    ...healthRoutes(ports),
  ];
}

/** Every endpoint of every role, to be described: without ports, so none can be called. */
export function everyRoute(): readonly Route[] {
  const ports = {} as HttpPorts;
  return [...apiRoutes(ports), resolveKey(ports)];
}
