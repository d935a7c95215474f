/** The end of a tenant: every key revoked, one receipt. */
import { z } from 'zod';
import { tenantChain } from '../../contract/audit';
import { isKeyturnError } from '../../contract/errors';
import { enter } from '../door';
import type { HttpPorts, ListedKey } from '../ports';
import { defineRoute, type Reply, type Route, type RouteRequest } from '../route';
import { tenantId } from '../schemas';
import { receipt } from './revoke-key';

const params = z.strictObject({ id: tenantId });
const PAGE = 200;

export function offboardTenant(ports: HttpPorts): Route {
  return defineRoute({
    method: 'delete',
    path: '/byok/tenants/:id',
    operationId: 'offboardTenant',
    summary: 'Revoke every key of a tenant',
    tag: 'Keys',
    access: { roles: ['admin'], tenant: 'none' },
    mutates: true,
    params,
    responses: {
      200: {
        description: 'the receipts',
        schema: z.object({
          tenant_id: z.string(),
          revoked: z.int(),
          receipts: z.array(z.record(z.string(), z.unknown())),
        }),
      },
    },
    async handle(request) {
      const tenant = request.params.id;
      const event = {
        chain: tenantChain(tenant),
        action: 'tenant.offboard',
        principal: request.principal.subject,
      } as const;
      await ports.ledger.appendAudit({ ...event, outcome: 'intent' });
      const receipts: unknown[] = [];
      try {
        for await (const key of liveKeys(ports, tenant)) {
          const reply = await revokeOne(ports, request, key);
          if (reply !== null) receipts.push(reply.body);
        }
      } catch (error) {
        await ports.ledger.appendAudit({
          ...event,
          outcome: 'failed',
          details: { revoked: receipts.length },
        });
        throw error;
      }
      await ports.ledger.appendAudit({ ...event, outcome: 'done', details: { revoked: receipts.length } });
      return { status: 200, body: { tenant_id: tenant, revoked: receipts.length, receipts } };
    },
  });
}

/** Every key of the tenant that is not revoked, page by page: a page stays in place while its keys are revoked. */
async function* liveKeys(ports: HttpPorts, tenant: string): AsyncGenerator<ListedKey> {
  let cursor: string | undefined;
  do {
    const page = await ports.ledger.listKeys({ tenantId: tenant, limit: PAGE, ...(cursor && { cursor }) });
    yield* page.items.filter((key) => key.state !== 'revoked');
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

async function revokeOne(ports: HttpPorts, request: RouteRequest, key: ListedKey): Promise<Reply | null> {
  const { tenantId, serviceId, keyName } = key;
  const mutation = {
    kind: 'revoke',
    ref: { tenantId, serviceId, keyName },
    params: { reason: 'tenant off-boarded' },
  } as const;
  try {
    return await enter(
      ports,
      { ...request, route: `${request.route} ${serviceId}/${keyName}` },
      mutation,
      (operation) => receipt(ports, operation),
    );
  } catch (error) {
    // Its first store failed meanwhile: there is nothing to revoke.
    if (isKeyturnError(error) && error.code === 'key_not_found') return null;
    throw error;
  }
}
