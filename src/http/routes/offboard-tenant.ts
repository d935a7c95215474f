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
const MAX_PAGES = 50;

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
      for (const key of await liveKeys(ports, tenant)) {
        const reply = await revokeOne(ports, request, key);
        if (reply !== null) receipts.push(reply.body);
      }
      await ports.ledger.appendAudit({ ...event, outcome: 'done', details: { revoked: receipts.length } });
      return { status: 200, body: { tenant_id: tenant, revoked: receipts.length, receipts } };
    },
  });
}

async function liveKeys(ports: HttpPorts, tenant: string): Promise<readonly ListedKey[]> {
  const keys: ListedKey[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, nextCursor } = await ports.ledger.listKeys({
      tenantId: tenant,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    keys.push(...items.filter((key) => key.state !== 'revoked'));
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return keys;
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
