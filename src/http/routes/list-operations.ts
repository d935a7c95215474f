/** Operations, newest first. */
import { z } from 'zod';
import { pageQuery, toPageFilter } from '../page-query';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { operationAnswer } from '../schemas';
import { operationBody } from './get-operation';

export function listOperations(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/byok/operations',
    operationId: 'listOperations',
    summary: 'Operations of a tenant, newest first',
    tag: 'Operations',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'optional' },
    mutates: false,
    query: pageQuery,
    responses: {
      200: {
        description: 'a page; pass next_cursor on for the next one',
        schema: z.object({ operations: z.array(operationAnswer), next_cursor: z.string().nullable() }),
      },
    },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const page = await ports.ledger.listOperations(toPageFilter(query));
      const operations = page.items.map((operation) => operationBody(ports, operation));
      return { status: 200, body: { operations, next_cursor: page.nextCursor } };
    },
  });
}
