/** One operation as it stands. */
import { z } from 'zod';
import { ERRORS, KeyturnError } from '../../contract/errors';
import type { Operation } from '../../contract/operations';
import { maySee } from '../authenticate';
import { linksOf } from '../door';
import type { HttpPorts } from '../ports';
import type { Principal } from '../principal';
import { troubleOf } from '../problem';
import { defineRoute, type Route } from '../route';
import { operationAnswer, operationId } from '../schemas';

const params = z.strictObject({ id: operationId });

export function getOperation(ports: HttpPorts): Route {
  const access = { roles: ['tenant', 'operator', 'admin'], tenant: 'resource' } as const;
  return defineRoute({
    method: 'get',
    path: '/byok/operations/:id',
    operationId: 'getOperation',
    summary: 'The state of an operation',
    tag: 'Operations',
    access,
    mutates: false,
    params,
    responses: { 200: { description: 'the operation', schema: operationAnswer } },
    async handle(request) {
      const operation = await findOperation(ports, { access }, request.principal, request.params.id);
      return { status: 200, body: operationBody(ports, operation) };
    },
  });
}

/** Thrown when there is none, or none of the principal's tenant: `operation_not_found`, in the same words. */
export async function findOperation(
  ports: HttpPorts,
  route: Pick<Route, 'access'>,
  principal: Principal,
  id: string,
): Promise<Operation> {
  const operation = await ports.door.read(id);
  if (operation === null || !maySee(route, principal, operation.tenantId)) {
    throw new KeyturnError('operation_not_found', `there is no operation ${id}`);
  }
  return operation;
}

/** An operation on the wire. */
export function operationBody(ports: HttpPorts, operation: Operation): Record<string, unknown> {
  return {
    id: operation.id,
    kind: operation.kind,
    state: operation.state,
    tenant_id: operation.tenantId,
    service_id: operation.serviceId,
    key_name: operation.keyName,
    epoch: operation.epoch,
    principal: operation.principal,
    accepted_at: operation.acceptedAt,
    closed_at: operation.closedAt,
    result: operation.result,
    error: errorBody(operation),
    links: linksOf(ports, operation),
  };
}

function errorBody({
  errorCode: code,
  errorMessage,
}: Operation): { code: string; message: string | null } | null {
  if (code === null) return null;
  return { code, message: ERRORS[code].status < 500 ? errorMessage : troubleOf(code) };
}
