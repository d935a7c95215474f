/** Errors on the wire: application/problem+json (RFC 9457) with a stable `code`. Never echoes what was sent. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { ERRORS, isKeyturnError, KeyturnError, type ErrorCode } from '../contract/errors';

/** Seconds a caller may wait before trying again after a 503 or 429 that names no other time. */
const RETRY_AFTER_SECONDS = 2;

/** In `response.locals`: the caller is a client of OpenAI's API, and wants its errors in that shape, too. */
export const OPENAI_ERRORS = 'openAiErrors';

/** Told of errors nobody expected. */
export type LogError = (error: unknown, path: string) => void;

/** The last handler: everything thrown below becomes a problem document. */
export function problemHandler(logError: LogError): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const known = translate(error);
    if (known.status >= 500) logError(error, request.path);
    sendProblem(response, known.status >= 500 ? withoutInside(known) : known);
  };
}

/** Answers what no route matched. */
export const notFoundHandler: RequestHandler = () => {
  throw new KeyturnError('not_found', 'there is no such endpoint');
};

/** Writes one problem document. */
export function sendProblem(response: Response, error: KeyturnError): void {
  const entry = ERRORS[error.code];
  if (entry.status === 503 || entry.status === 429) {
    const seconds = error.details['retry_after'] ?? RETRY_AFTER_SECONDS;
    response.setHeader('Retry-After', String(seconds));
  }
  if (entry.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  const openAi = response.locals[OPENAI_ERRORS] === true;
  // Its clients try again after every 409 and 5xx unless they are told (openai-node, src/client.ts, shouldRetry).
  if (openAi) response.setHeader('X-Should-Retry', String(entry.retryable));
  response
    .status(entry.status)
    .type('application/problem+json')
    .send(JSON.stringify({ ...problemOf(error), ...(openAi ? { error: openAiError(error) } : {}) }));
}

/** The document's members: the standard's first, and none of them a detail's to change. */
export function problemOf(error: KeyturnError): Record<string, unknown> {
  const { title, status, retryable } = ERRORS[error.code];
  const type = `urn:keyturn:error:${error.code}`;
  const standard = { type, title, status, code: error.code, detail: error.message, retryable };
  return { ...standard, ...error.details, ...standard };
}

/** The member `error` of OpenAI's error bodies: https://platform.openai.com/docs/guides/error-codes */
function openAiError(error: KeyturnError): Record<string, unknown> {
  return {
    message: error.message,
    type: 'keyturn_error',
    param: error.details['field'] ?? null,
    code: error.code,
  };
}

/** What callers may know of a fault of ours or of our servers. The rest names addresses and paths: it is logged. */
const OUTSIDE = ['retry_after', 'operation_id', 'operation', 'workflow'];

function withoutInside({ code, details }: KeyturnError): KeyturnError {
  const told = Object.entries(details).filter(([name]) => OUTSIDE.includes(name));
  return new KeyturnError(code, troubleOf(code), Object.fromEntries(told));
}

/** Words for a fault that is not the caller's. */
export function troubleOf(code: ErrorCode): string {
  const { status, title } = ERRORS[code];
  return `${title}; ${status === 500 ? 'the log tells more' : 'try again later'}`;
}

/** Errors of express and its body parser carry the body: only their kind is kept. */
function translate(error: unknown): KeyturnError {
  if (isKeyturnError(error)) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.parse.failed') return new KeyturnError('malformed_json', 'the body is not valid JSON');
  if (type === 'entity.too.large') {
    const { limit } = error as { limit?: unknown };
    return new KeyturnError(
      'payload_too_large',
      `the body is larger than ${Math.round(Number(limit) / 1024)} KiB`,
    );
  }
  if (type === 'encoding.unsupported' || type === 'charset.unsupported') {
    return new KeyturnError('unsupported_media_type', 'the body must be JSON in UTF-8');
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new KeyturnError('invalid_request', 'the request cannot be read');
  }
  return new KeyturnError('internal', 'something failed here; the log tells more');
}
