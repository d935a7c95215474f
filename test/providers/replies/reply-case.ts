/** How replies written down from providers' documentation must be read. Independent of the catalogue's own rules. */

export interface StubReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ReplyCase {
  /** One per request, in order. */
  readonly replies: readonly StubReply[];
  /** `verdict/reason`. */
  readonly expected: string;
  /** Laid over the entry's example credential. */
  readonly fields?: Readonly<Record<string, string>>;
  /** URL of the last request. */
  readonly url?: string;
  /** Lines of the last request: `method: GET`, `name: value` of headers in lower case, the body; or patterns in it. */
  readonly sent?: readonly (string | RegExp)[];
}

export interface ReplySheet {
  /** Status of an empty reply to the first request → what it says, where it is not the default. */
  readonly bare?: Readonly<Record<number, string>>;
  /** The same for status 403 when the simulator's good credential goes another way than the example. */
  readonly simulated403?: string;
  readonly cases: readonly ReplyCase[];
}

export const VALID = 'valid/accepted';
export const LIMITED = 'limited/missing_scope';
export const EXHAUSTED = 'exhausted/quota_exhausted';
export const INVALID = 'invalid/rejected';
export const WRONG_KIND = 'invalid/wrong_kind';
export const UNDECIDED = 'inconclusive/unexpected_reply';
export const RATE_LIMITED = 'inconclusive/rate_limited';
export const PROVIDER_ERROR = 'inconclusive/provider_error';

type More = Omit<ReplyCase, 'replies' | 'expected'>;

/** One request, one reply. */
export function reply(status: number, body: unknown, expected: string, more: More = {}): ReplyCase {
  return { replies: [{ status, body }], expected, ...more };
}

/** What an empty reply says unless a sheet says otherwise. */
export const BARE: Readonly<Record<number, string>> = {
  200: UNDECIDED,
  302: UNDECIDED,
  400: UNDECIDED,
  401: INVALID,
  402: UNDECIDED,
  403: UNDECIDED,
  404: UNDECIDED,
  412: UNDECIDED,
  429: RATE_LIMITED,
  498: UNDECIDED,
  500: PROVIDER_ERROR,
  529: PROVIDER_ERROR,
};
