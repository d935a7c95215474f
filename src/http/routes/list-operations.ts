/** Operations, newest first. */
import { z } from 'zod';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { cursor, limit, operationAnswer, serviceId, tenantId } from '../schemas';
import { operationBody } from './get-operation';

const query = z.strictObject({
  tenant_id: tenantId.optional(),
  service_id: serviceId.optional(),
  limit,
  cursor: cursor.optional(),
});

export function listOperations(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/byok/operations',
    operationId: 'listOperations',
    summary: 'Operations of a tenant, newest first',
    tag: 'Operations',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'optional' },
    mutates: false,
    query,
    responses: {
      200: {
        description: 'a page; pass next_cursor on for the next one',
        schema: z.object({ operations: z.array(operationAnswer), next_cursor: z.string().nullable() }),
      },
    },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const page = await ports.ledger.listOperations({
        limit: query.limit,
        ...(query.tenant_id === undefined ? {} : { tenantId: query.tenant_id }),
        ...(query.service_id === undefined ? {} : { serviceId: query.service_id }),
        ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      });
      const operations = page.items.map((operation) => operationBody(ports, operation));
      return { status: 200, body: { operations, next_cursor: page.nextCursor } };
    },
  });
}
