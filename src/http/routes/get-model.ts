/** One model, by its id or by a name that means it. */
import { z } from 'zod';
import type { ModelPorts } from '../gateway-ports';
import { defineRoute, type Route } from '../route';
import { listedModel, listFreshness, MODEL_ACCESS } from './list-models';

/** Ids have slashes, so a path may hold one in several segments; `%2F` in one of them means the same. */
export const modelParams = z.strictObject({
  id: z.preprocess(
    (segments) => (Array.isArray(segments) ? segments.join('/') : segments),
    z.string().min(1).max(256).meta({
      description: 'id, alias, `~…-latest`, or an id with a request-time variant such as `:nitro`',
      example: 'openai/gpt-4o-mini',
    }),
  ),
});

export function getModel(models: ModelPorts): Route {
  return defineRoute({
    method: 'get',
    path: '/openrouter/models/*id',
    operationId: 'getModel',
    summary: 'One model; when there is none, the nearest ids',
    tag: 'Models',
    access: MODEL_ACCESS,
    mutates: false,
    params: modelParams,
    responses: {
      200: {
        description: 'the model',
        schema: z.object({
          model: listedModel,
          resolved_from: z
            .string()
            .nullable()
            .meta({ description: 'what was asked for, when it means another id' }),
          ...listFreshness,
        }),
      },
    },
    async handle({ params }) {
      const { model, resolvedFrom, state } = await models.get(params.id);
      const { fetchedAt, stale } = state;
      return { status: 200, body: { model, resolved_from: resolvedFrom, fetched_at: fetchedAt, stale } };
    },
  });
}
