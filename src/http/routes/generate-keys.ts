/** Stores a tenant's key for a service. */
import { z } from 'zod';
import { findFields } from '../find-fields';
import { aboutKey, enter } from '../door';
import type { HttpPorts } from '../ports';
import { refuseSecrets } from '../refuse-secrets';
import { defineRoute, type Route } from '../route';
import { acceptedAnswer, apiKeys, keyAnswer, keyName, reason, serviceId, tenantId } from '../schemas';

const body = z
  .strictObject({
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    api_keys: apiKeys,
    validation: z.enum(['default', 'strict', 'skip']).default('default').meta({
      description: '`strict` refuses what cannot be verified now, `skip` stores without asking the provider',
    }),
    reason: reason.optional(),
  })
  .meta({ id: 'GenerateKeys' });

export function generateKeys(ports: HttpPorts): Route {
  return defineRoute({
    method: 'post',
    path: '/byok/generate-keys',
    operationId: 'generateKeys',
    summary: 'Store a key, after asking its provider about it',
    tag: 'Keys',
    access: { roles: ['tenant', 'admin'], tenant: 'named' },
    mutates: true,
    body,
    responses: {
      201: { description: 'stored', schema: keyAnswer },
      200: { description: 'the same key was stored already', schema: keyAnswer },
      202: { description: 'accepted; follow Location', schema: acceptedAnswer },
    },
    tenantOf: (input) => input.body.tenant_id,
    async handle(request) {
      const { tenant_id, service_id, key_name, api_keys, validation, reason } = request.body;
      const found = findFields(service_id, api_keys);
      refuseSecrets('reason', reason, found.fields);
      const mutation = {
        kind: 'generate',
        ref: { tenantId: tenant_id, serviceId: found.serviceId, keyName: key_name },
        params: { validation, ...(reason === undefined ? {} : { reason }) },
        fields: found.fields,
        hint: found.hint,
      } as const;
      return enter(ports, request, mutation, (operation) => ({
        status: operation.result?.['outcome'] === 'unchanged' ? 200 : 201,
        body: {
          ...aboutKey(ports, operation),
          ...(found.warnings.length > 0 ? { warnings: found.warnings } : {}),
        },
      }));
    },
  });
}
