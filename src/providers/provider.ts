/**
 * The shape of a catalogue entry: what a service's credential is made of, how it is checked without side
 * effects, and how the replies are to be read. Entries are data; `probe.ts` is their one interpreter.
 */
import type { Probe } from './probe-plan';

/** How a key of the service can be replaced. */
export const RotationClass = {
  /** A separate management credential creates and deletes keys. */
  adminMint: 'admin-mint',
  /** The key itself can create its successor. */
  selfMint: 'self-mint',
  /** The service has two slots; one is regenerated while the other serves. */
  twoSlot: 'two-slot',
  /** The service keeps the old key alive for a while by itself. */
  nativeGrace: 'native-grace',
  /** The stored credential is an OAuth grant that issues short-lived tokens. */
  oauthRefresh: 'oauth-refresh',
  /** Only a person can make a new key, in the service's own pages. */
  manual: 'manual',
} as const;
export type RotationClass = (typeof RotationClass)[keyof typeof RotationClass];

/** The groups of the services list, in the order shown. */
export const CATEGORIES = [
  'ai',
  'payments',
  'advertising',
  'crm',
  'communication',
  'analytics',
  'commerce',
  'developer',
  'productivity',
  'support',
  'infrastructure',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** One field of a credential. */
export interface FieldSpec {
  readonly label: string;
  /** True when the value must never be shown, logged or stored in clear. */
  readonly secret: boolean;
  readonly required: boolean;
  /** Obviously fake; for forms and documentation. */
  readonly example: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Enforced, anchored. Only where the service documents the form or independent sources agree. */
  readonly pattern?: RegExp;
  /** Anchored. A value that misses it earns a warning, nothing else. */
  readonly patternHint?: RegExp;
  /** True when the last characters may be shown to tell keys apart. At most one field of an entry. */
  readonly hintable?: boolean;
  /** A structured value that is checked as a whole; line breaks are allowed in it. */
  readonly format?: 'google-service-account';
  /** Greatest length in characters when it differs from the default of 8192. */
  readonly maxLength?: number;
}

/** A service of the catalogue. */
export interface ProviderEntry {
  readonly id: string;
  /** Other names callers may use; resolved to `id` before anything is stored. */
  readonly aliases: readonly string[];
  readonly name: string;
  readonly category: Category;
  /** Page of the service's own documentation that describes the probe or the credential. */
  readonly docsUrl: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** Hosts its requests may go to: exact names, or an anchored pattern where the tenant names the host. */
  readonly hosts: readonly (string | RegExp)[];
  /** Null when no request without side effects can tell a good credential from a bad one. */
  readonly probe: Probe | null;
  readonly rotation: RotationClass;
  /** What revoking means at the service, in one sentence, and where a person does it. */
  readonly revocation: { readonly meaning: string; readonly url: string };
  /** Seconds a freshly made key may still be refused: the retry budget of a check after making one. */
  readonly propagationSeconds: number;
}

const DEFAULTS = { aliases: [], propagationSeconds: 0 } as const;

/** What an entry's author writes; the rest has defaults. */
export type ProviderDefinition = Omit<ProviderEntry, 'aliases' | 'propagationSeconds'> &
  Partial<Pick<ProviderEntry, 'aliases' | 'propagationSeconds'>>;

/** Completes an entry with its defaults. */
export function defineProvider(definition: ProviderDefinition): ProviderEntry {
  return { ...DEFAULTS, ...definition };
}

type FieldOptions = Partial<Omit<FieldSpec, 'label' | 'example' | 'secret'>>;

/** A required secret whose last characters may be shown. */
export function secretField(label: string, example: string, options: FieldOptions = {}): FieldSpec {
  return { label, example, secret: true, required: true, hintable: true, ...options };
}

/** A required field that is no secret: an identifier, a region, a host. */
export function plainField(label: string, example: string, options: FieldOptions = {}): FieldSpec {
  return { label, example, secret: false, required: true, ...options };
}

/** A required choice between a few words. */
export function choiceField(label: string, choices: readonly [string, ...string[]]): FieldSpec {
  return { label, example: choices[0], secret: false, required: true, choices };
}
