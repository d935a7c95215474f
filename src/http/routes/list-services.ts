/** The catalogue: which services, which fields, how each is checked and rotated. */
import { z } from 'zod';
import { catalog } from '../../providers/catalog';
import type { ProviderEntry } from '../../providers/provider';
import { defineRoute, type Route } from '../route';

const query = z.strictObject({ category: z.string().min(1).max(63).optional() });

const service = z
  .object({
    id: z.string(),
    aliases: z.array(z.string()),
    name: z.string(),
    category: z.string(),
    docs_url: z.string(),
    probe: z.boolean().meta({ description: 'false: its keys can only be checked by shape' }),
    rotation: z.string(),
    fields: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        secret: z.boolean(),
        required: z.boolean(),
        example: z.string(),
      }),
    ),
    revocation: z.object({ meaning: z.string(), url: z.string() }),
  })
  .meta({ id: 'Service' });

export function listServicesRoute(): Route {
  return defineRoute({
    method: 'get',
    path: '/byok/services',
    operationId: 'listServices',
    summary: 'The services keys can be kept for',
    tag: 'Catalogue',
    access: { roles: ['tenant', 'service', 'operator', 'platform', 'admin'], tenant: 'none' },
    mutates: false,
    query,
    responses: {
      200: {
        description: 'services by category',
        schema: z.object({ total: z.int(), categories: z.record(z.string(), z.array(service)) }),
      },
    },
    async handle({ query }) {
      const entries = catalog.filter(
        (entry) => query.category === undefined || entry.category === query.category,
      );
      const categories = Object.groupBy(entries.map(describe), ({ category }) => category);
      return { status: 200, body: { total: entries.length, categories } };
    },
  });
}

function describe(entry: ProviderEntry): z.infer<typeof service> {
  const fields = Object.entries(entry.fields).map(([name, spec]) => {
    const { label, secret, required, example } = spec;
    return { name, label, secret, required, example };
  });
  const { id, aliases, name, category, docsUrl, probe, rotation, revocation } = entry;
  return {
    id,
    aliases: [...aliases],
    name,
    category,
    docs_url: docsUrl,
    probe: probe !== null,
    rotation,
    fields,
    revocation: { ...revocation },
  };
}
