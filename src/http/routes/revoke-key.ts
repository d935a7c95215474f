/** Ends a key's life at once. Takes effect when the request is accepted. */
import { z } from 'zod';
import type { Operation } from '../../contract/operations';
import { findService, parseServiceId } from '../../providers/catalog';
import { KeyturnError } from '../../contract/errors';
import { enter, linksOf } from '../door';
import type { HttpPorts } from '../ports';
import { refuseSecrets } from '../refuse-secrets';
import { defineRoute, type Reply, type Route } from '../route';
import { keyName, reason, revocationReceipt, serviceId, tenantId } from '../schemas';

const fields = {
  tenant_id: tenantId,
  service_id: serviceId,
  key_name: keyName,
  reason: reason.optional(),
};
/** Some proxies drop the body of a DELETE, so the query string may carry the same fields. */
const body = z.strictObject(fields).partial().meta({ id: 'RevokeKey' });
const query = z.strictObject(fields).partial();

export function revokeKey(ports: HttpPorts): Route {
  return defineRoute({
    method: 'delete',
    path: '/byok/revoke-key',
    operationId: 'revokeKey',
    summary: 'Revoke a key; from now on no reader is served',
    tag: 'Keys',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'named' },
    mutates: true,
    body,
    query,
    responses: {
      200: { description: 'the receipt; a repeat gives the same one', schema: revocationReceipt },
      202: { description: 'revoked for all readers; the material is being destroyed' },
    },
    tenantOf: (input) => input.body.tenant_id ?? input.query.tenant_id ?? null,
    async handle(request) {
      const given = { ...dropUndefined(request.query), ...dropUndefined(request.body) };
      const { tenant_id, service_id, key_name, reason } = given;
      for (const [field, value] of Object.entries({ tenant_id, service_id })) {
        if (value === undefined) throw new KeyturnError('invalid_request', `${field}: is missing`, { field });
      }
      refuseSecrets('reason', reason);
      const mutation = {
        kind: 'revoke',
        ref: {
          tenantId: tenant_id as string,
          serviceId: parseServiceId(service_id as string),
          keyName: key_name ?? 'default',
        },
        params: reason === undefined ? {} : { reason },
      } as const;
      return enter(ports, request, mutation, (operation) => receipt(ports, operation));
    },
  });
}

/** The answer to a revocation. */
export function receipt(ports: HttpPorts, operation: Operation): Reply {
  const { tenantId, serviceId, keyName, id, epoch } = operation;
  const revocation = findService(serviceId)?.revocation;
  return {
    status: 200,
    body: {
      tenant_id: tenantId,
      service_id: serviceId,
      key_name: keyName,
      operation_id: id,
      ...operation.result,
      state: 'revoked',
      epoch,
      // The fence went up in the transaction that accepted the operation.
      revoked_at: operation.acceptedAt,
      at_provider:
        `${revocation?.meaning ?? 'Delete the key at the provider too.'} ${revocation?.url ?? ''}`.trim(),
      links: linksOf(ports, operation),
    },
  };
}

function dropUndefined<T extends object>(value: T | undefined): Partial<T> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, member]) => member !== undefined),
  ) as Partial<T>;
}
