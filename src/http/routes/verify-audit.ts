/** Checks the chain and its anchors now. */
import { z } from 'zod';
import { tenantChain } from '../../contract/audit';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { tenantId } from '../schemas';

const query = z.strictObject({ tenant_id: tenantId.optional() });

export function verifyAudit(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/audit/verify',
    operationId: 'verifyAudit',
    summary: 'Verify the audit trail against its anchors',
    tag: 'Audit',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'optional' },
    mutates: false,
    query,
    responses: { 200: { description: 'what holds, what does not, and what is not anchored yet' } },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const chain = query.tenant_id === undefined ? null : tenantChain(query.tenant_id);
      return { status: 200, body: await ports.ledger.verifyAudit(chain) };
    },
  });
}
