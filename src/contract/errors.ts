/**
 * Every error Keyturn answers with: code → HTTP status, title, whether the same request may succeed later.
 * docs/errors.md is checked against this table.
 */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** True when the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
}

export const ERRORS = {
  invalid_request: { status: 400, title: 'The request is not well formed', retryable: false },
  malformed_json: { status: 400, title: 'The body is not JSON', retryable: false },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed', retryable: false },
  forbidden: { status: 403, title: 'The token lacks the role for this', retryable: false },
  not_found: { status: 404, title: 'There is nothing here', retryable: false },
  key_not_found: { status: 404, title: 'No such key', retryable: false },
  model_not_found: { status: 404, title: 'No such model', retryable: false },
  operation_not_found: { status: 404, title: 'No such operation', retryable: false },
  budget_exceeded: { status: 402, title: 'The platform pays no more for this tenant now', retryable: false },
  method_not_allowed: { status: 405, title: 'The method is not allowed here', retryable: false },
  key_exists: { status: 409, title: 'A different key is stored already', retryable: false },
  operation_in_progress: { status: 409, title: 'Another operation runs on this key', retryable: true },
  in_grace: { status: 409, title: 'The last rotation is still in its grace period', retryable: false },
  not_in_grace: { status: 409, title: 'There is no rotation in its grace period', retryable: false },
  already_promoted: { status: 409, title: 'The new key was promoted already', retryable: false },
  too_many_retiring: { status: 409, title: 'Too many versions wait for their retirement', retryable: true },
  key_revoked: { status: 409, title: 'The key was revoked', retryable: false },
  payload_too_large: { status: 413, title: 'The body is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'The body must be application/json', retryable: false },
  unknown_service: { status: 422, title: 'The service is not in the catalogue', retryable: false },
  invalid_fields: {
    status: 422,
    title: 'The credential fields are not those of the service',
    retryable: false,
  },
  secret_in_text: { status: 422, title: 'A free text contains a credential', retryable: false },
  key_rejected: { status: 422, title: 'The provider rejected the key', retryable: false },
  key_unverified: { status: 422, title: 'The key could not be verified', retryable: true },
  candidate_rejected: { status: 422, title: 'The provider rejected the new key', retryable: false },
  candidate_unverified: { status: 422, title: 'The new key could not be verified', retryable: true },
  candidate_exhausted: { status: 422, title: 'The new key has no quota or credit', retryable: false },
  fewer_scopes: { status: 422, title: 'The new key may do less than the current one', retryable: false },
  different_account: { status: 422, title: 'The new key belongs to another account', retryable: false },
  same_key: { status: 422, title: 'The new key is one that is stored already', retryable: false },
  previous_not_alive: {
    status: 422,
    title: 'The previous key no longer works at the provider',
    retryable: false,
  },
  new_key_required: { status: 422, title: 'The new key must be given', retryable: false },
  price_unknown: {
    status: 422,
    title: 'The platform does not pay for a model without a known price',
    retryable: false,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    retryable: false,
  },
  cancelled: { status: 409, title: 'The operation was cancelled', retryable: false },
  abandoned: { status: 409, title: 'The operation was stopped before it was done', retryable: true },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  configuration: { status: 500, title: 'A setting is wrong', retryable: false },
  internal: { status: 500, title: 'Something is wrong here', retryable: true },
  upstream_unavailable: { status: 502, title: 'The provider cannot be reached', retryable: true },
  upstream_timeout: { status: 504, title: 'The provider did not answer in time', retryable: true },
  platform_key_unusable: { status: 503, title: 'The platform’s own key cannot be used', retryable: true },
  vault_unavailable: { status: 503, title: 'The vault cannot be used now', retryable: true },
  vault_denied: { status: 503, title: 'The vault refuses our credentials', retryable: true },
  ledger_unavailable: { status: 503, title: 'The ledger cannot be used now', retryable: true },
  temporal_unavailable: { status: 503, title: 'Temporal cannot be used now', retryable: true },
  identity_unavailable: { status: 503, title: 'The token issuer cannot be reached', retryable: true },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** True when `code` is one of {@link ERRORS}. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/**
 * True when repeating the very same step cannot help. `retryable` speaks to the caller, who may come back when
 * things have changed; a step that waits for that would hold the key's lock meanwhile.
 */
export function isFinal(code: ErrorCode): boolean {
  return !ERRORS[code].retryable || ERRORS[code].status < 500;
}

/** Facts that may go with an error: identifiers and links, never credentials. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** The one error of Keyturn's own code. Its message quotes identifiers, never secrets. */
export class KeyturnError extends Error {
  override name = 'KeyturnError' as const;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** True for a {@link KeyturnError}, also one made in another realm. */
export function isKeyturnError(error: unknown): error is KeyturnError {
  return (
    error instanceof Error && error.name === 'KeyturnError' && isErrorCode((error as { code?: unknown }).code)
  );
}
