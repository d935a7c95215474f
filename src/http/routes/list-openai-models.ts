/** The same models for clients of OpenAI's API: https://platform.openai.com/docs/api-reference/models */
import { z } from 'zod';
import type { ListedModel } from '../../contract/models';
import type { ModelPorts } from '../gateway-ports';
import { defineRoute, type Route } from '../route';
import { modelParams } from './get-model';
import { MODEL_ACCESS } from './list-models';

const openAiModel = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().meta({ description: 'seconds since 1970' }),
    owned_by: z.string(),
  })
  .meta({ id: 'OpenAiModel' });

export function openAiModelRoutes(models: ModelPorts): readonly Route[] {
  const facts = { method: 'get', tag: 'OpenAI-compatible', access: MODEL_ACCESS, mutates: false } as const;
  return [
    defineRoute({
      ...facts,
      path: '//v1/models',
      operationId: 'listOpenAiModels',
      summary: 'All models, in the shape of OpenAI’s API',
      responses: {
        200: {
          description: 'all of them: the shape has no pages',
          schema: z.object({ object: z.literal('list'), data: z.array(openAiModel) }),
        },
      },
      async handle() {
        const { models: all } = await models.list({ limit: Number.MAX_SAFE_INTEGER });
        return { status: 200, body: { object: 'list', data: all.map(openAiBody) } };
      },
    }),
    defineRoute({
      ...facts,
      path: '//v1/models/*id',
      operationId: 'getOpenAiModel',
      summary: 'One model, in the shape of OpenAI’s API',
      params: modelParams,
      responses: { 200: { description: 'the model', schema: openAiModel } },
      handle: async ({ params }) => ({ status: 200, body: openAiBody((await models.get(params.id)).model) }),
    }),
  ];
}

function openAiBody({ id, created, author }: ListedModel): z.infer<typeof openAiModel> {
  return { id, object: 'model', created: Math.floor(Date.parse(created) / 1000), owned_by: author };
}
