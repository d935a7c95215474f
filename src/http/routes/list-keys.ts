/** A tenant's keys: what is known of them, never the keys themselves. */
import { z } from 'zod';
import { pageQuery, toPageFilter } from '../page-query';
import type { HttpPorts, ListedKey } from '../ports';
import { defineRoute, type Route } from '../route';

const listedKey = z
  .object({
    tenant_id: z.string(),
    service_id: z.string(),
    key_name: z.string(),
    key_id: z.string().nullable(),
    state: z.string(),
    epoch: z.int(),
    version: z.int().nullable(),
    verdict: z.string().nullable(),
    reason: z.string().nullable(),
    hint: z.string().nullable(),
    account: z.string().nullable(),
    validated_at: z.string().nullable(),
    stored_at: z.string().nullable(),
    retire_at: z.string().nullable(),
    previous_version: z.int().nullable(),
    retiring: z.int(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: 'ListedKey' });

export function listKeys(ports: HttpPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/byok/keys',
    operationId: 'listKeys',
    summary: 'The keys of a tenant',
    tag: 'Keys',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'optional' },
    mutates: false,
    query: pageQuery,
    responses: {
      200: {
        description: 'a page; pass next_cursor on for the next one',
        schema: z.object({ keys: z.array(listedKey), next_cursor: z.string().nullable() }),
      },
    },
    tenantOf: (input) => input.query.tenant_id ?? null,
    async handle({ query }) {
      const page = await ports.ledger.listKeys(toPageFilter(query));
      return { status: 200, body: { keys: page.items.map(keyBody), next_cursor: page.nextCursor } };
    },
  });
}

function keyBody(key: ListedKey): z.infer<typeof listedKey> {
  return {
    tenant_id: key.tenantId,
    service_id: key.serviceId,
    key_name: key.keyName,
    key_id: key.keyId,
    state: key.state,
    epoch: key.epoch,
    version: key.version,
    verdict: key.verdict,
    reason: key.reason,
    hint: key.hint,
    account: key.account,
    validated_at: key.validatedAt,
    stored_at: key.storedAt,
    retire_at: key.retireAt,
    previous_version: key.previousVersion,
    retiring: key.retiringCount,
    revoked_at: key.state === 'revoked' ? key.fencedAt : null,
  };
}
