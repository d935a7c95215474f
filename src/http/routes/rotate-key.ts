/** Replaces a key; the old one stays available for the grace period. */
import { z } from 'zod';
import { KeyturnError } from '../../contract/errors';
import { GRACE_SECONDS } from '../../contract/keys';
import { parseServiceId } from '../../providers/catalog';
import { aboutKey, enter } from '../door';
import { findFields } from '../find-fields';
import type { HttpPorts } from '../ports';
import { refuseSecrets } from '../refuse-secrets';
import { defineRoute, type Route } from '../route';
import {
  acceptedAnswer,
  apiKeys,
  graceSeconds,
  keyAnswer,
  keyName,
  reason,
  serviceId,
  tenantId,
} from '../schemas';

const body = z
  .strictObject({
    tenant_id: tenantId,
    service_id: serviceId,
    key_name: keyName,
    api_keys: apiKeys.optional(),
    grace_seconds: graceSeconds
      .default(GRACE_SECONDS.default)
      .meta({ description: 'how long the old key stays available' }),
    supersede: z.boolean().default(false).meta({ description: 'end a grace period that is still running' }),
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'take a key with fewer scopes, no credit, or of another account' }),
    reason: reason.optional(),
  })
  .meta({ id: 'RotateKey' });

export function rotateKey(ports: HttpPorts): Route {
  return defineRoute({
    method: 'post',
    path: '/byok/rotate-key',
    operationId: 'rotateKey',
    summary: 'Replace a key without an outage',
    tag: 'Keys',
    access: { roles: ['tenant', 'admin'], tenant: 'named' },
    mutates: true,
    body,
    responses: {
      200: { description: 'promoted', schema: keyAnswer },
      202: { description: 'accepted; follow Location', schema: acceptedAnswer },
    },
    tenantOf: (input) => input.body.tenant_id,
    async handle(request) {
      const { tenant_id, service_id, key_name, api_keys, grace_seconds, supersede, force, reason } =
        request.body;
      if (api_keys === undefined) {
        parseServiceId(service_id);
        throw new KeyturnError(
          'new_key_required',
          'send the new key as api_keys; this service cannot mint one',
          {
            field: 'api_keys',
          },
        );
      }
      const found = findFields(service_id, api_keys);
      refuseSecrets('reason', reason, found.fields);
      const mutation = {
        kind: 'rotate',
        ref: { tenantId: tenant_id, serviceId: found.serviceId, keyName: key_name },
        params: {
          graceSeconds: grace_seconds,
          supersede,
          force,
          ...(reason === undefined ? {} : { reason }),
        },
        fields: found.fields,
        hint: found.hint,
      } as const;
      return enter(ports, request, mutation, (operation) => ({
        status: 200,
        body: {
          ...aboutKey(ports, operation),
          ...(found.warnings.length > 0 ? { warnings: found.warnings } : {}),
        },
      }));
    },
  });
}
