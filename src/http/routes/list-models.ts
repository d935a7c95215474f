/** The models that can be called, from OpenRouter's list, and our own names for them. */
import { z } from 'zod';
import type { ModelPorts } from '../gateway-ports';
import { defineRoute, type Access, type Route } from '../route';
import { cursor } from '../schemas';

/** The list is the same for everyone. */
export const MODEL_ACCESS = {
  roles: ['tenant', 'service', 'operator', 'platform', 'admin'],
  tenant: 'none',
} as const satisfies Access;

const word = (description: string, example: string) =>
  z
    .string()
    .regex(/^[\w.~/-]{1,100}$/)
    .optional()
    .meta({ description, example });

const query = z.strictObject({
  q: z.string().min(1).max(200).optional().meta({ description: 'words of id, name or description' }),
  author: word('who made it', 'anthropic'),
  modality: word('what goes in or comes out', 'image'),
  capability: word('a parameter it understands', 'tools'),
  max_price: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,12})?$/)
    .optional()
    .meta({ description: 'most a million prompt tokens may cost, in USD', example: '2.50' }),
  context: z.coerce.number().int().min(0).max(1_000_000_000).optional().meta({
    description: 'least context length, in tokens',
  }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: cursor.optional(),
});

const decimal = z.string().meta({ description: 'a decimal in USD', example: '1.25' });

export const listedModel = z
  .object({
    id: z.string(),
    name: z.string(),
    author: z.string(),
    description: z.string(),
    created: z.iso.datetime(),
    context_length: z.int().nullable(),
    max_completion_tokens: z.int().nullable(),
    input_modalities: z.array(z.string()),
    output_modalities: z.array(z.string()),
    capabilities: z.array(z.string()).meta({ description: 'parameters of a request it understands' }),
    pricing_per_million: z.object({
      prompt: decimal.nullable().meta({ description: 'null: not known beforehand' }),
      completion: decimal.nullable(),
      more: z.record(z.string(), decimal).meta({
        description: 'per million tokens; `request` per request, `web_search` per search',
      }),
      has_overrides: z
        .boolean()
        .meta({ description: 'true: prices change with the size of the prompt or the time of day' }),
    }),
    expires: z.string().nullable().meta({ description: 'day after which it may be removed' }),
    warnings: z.array(z.string()),
    points_to: z.string().nullable().meta({ description: 'for a `~…-latest` id: what it means now' }),
    aliases: z.array(z.string()).meta({ description: 'names of ours that mean this model now' }),
  })
  .meta({ id: 'Model' });

/** Where an answer about models comes from. */
export const listFreshness = {
  fetched_at: z.iso.datetime(),
  stale: z.boolean().meta({ description: 'true: OpenRouter could not be asked when it was time to' }),
};

const listedAlias = z
  .object({
    alias: z.string(),
    candidates: z.array(z.string()).meta({ description: 'best first' }),
    resolves_to: z.string().nullable().meta({ description: 'null: none of them is in the list' }),
  })
  .meta({ id: 'ModelAlias' });

export function listModels(models: ModelPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/openrouter/models',
    operationId: 'listModels',
    summary: 'The models that can be called',
    tag: 'Models',
    access: MODEL_ACCESS,
    mutates: false,
    query,
    responses: {
      200: {
        description: 'a page by id; pass next_cursor on for the next one',
        schema: z.object({
          models: z.array(listedModel),
          aliases: z.array(listedAlias).optional().meta({ description: 'on the first page' }),
          total: z.int().meta({ description: 'on all pages' }),
          next_cursor: z.string().nullable(),
          ...listFreshness,
        }),
      },
    },
    async handle({ query: { max_price: maxPrice, context: minContext, ...same } }) {
      const page = await models.list({ ...same, maxPrice, minContext });
      return {
        status: 200,
        body: {
          models: page.models,
          ...(same.cursor === undefined ? { aliases: await models.aliases() } : {}),
          total: page.total,
          next_cursor: page.nextCursor,
          fetched_at: page.state.fetchedAt,
          stale: page.state.stale,
        },
      };
    },
  });
}
