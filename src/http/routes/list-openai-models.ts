/**
 * The same models for clients of OpenAI's API and of OpenRouter's: each row is OpenRouter's own, with the members that
 * OpenAI's has: https://platform.openai.com/docs/api-reference/models,
 * https://openrouter.ai/docs/api-reference/list-available-models
 */
import { z } from 'zod';
import type { AuthoredRow } from '../../contract/models';
import type { ModelPorts } from '../gateway-ports';
import { defineRoute, type Route } from '../route';
import { modelParams } from './get-model';
import { MODEL_ACCESS } from './list-models';

const openAiModel = z
  .looseObject({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().meta({ description: 'seconds since 1970' }),
    owned_by: z.string(),
  })
  .meta({ id: 'OpenAiModel', description: 'with all that OpenRouter tells of the model' });

const openAiList = z.object({
  object: z.literal('list'),
  data: z.array(openAiModel),
  total_count: z.int(),
  links: z.object({ next: z.null() }),
});

export function openAiModelRoutes(models: ModelPorts): readonly Route[] {
  // A list has hundreds of rows: written once, it does not hold up the streams beside it each time.
  const texts = new WeakMap<readonly AuthoredRow[], string>();
  const facts = { method: 'get', tag: 'OpenAI-compatible', access: MODEL_ACCESS, mutates: false } as const;
  return [
    defineRoute({
      ...facts,
      path: '//v1/models',
      operationId: 'listOpenAiModels',
      summary: 'All models, in the shape of OpenAI’s API and of OpenRouter’s',
      responses: {
        200: {
          description: 'all of them, on one page',
          schema: openAiList,
        },
      },
      async handle() {
        const rows = await models.rows();
        const body = texts.get(rows) ?? JSON.stringify(listBody(rows));
        texts.set(rows, body);
        return { status: 200, body, headers: { 'Content-Type': 'application/json; charset=utf-8' } };
      },
    }),
    defineRoute({
      ...facts,
      path: '//v1/models/*id',
      operationId: 'getOpenAiModel',
      summary: 'One model, in the same shape',
      params: modelParams,
      responses: { 200: { description: 'the model', schema: openAiModel } },
      handle: async ({ params }) => ({ status: 200, body: openAiBody(await models.row(params.id)) }),
    }),
  ];
}

function listBody(rows: readonly AuthoredRow[]): z.input<typeof openAiList> {
  return { object: 'list', data: rows.map(openAiBody), total_count: rows.length, links: { next: null } };
}

function openAiBody({ wire, author }: AuthoredRow): z.input<typeof openAiModel> {
  const { id, created, object: _theirs, owned_by: _said, ...rest } = wire;
  return { id, object: 'model', created, owned_by: author, ...rest };
}
