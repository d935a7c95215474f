/** A file of models in the form of GET /models, to simulate OpenRouter's whole catalogue. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import type { ModelRow } from './openrouter-model-rows';

/** Only what the simulator itself reads; every other field is served as it stands. */
const fileSchema = z.object({
  data: z
    .array(
      z.looseObject({
        id: z.string().min(1),
        name: z.string(),
        context_length: z.number().nullable(),
        architecture: z.looseObject({
          input_modalities: z.array(z.string()),
          output_modalities: z.array(z.string()),
        }),
        pricing: z.looseObject({ prompt: z.string(), completion: z.string() }),
        supported_parameters: z.array(z.string()),
        alias_target: z.looseObject({ name: z.string(), slug: z.string() }).optional(),
      }),
    )
    .min(1),
});

/** Thrown when the file cannot be read or is no list of models: `configuration`. */
export async function readOpenRouterModels(path: string): Promise<readonly ModelRow[]> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).data as readonly ModelRow[];
  } catch (cause) {
    throw new KeyturnError('configuration', 'the file of models is no reply of GET /models', {}, { cause });
  }
}
