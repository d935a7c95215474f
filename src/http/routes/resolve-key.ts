/** The current key in clear, for a trusted service of the tenant. Mounted only where keys can be opened. */
import { z } from 'zod';
import { tenantChain } from '../../contract/audit';
import { KeyturnError } from '../../contract/errors';
import { parseServiceId } from '../../providers/catalog';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { keyName, serviceId, tenantId } from '../schemas';

const query = z.strictObject({
  tenant_id: tenantId,
  service_id: serviceId,
  key_name: keyName,
  stage: z.enum(['current', 'previous']).default('current'),
});

const resolved = z.object({
  tenant_id: z.string(),
  service_id: z.string(),
  key_name: z.string(),
  stage: z.string(),
  version: z.int(),
  verdict: z.string(),
  retire_at: z.string().nullable(),
  api_keys: z.record(z.string(), z.string()),
});

export function resolveKey(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/byok/resolve',
    operationId: 'resolveKey',
    summary: 'The key itself, for a trusted service',
    tag: 'Keys',
    access: { roles: ['service'], tenant: 'named' },
    mutates: false,
    query,
    responses: {
      200: { description: 'the key; never cached', schema: resolved.meta({ id: 'ResolvedKey' }) },
    },
    tenantOf: (input) => input.query.tenant_id,
    async handle({ query, principal }) {
      if (ports.resolveKey === null) throw new KeyturnError('not_found', 'this process cannot open keys');
      const { tenant_id: tenant, key_name: name, stage } = query;
      const service = parseServiceId(query.service_id);
      const ref = { tenantId: tenant, serviceId: service, keyName: name };
      await ports.spendRead(tenant, principal.subject, service);
      const key = await ports.resolveKey(ref, stage);
      // Written before the key leaves: no key is read without a trace.
      await ports.ledger.appendAudit({
        chain: tenantChain(tenant),
        action: 'key.read',
        outcome: 'done',
        principal: principal.subject,
        serviceId: service,
        keyName: name,
        version: key.version,
        epoch: key.epoch,
        details: { stage },
      });
      return {
        status: 200,
        body: {
          tenant_id: tenant,
          service_id: service,
          key_name: name,
          stage,
          version: key.version,
          verdict: key.verdict,
          retire_at: key.retireAt,
          api_keys: key.fields,
        },
      };
    },
  });
}
