/** Asks the provider about a key: the one sent along, or the stored one. */
import { z } from 'zod';
import { parseServiceId } from '../../providers/catalog';
import { aboutKey, enter } from '../door';
import { findFields } from '../find-fields';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { acceptedAnswer, apiKeys, keyName, serviceId, tenantId, verdictAnswer } from '../schemas';

const body = z
  .strictObject({
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    api_keys: apiKeys.optional(),
  })
  .meta({ id: 'ValidateKey' });

export function validateKey(ports: HttpPorts): Route {
  return defineRoute({
    method: 'post',
    path: '/byok/validate-key',
    operationId: 'validateKey',
    summary: 'Ask the provider about a key, without storing anything but the verdict',
    tag: 'Keys',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'named' },
    mutates: true,
    body,
    responses: {
      200: { description: 'the verdict; `inconclusive` says why nothing can be said', schema: verdictAnswer },
      202: { description: 'accepted; follow Location', schema: acceptedAnswer },
    },
    tenantOf: (input) => input.body.tenant_id,
    async handle(request) {
      const { tenant_id, service_id, key_name, api_keys } = request.body;
      const found = api_keys === undefined ? undefined : findFields(service_id, api_keys);
      const serviceId = found?.serviceId ?? parseServiceId(service_id);
      await ports.spendValidation(tenant_id, request.principal.subject, serviceId);
      const mutation = {
        kind: 'validate',
        ref: { tenantId: tenant_id, serviceId, keyName: key_name },
        params: { supplied: found !== undefined },
        ...(found === undefined ? {} : { fields: found.fields, hint: found.hint }),
      } as const;
      const warnings = found?.warnings ?? [];
      return enter(ports, request, mutation, (operation) => ({
        status: 200,
        body: { ...aboutKey(ports, operation), ...(warnings.length > 0 ? { warnings } : {}) },
      }));
    },
  });
}
