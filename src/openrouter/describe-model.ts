/** A model as listings show it, with what is worth a warning today. */
import type { ListedModel } from '../contract/models';
import type { ModelIndex } from './index-models';
import type { CatalogueModel } from './model-schema';

const MS_PER_DAY = 86_400_000;
/** How long before its end a model is warned about, in days. */
const WARN_DAYS = 30;

/** `nowMs` is the time in milliseconds since 1970. */
export function describeModel(model: CatalogueModel, index: ModelIndex, nowMs: number): ListedModel {
  return {
    id: model.id,
    name: model.name,
    author: model.author,
    description: model.description,
    created: new Date(model.createdSeconds * 1000).toISOString(),
    context_length: model.row.contextLength,
    max_completion_tokens: model.row.maxCompletionTokens,
    input_modalities: model.inputModalities,
    output_modalities: model.outputModalities,
    capabilities: model.capabilities,
    pricing_per_million: {
      prompt: model.promptUsdPerMillion,
      completion: model.completionUsdPerMillion,
      more: model.morePrices,
      has_overrides: model.row.hasOverrides,
    },
    expires: model.expires,
    warnings: warningsOf(model, nowMs),
    points_to: model.pointsTo,
    aliases: index.aliasesOf.get(model.id) ?? [],
  };
}

/** The list's date means "may be removed after", so a day that has passed does not say that the model is gone. */
function warningsOf({ expires, pointsTo, row }: CatalogueModel, nowMs: number): readonly string[] {
  const warnings: string[] = [];
  const today = dayOf(nowMs);
  if (expires !== null && expires < today) {
    warnings.push(`expired: may be removed any time since ${expires}`);
  } else if (expires !== null && expires <= dayOf(nowMs + WARN_DAYS * MS_PER_DAY)) {
    warnings.push(`expires soon: may be removed after ${expires}`);
  }
  if (pointsTo !== null) warnings.push(`moving alias: means ${pointsTo} now, and another model later`);
  if (row.promptUsdPerToken === null || row.completionUsdPerToken === null) {
    warnings.push('no fixed price: what a call costs is known only afterwards');
  }
  return warnings;
}

/** `YYYY-MM-DD` in UTC: it sorts as text. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
