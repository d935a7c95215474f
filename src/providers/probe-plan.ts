/**
 * The language in which an entry says how its credential is checked.
 *
 * Templates are RFC 6570 in its smallest form: `{name}` inserts a field or a derived value percent-encoded,
 * `{+name}` inserts it as it is. In headers and bodies both insert the value as it is. A header, query or
 * form item whose template names an absent optional field is left out.
 */
import type { Verdict, VerdictReason } from '../contract/verdict';

/** How the credential travels. Values are templates. */
export type ProbeAuth =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'header'; readonly name: string; readonly value: string }
  | {
      readonly scheme: 'sigv4';
      readonly service: string;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken: string;
    };

/** A value computed before the first request. */
export type Derivation =
  /** Looks the field's value up in a table; an unknown value or an absent field takes `otherwise`. */
  | {
      readonly from: string;
      readonly choose: Readonly<Record<string, string>>;
      /** A template; without it an unknown value fails the probe before any request. */
      readonly otherwise?: string;
      /** For an absent field, when that differs from `otherwise`. */
      readonly absent?: string;
    }
  /** First capture group of the field's value. */
  | { readonly from: string; readonly match: RegExp }
  /** Hash of a template, in lower-case hex. */
  | { readonly sha512: string }
  /** HMAC-SHA-256 of `message` under `key` (templates), in lower-case hex. */
  | { readonly hmacSha256: { readonly key: string; readonly message: string } }
  /** Unguessable lower-case hex of that many characters. */
  | { readonly randomHex: number }
  /**
   * A signed assertion for the JWT bearer grant (RFC 7523) made from a Google service account key file. The
   * audience is ours, never the file's `token_uri`: a pasted file must not choose who receives the assertion.
   */
  | {
      readonly serviceAccountJwt: {
        readonly from: string;
        readonly scope: string;
        readonly audience: string;
      };
    };

/** What one value of a reply must be. */
export type ValueTest =
  | string
  | number
  | boolean
  | null
  | RegExp
  | readonly (string | number)[]
  | { readonly is: 'array' | 'object' | 'string' | 'number' | 'present' | 'absent' }
  | { readonly atMost: number }
  /** Equal to that credential field, ignoring case. */
  | { readonly sameAs: string };

/** All parts given must hold. */
export interface RuleCondition {
  readonly status?: number | readonly number[];
  /** Path in the JSON body → test. `a.b`, `a[].b` (any element), `a.*` (any value); `$` is the whole body. */
  readonly body?: Readonly<Record<string, ValueTest>>;
  /** Header name → pattern. */
  readonly headers?: Readonly<Record<string, RegExp>>;
  /** Credential field → form it has. */
  readonly fields?: Readonly<Record<string, RegExp>>;
}

/** First rule that holds decides. `proceed` goes on with the next step. */
export interface VerdictRule {
  readonly when: RuleCondition;
  readonly outcome: { readonly verdict: Verdict; readonly reason: VerdictReason } | 'proceed';
  /** Milliseconds to wait before the same request is sent once more; its second reply then decides. */
  readonly confirmAfterMs?: number;
}

/** Where a fact is found in the reply: a path of the JSON body, or a header. */
export type ReplyPlace = string | { readonly header: string };

/** One request and the reading of its reply. */
export interface ProbeStep {
  readonly method: 'GET' | 'POST';
  /** Template of an absolute https URL, without a query. */
  readonly url: string;
  readonly auth: ProbeAuth;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly form: Readonly<Record<string, string>> } | { readonly json: JsonTemplate };
  readonly rules: readonly VerdictRule[];
  /** Values of the reply that later steps may use in templates. Treated as secrets. */
  readonly take?: Readonly<Record<string, string>>;
  /** The only facts of the reply that leave the prober: name → place. */
  readonly details?: Readonly<Record<string, ReplyPlace>>;
  /** Where the reply names the account behind the credential: the first place that holds something. */
  readonly account?: readonly [ReplyPlace, ...ReplyPlace[]];
  /** Where a refusal for too many requests says how many seconds to wait, beside Retry-After. */
  readonly retryAfter?: string;
  /** Greatest reply in bytes when it differs from the default. */
  readonly maxBytes?: number;
}

export type JsonTemplate =
  string | number | boolean | null | readonly JsonTemplate[] | { readonly [key: string]: JsonTemplate };

/** The steps for one kind of credential: the first way whose condition holds is taken. */
export interface ProbeWay {
  /** All of these fields are given. */
  readonly given?: readonly string[];
  /** These fields have these forms. */
  readonly matching?: Readonly<Record<string, RegExp>>;
  readonly steps: readonly [ProbeStep, ...ProbeStep[]];
}

export interface Probe {
  readonly derived?: Readonly<Record<string, Derivation>>;
  /** The last one has no condition. */
  readonly ways: readonly [ProbeWay, ...ProbeWay[]];
}

/** The credential was accepted. */
export function accept(when: RuleCondition): VerdictRule {
  return { when, outcome: { verdict: 'valid', reason: 'accepted' } };
}

/** Accepted, but this request needs a scope the credential lacks. */
export function limit(when: RuleCondition): VerdictRule {
  return { when, outcome: { verdict: 'limited', reason: 'missing_scope' } };
}

/** Accepted, but quota or credit is used up. */
export function exhaust(when: RuleCondition): VerdictRule {
  return { when, outcome: { verdict: 'exhausted', reason: 'quota_exhausted' } };
}

/** Documented as "not a credential of ours". */
export function reject(when: RuleCondition): VerdictRule {
  return { when, outcome: { verdict: 'invalid', reason: 'rejected' } };
}

/** Authenticates, but must not be used here. */
export function wrongKind(when: RuleCondition): VerdictRule {
  return { when, outcome: { verdict: 'invalid', reason: 'wrong_kind' } };
}

/** Says nothing about the credential. */
export function undecided(when: RuleCondition, reason: VerdictReason = 'unexpected_reply'): VerdictRule {
  return { when, outcome: { verdict: 'inconclusive', reason } };
}

/** This step succeeded; the next one decides. */
export function proceed(when: RuleCondition): VerdictRule {
  return { when, outcome: 'proceed' };
}

/** A probe of a single request. */
export function oneStep(step: ProbeStep, derived?: Probe['derived']): Probe {
  return { ways: [{ steps: [step] }], ...(derived === undefined ? {} : { derived }) };
}
