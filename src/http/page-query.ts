/** What both listings take: whose rows, of which service, and which page. */
import { z } from 'zod';
import { cursor, limit, serviceId, tenantId } from './schemas';

export const pageQuery = z.strictObject({
  tenant_id: tenantId.optional(),
  service_id: serviceId.optional(),
  limit,
  cursor: cursor.optional(),
});

/** The query in the ledger's words. */
export function toPageFilter(query: z.output<typeof pageQuery>) {
  return {
    limit: query.limit,
    ...(query.tenant_id === undefined ? {} : { tenantId: query.tenant_id }),
    ...(query.service_id === undefined ? {} : { serviceId: query.service_id }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  };
}
