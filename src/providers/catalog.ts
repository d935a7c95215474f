/** Every service Keyturn knows, and how a caller's name for one is resolved. */
import { KeyturnError } from '../contract/errors';
import { ADVERTISING_PROVIDERS } from './entries/advertising';
import { AI_MODEL_PROVIDERS } from './entries/ai-models';
import { AI_PLATFORM_PROVIDERS } from './entries/ai-platforms';
import { AI_PROVIDERS } from './entries/ai';
import { ANALYTICS_PROVIDERS } from './entries/analytics';
import { CHAT_PROVIDERS } from './entries/chat';
import { COMMERCE_PROVIDERS } from './entries/commerce';
import { CRM_PROVIDERS } from './entries/crm';
import { DEVELOPER_PROVIDERS } from './entries/developer';
import { INFRASTRUCTURE_PROVIDERS } from './entries/infrastructure';
import { MESSAGING_PROVIDERS } from './entries/messaging';
import { PAYMENT_GATEWAY_PROVIDERS } from './entries/payment-gateways';
import { PAYMENT_PROVIDERS } from './entries/payments';
import { PRODUCT_ANALYTICS_PROVIDERS } from './entries/product-analytics';
import { PRODUCTIVITY_PROVIDERS } from './entries/productivity';
import { SALES_TOOL_PROVIDERS } from './entries/sales-tools';
import { SUPPORT_PROVIDERS } from './entries/support';
import {
  CATEGORIES,
  type Category,
  type FieldSpec,
  type ProviderEntry,
  type RotationClass,
} from './provider';

/** All entries, by category and then by name. */
export const catalog: readonly ProviderEntry[] = [
  ...ADVERTISING_PROVIDERS,
  ...AI_MODEL_PROVIDERS,
  ...AI_PLATFORM_PROVIDERS,
  ...AI_PROVIDERS,
  ...ANALYTICS_PROVIDERS,
  ...CHAT_PROVIDERS,
  ...COMMERCE_PROVIDERS,
  ...CRM_PROVIDERS,
  ...DEVELOPER_PROVIDERS,
  ...INFRASTRUCTURE_PROVIDERS,
  ...MESSAGING_PROVIDERS,
  ...PAYMENT_GATEWAY_PROVIDERS,
  ...PAYMENT_PROVIDERS,
  ...PRODUCT_ANALYTICS_PROVIDERS,
  ...PRODUCTIVITY_PROVIDERS,
  ...SALES_TOOL_PROVIDERS,
  ...SUPPORT_PROVIDERS,
].sort(
  (a, b) =>
    CATEGORIES.indexOf(a.category) - CATEGORIES.indexOf(b.category) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
);

const byName = new Map<string, ProviderEntry>(
  catalog.flatMap((entry) => [entry.id, ...entry.aliases].map((name) => [name, entry] as const)),
);

/** The entry of a service id or alias. Names are lower case. */
export function findService(idOrAlias: string): ProviderEntry | undefined {
  return byName.get(idOrAlias);
}

/**
 * The id behind an id or alias.
 * Thrown: `unknown_service`, with the nearest ids, quoting nothing of what was sent.
 */
export function parseServiceId(idOrAlias: unknown): string {
  const name = typeof idOrAlias === 'string' ? idOrAlias : '';
  const entry = findService(name);
  if (entry !== undefined) return entry.id;
  const nearest = nearestIds(name);
  const advice = nearest.length === 0 ? '' : `; did you mean ${nearest.join(', ')}?`;
  throw new KeyturnError('unknown_service', `service_id is not in the catalogue${advice}`, {
    field: 'service_id',
    nearest,
  });
}

/** Ids of at most three entries whose id or alias differs little from `name`. */
function nearestIds(name: string): string[] {
  const wanted = name.slice(0, 64).toLowerCase();
  if (wanted === '') return [];
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const ranked = [...byName]
    .map(([known, entry]) => ({ id: entry.id, distance: distance(wanted, known) }))
    .filter((candidate) => candidate.distance <= allowed)
    .sort((a, b) => a.distance - b.distance);
  return [...new Set(ranked.map((candidate) => candidate.id))].slice(0, 3);
}

/** Levenshtein distance; a name that contains the other counts as one step away. */
function distance(a: string, b: string): number {
  if (a.length > 2 && (b.includes(a) || a.includes(b))) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What may be told of a service: plain JSON, no templates or rules. */
export interface ServiceSummary {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly name: string;
  readonly category: Category;
  readonly docsUrl: string;
  readonly fields: readonly FieldSummary[];
  /** Null when the service has no check without side effects: keys are then stored as `no_probe`. */
  readonly probe: { readonly method: 'GET' | 'POST'; readonly url: string } | null;
  readonly rotation: RotationClass;
  readonly revocation: ProviderEntry['revocation'];
}

export interface FieldSummary {
  readonly name: string;
  readonly label: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly example: string;
  readonly choices: readonly string[] | null;
  /** Source of the enforced regular expression. */
  readonly pattern: string | null;
}

/** Every service in catalogue order. */
export function listServices(): readonly ServiceSummary[] {
  return catalog.map((entry) => ({
    id: entry.id,
    aliases: entry.aliases,
    name: entry.name,
    category: entry.category,
    docsUrl: entry.docsUrl,
    fields: Object.entries(entry.fields).map(([name, spec]) => summariseField(name, spec)),
    probe: summariseProbe(entry),
    rotation: entry.rotation,
    revocation: entry.revocation,
  }));
}

function summariseField(name: string, spec: FieldSpec): FieldSummary {
  const { label, secret, required, example, choices = null, pattern } = spec;
  return { name, label, secret, required, example, choices, pattern: pattern?.source ?? null };
}

/** The last step of the ordinary way: the request whose reply decides. */
function summariseProbe(entry: ProviderEntry): ServiceSummary['probe'] {
  const step = entry.probe?.ways.at(-1)?.steps.at(-1);
  return step === undefined ? null : { method: step.method, url: step.url };
}
