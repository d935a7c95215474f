/** Rows of OpenRouter's model list, hand-made in its documented shape. */
import type { ModelAlias } from '../../src/openrouter/model-aliases';
import { createModelCatalogue, type ModelCatalogue } from '../../src/openrouter/model-catalogue';

/** One row; `more` goes over what is usual. */
export function modelRow(id: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id,
    canonical_slug: `${id}-20260101`,
    hugging_face_id: null,
    name: `Name of ${id}`,
    created: 1_767_225_600,
    description: 'Plain words.',
    context_length: 8_192,
    architecture: {
      modality: 'text->text',
      input_modalities: ['text'],
      output_modalities: ['text'],
      tokenizer: 'Other',
      instruct_type: null,
    },
    pricing: { prompt: '0.000001', completion: '0.000002' },
    top_provider: { context_length: 8_192, max_completion_tokens: 4_096, is_moderated: false },
    per_request_limits: null,
    supported_parameters: ['max_tokens', 'temperature'],
    default_parameters: null,
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
    ...more,
  };
}

/** A `~…-latest` row. */
export function movingRow(id: string, slug: string): Record<string, unknown> {
  return modelRow(id, { canonical_slug: id, alias_target: { name: slug, slug } });
}

/** The answer of GET /models. */
export function modelList(...rows: readonly unknown[]): object {
  return { data: rows, total_count: rows.length, links: { next: null } };
}

/** A list of rows that have no more than an id of their own. */
export function idList(...ids: readonly string[]): object {
  return modelList(...ids.map((id) => modelRow(id)));
}

/** A catalogue whose fetches a test answers itself, on a clock the test sets. */
export function openCatalogue(
  options: { aliases?: readonly ModelAlias[]; refreshMs?: number; staleRetryMs?: number } = {},
) {
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const fetches: { signal: AbortSignal; answer: (list: unknown) => void; fail: (error: unknown) => void }[] =
    [];
  const warnings: { facts: Record<string, unknown>; message: string }[] = [];
  const catalogue: ModelCatalogue = createModelCatalogue({
    ...options,
    fetchModels: (signal) => new Promise((answer, fail) => fetches.push({ signal, answer, fail })),
    now: () => clock.ms,
    log: { warn: (facts, message) => warnings.push({ facts: { ...facts }, message }) },
  });
  return { catalogue, clock, fetches, warnings };
}

/** One whose list is there already. */
export async function filledCatalogue(
  list: object,
  options: Parameters<typeof openCatalogue>[0] = {},
): Promise<ReturnType<typeof openCatalogue>> {
  const open = openCatalogue(options);
  const first = open.catalogue.list({ limit: 1 });
  open.fetches[0]?.answer(list);
  await first;
  return open;
}
