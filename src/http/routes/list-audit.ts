/** The audit trail of a tenant, or of the platform. */
import { z } from 'zod';
import { AUDIT_OUTCOMES, PLATFORM_CHAIN, tenantChain } from '../../contract/audit';
import type { HttpPorts, ListedEvent } from '../ports';
import { defineRoute, type Route } from '../route';
import { limit, operationId, tenantId } from '../schemas';

const query = z.strictObject({
  tenant_id: tenantId.optional(),
  operation_id: operationId.optional(),
  after_seq: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  limit,
});

const entry = z
  .object({
    seq: z.int().meta({ description: 'its number in the chain, from 1' }),
    at: z.string(),
    action: z.string().meta({ example: 'key.rotate' }),
    outcome: z.enum(AUDIT_OUTCOMES),
    principal: z.string(),
    service_id: z.string().optional(),
    key_name: z.string().optional(),
    key_id: z.string().nullable().optional(),
    version: z.int().optional(),
    epoch: z.int().optional(),
    fingerprint: z.string().optional(),
    verdict: z.string().optional(),
    error_code: z.string().optional(),
    reason: z.string().optional(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    operation_id: z.string().optional(),
    workflow_id: z.string().optional(),
    run_id: z.string().nullable().optional(),
    hash: z.string().meta({ description: 'SHA-256 over the entry and the hash before it, hex' }),
  })
  .meta({ id: 'AuditEntry' });

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
          entries: z.array(entry),
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
      return { status: 200, body: { chain, entries: entries.map(entryBody), next_after_seq: nextAfterSeq } };
    },
  });
}

function entryBody(event: ListedEvent): z.input<typeof entry> {
  return {
    seq: event.seq,
    at: event.at,
    action: event.action,
    outcome: event.outcome,
    principal: event.principal,
    service_id: event.serviceId,
    key_name: event.keyName,
    key_id: event.keyId,
    version: event.version,
    epoch: event.epoch,
    fingerprint: event.fingerprint,
    verdict: event.verdict,
    error_code: event.errorCode,
    reason: event.reason,
    details: event.details,
    operation_id: event.operationId,
    workflow_id: event.workflowId,
    run_id: event.runId,
    hash: event.hash,
  };
}
