/** Checks the chain and its anchors now. */
import { z } from 'zod';
import { tenantChain } from '../../contract/audit';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { tenantId } from '../schemas';

const query = z.strictObject({ tenant_id: tenantId.optional() });

const report = z
  .object({
    ok: z.boolean().meta({ description: 'true: nothing that was anchored has changed since' }),
    chains: z.array(
      z.object({
        chain: z.string(),
        entries: z.int(),
        anchored_seq: z.int().meta({ description: 'the last entry an anchor vouches for' }),
        unanchored: z.int(),
        problems: z.array(z.string()),
      }),
    ),
    anchors: z.object({
      count: z.int(),
      latest: z.object({ n: z.int(), at: z.string() }).nullable(),
      problems: z.array(z.string()),
    }),
  })
  .meta({ id: 'AuditReport' });

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
    responses: {
      200: { description: 'what holds, what does not, and what is not anchored yet', schema: report },
    },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const chain = query.tenant_id === undefined ? null : tenantChain(query.tenant_id);
      const { chains, ...found } = await ports.ledger.verifyAudit(chain);
      const told = chains.map(({ anchoredSeq, ...one }) => ({ ...one, anchored_seq: anchoredSeq }));
      return { status: 200, body: { ...found, chains: told } };
    },
  });
}
