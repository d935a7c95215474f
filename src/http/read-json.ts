/** Reads a request's body: JSON only, bounded, and in one meaning only. */
import express, { type Request, type RequestHandler, type Response } from 'express';
import { KeyturnError } from '../contract/errors';

/** Far above any credential, far below what would hurt. */
const BODY_LIMIT = '64kb';
/** In valid JSON a string before a colon is a member's name, and nothing else is. */
const MEMBER_NAME = /"(?:[^"\\]|\\.)*"\s*:/g;

/** The handlers, in order. Thrown by them: `unsupported_media_type`, `malformed_json`, `payload_too_large`, `invalid_request`. */
export function readJson(): readonly RequestHandler[] {
  const texts = new WeakMap<object, string>();
  const parse = express.json({
    limit: BODY_LIMIT,
    strict: true,
    type: 'application/json',
    verify: (request, _response, bytes, encoding) => void texts.set(request, decode(bytes, encoding)),
  });
  const check: RequestHandler = (request, _response, next) => {
    const text = texts.get(request);
    if (text !== undefined) assertOneMeaning(text, request.body);
    next();
  };
  return [requireJson, parse, check];
}

/**
 * Reads a body that is passed on as it is: its bytes, whatever they say.
 * Thrown: `unsupported_media_type`, and what the parser throws of a body that is too large or breaks off.
 */
export async function readBytes(request: Request, response: Response, maxBytes: number): Promise<Buffer> {
  assertJson(request);
  const read = express.raw({ limit: maxBytes, type: () => true });
  await new Promise<void>((resolve, reject) =>
    read(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error as Error))),
  );
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

const requireJson: RequestHandler = (request, _response, next) => {
  assertJson(request);
  next();
};

function assertJson(request: Request): void {
  const length = Number(request.get('content-length') ?? 0);
  const hasBody = length > 0 || request.get('transfer-encoding') !== undefined;
  if (hasBody && request.is('application/json') === false) {
    throw new KeyturnError('unsupported_media_type', 'send the body as application/json');
  }
}

/** JSON is UTF-8 (RFC 8259, 8.1); another charset may read otherwise to a proxy in front. */
function decode(bytes: Buffer, encoding: string): string {
  if (encoding.toLowerCase() !== 'utf-8') {
    // The parser puts the body into what is thrown here, so it must not be an error of ours.
    throw Object.assign(new Error('charset'), { type: 'charset.unsupported' });
  }
  return bytes.toString('utf8');
}

/**
 * A member given twice means the first to some readers and the last to us; `__proto__` means an ordinary member
 * to some and a prototype to others. Thrown for either: `invalid_request`.
 */
function assertOneMeaning(text: string, body: unknown): void {
  const kept = countMembers(body);
  if ((text.match(MEMBER_NAME)?.length ?? 0) === kept) return;
  throw new KeyturnError('invalid_request', 'body: has a member twice', { field: 'body' });
}

/** Not recursive: the body may be as deep as it is long. */
function countMembers(body: unknown): number {
  const waiting: unknown[] = [body];
  let count = 0;
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) {
      const names = Object.keys(value);
      if (names.includes('__proto__')) {
        throw new KeyturnError('invalid_request', 'body: holds a name that is not allowed', {
          field: 'body',
        });
      }
      count += names.length;
    }
    for (const member of Object.values(value)) waiting.push(member);
  }
  return count;
}
