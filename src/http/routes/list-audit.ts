/** The audit trail of a tenant, or of the platform. */
import { z } from 'zod';
import { PLATFORM_CHAIN, tenantChain } from '../../contract/audit';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { limit, operationId, tenantId } from '../schemas';

const query = z.strictObject({
  tenant_id: tenantId.optional(),
  operation_id: operationId.optional(),
  after_seq: z.coerce.number().int().min(0).optional(),
  limit,
});

export function listAudit(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/audit',
    operationId: 'listAudit',
    summary: 'The audit trail, in order',
    tag: 'Audit',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'optional' },
    mutates: false,
    query,
    responses: {
      200: {
        description: 'entries of one chain',
        schema: z.object({
          chain: z.string(),
          entries: z.array(z.record(z.string(), z.unknown())),
          next_after_seq: z.int().nullable(),
        }),
      },
    },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const chain = query.tenant_id === undefined ? PLATFORM_CHAIN : tenantChain(query.tenant_id);
      const { entries, nextAfterSeq } = await ports.ledger.listAudit({
        chain,
        limit: query.limit,
        ...(query.after_seq === undefined ? {} : { afterSeq: query.after_seq }),
        ...(query.operation_id === undefined ? {} : { operationId: query.operation_id }),
      });
      return { status: 200, body: { chain, entries, next_after_seq: nextAfterSeq } };
    },
  });
}
