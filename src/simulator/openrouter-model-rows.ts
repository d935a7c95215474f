/** Rows of OpenRouter's model list, in its documented shape. */
import { modelFacts, type ModelFacts } from './openrouter-model-facts';

/** Prices as decimal strings, USD per token (`request`, `web_search`: per piece); `"-1"` is a price not known before. */
export interface ModelPricing {
  readonly prompt: string;
  readonly completion: string;
  readonly request?: string;
  /** Other prices under conditions; later entries win. */
  readonly overrides?: readonly PricingOverride[];
  readonly [price: string]: unknown;
}

/** Prices that hold from so many prompt tokens on, or between two times of day (`HHMM`, UTC). */
export interface PricingOverride {
  readonly min_prompt_tokens?: number;
  readonly utc_start?: string;
  readonly utc_end?: string;
  readonly [price: string]: unknown;
}

/** One row of GET /models: the fields the simulator reads. Others are served as they are. */
export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly context_length: number | null;
  readonly architecture: {
    readonly input_modalities: readonly string[];
    readonly output_modalities: readonly string[];
    readonly [field: string]: unknown;
  };
  readonly pricing: ModelPricing;
  readonly supported_parameters: readonly string[];
  /** On moving aliases: the model behind it. */
  readonly alias_target?: { readonly name: string; readonly slug: string };
  readonly [field: string]: unknown;
}

const DAYS_UNTIL_SOON = 14;

/** The built-in rows as of `now`: one of them expires within a month of it. */
export function builtInModels(now: Date): readonly ModelRow[] {
  const soon = new Date(now.getTime() + DAYS_UNTIL_SOON * 86_400_000).toISOString().slice(0, 10);
  return modelFacts(soon).map(row);
}

function row(model: ModelFacts): ModelRow {
  const { id, name, input = ['text'], output = ['text'], tokenizer = 'Other' } = model;
  const slug = model.slug ?? id.split(':')[0] ?? id;
  return {
    id,
    canonical_slug: slug,
    hugging_face_id: model.huggingFace ?? null,
    name,
    created: model.created,
    description: `${name}, as the simulator knows it.`,
    context_length: model.context,
    architecture: {
      modality: `${input.join('+')}->${output.join('+')}`,
      input_modalities: input,
      output_modalities: output,
      tokenizer,
      instruct_type: null,
    },
    pricing: model.pricing,
    top_provider: {
      context_length: model.context,
      max_completion_tokens: model.maxCompletion ?? null,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: model.parameters,
    default_parameters: {},
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: model.expires ?? null,
    links: { details: `/api/v1/models/${slug}/endpoints` },
    ...model.more,
  };
}
