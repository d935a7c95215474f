/** Ends a key's life at once. Takes effect when the request is accepted. */
import { z } from 'zod';
import { KeyturnError } from '../../contract/errors';
import { DEFAULT_KEY_NAME } from '../../contract/ids';
import type { Operation } from '../../contract/operations';
import { findService, parseServiceId } from '../../providers/catalog';
import { enter, linksOf } from '../door';
import type { HttpPorts } from '../ports';
import { refuseSecrets } from '../refuse-secrets';
import { defineRoute, type Reply, type Route } from '../route';
import { acceptedAnswer, givenKeyName, reason, revocationReceipt, serviceId, tenantId } from '../schemas';

/** Without defaults: what the body leaves open, the query may say. */
const fields = {
  tenant_id: tenantId.optional(),
  service_id: serviceId.optional(),
  key_name: givenKeyName.optional(),
  reason: reason.optional(),
};
/** Some proxies drop the body of a DELETE, so the query string may carry the same fields. */
const body = z.strictObject(fields).meta({ id: 'RevokeKey' });
const query = z.strictObject(fields);

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
      202: {
        description: 'revoked for all readers; the material is being destroyed',
        schema: acceptedAnswer,
      },
    },
    tenantOf: (input) => given(input).tenant_id,
    async handle(request) {
      const { tenant_id, service_id, key_name, reason } = given(request);
      refuseSecrets('reason', reason);
      const mutation = {
        kind: 'revoke',
        ref: {
          tenantId: tenant_id,
          serviceId: parseServiceId(service_id),
          keyName: key_name ?? DEFAULT_KEY_NAME,
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

type Given = z.infer<typeof body>;

/** Body and query as one. Thrown when they differ, or when neither names the key: `invalid_request`. */
function given(input: { body: Given; query: Given }): Given & { tenant_id: string; service_id: string } {
  const merged: Given = {};
  for (const field of Object.keys(fields) as (keyof Given)[]) {
    const [said, alsoSaid] = [input.body[field], input.query[field]];
    if (said !== undefined && alsoSaid !== undefined && said !== alsoSaid)
      throw new KeyturnError('invalid_request', `${field}: body and query differ`, { field });
    const value = said ?? alsoSaid;
    if (value !== undefined) merged[field] = value;
  }
  return { ...merged, tenant_id: present(merged, 'tenant_id'), service_id: present(merged, 'service_id') };
}

function present(merged: Given, field: 'tenant_id' | 'service_id'): string {
  const value = merged[field];
  if (value === undefined) throw new KeyturnError('invalid_request', `${field}: is missing`, { field });
  return value;
}
