/** What the gateway must know of a request's body, and the one change it may make to it. */
import { createScanner } from 'jsonc-parser';
import { KeyturnError } from '../contract/errors';

/** A body that is passed on byte by byte, but for an alias in `model`. */
export interface Call {
  /** Null when the caller leaves the choice to the account's default. */
  readonly model: string | null;
  /** Further models, in order of preference. */
  readonly models: readonly string[];
  readonly streamed: boolean;
  /** Most tokens the answer may have; null when the caller sets no bound. */
  readonly maxTokens: number | null;
  /** True when a plugin or an online variant may search the web at a price of its own. */
  readonly mayCostMore: boolean;
  /** True when it names images, sounds or files, which may be far larger than their names. */
  readonly hasAttachments: boolean;
  readonly bytes: Buffer;
  /** The same bytes with another model. */
  readonly withModel: (model: string) => Buffer;
}

interface Member {
  readonly value: unknown;
  /** In UTF-16 units of the text. */
  readonly offset: number;
  readonly length: number;
}

const READ: readonly string[] = [
  'model',
  'models',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'plugins',
];
/** Types of content parts: https://openrouter.ai/docs/features/multimodal/overview */
const ATTACHMENT = /"type"\s*:\s*"(?:image_url|input_audio|file|video_url|input_video)"/;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Thrown when the body is no JSON object in UTF-8, or has a member twice that decides about model or price
 * (`malformed_json`, `invalid_request`): such a body means one thing to us and may mean another upstream.
 */
export function readCall(bytes: Buffer): Call {
  const text = decode(bytes);
  assertObject(text);
  const members = readMembers(text);
  const model = members.get('model');
  if (model !== undefined && (typeof model.value !== 'string' || model.value === '')) {
    throw new KeyturnError('invalid_request', 'model: must be a name', { field: 'model' });
  }
  const models = members.get('models')?.value;
  const name = (model?.value as string | undefined) ?? null;
  return {
    model: name,
    models: Array.isArray(models) ? models.filter((one): one is string => typeof one === 'string') : [],
    streamed: members.get('stream')?.value === true,
    maxTokens: leastOf(members, ['max_tokens', 'max_completion_tokens']),
    mayCostMore: members.has('plugins') || name?.endsWith(':online') === true,
    hasAttachments: ATTACHMENT.test(text),
    bytes,
    withModel: (other) => (model === undefined ? bytes : replaceAt(text, model, other)),
  };
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new KeyturnError('malformed_json', 'the body is not UTF-8');
  }
}

function assertObject(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    throw new KeyturnError('malformed_json', 'the body is not valid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeyturnError('invalid_request', 'the body must be a JSON object', { field: 'body' });
  }
}

/**
 * The members we read, of the outermost object only. The text is known to be JSON. Not recursive: it may be as deep
 * as it is long.
 */
function readMembers(text: string): Map<string, Member> {
  const found = new Map<string, Member>();
  const scanner = createScanner(text, true);
  let depth = 0;
  let name: string | null = null;
  let start: number | null = null;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const token = text[scanner.getTokenOffset()];
    if (depth === 1 && token === ':') {
      start = -1;
      continue;
    }
    if (depth === 1 && start === null) name = token === '"' ? scanner.getTokenValue() : null;
    if (start === -1) start = scanner.getTokenOffset();
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth !== 1 || start === null || start < 0) continue;
    // The value that began at `start` ends with this token.
    note(found, text, { name, start, end: scanner.getTokenOffset() + scanner.getTokenLength() });
    start = null;
  }
  return found;
}

function note(
  found: Map<string, Member>,
  text: string,
  { name, start, end }: { name: string | null; start: number; end: number },
): void {
  if (name === null || !READ.includes(name)) return;
  if (found.has(name)) {
    throw new KeyturnError('invalid_request', `${name}: is given twice`, { field: name });
  }
  found.set(name, { value: JSON.parse(text.slice(start, end)), offset: start, length: end - start });
}

function leastOf(members: ReadonlyMap<string, Member>, names: readonly string[]): number | null {
  const given = names.map((name) => members.get(name)?.value).filter((value) => typeof value === 'number');
  return given.length === 0 ? null : Math.max(0, Math.min(...given));
}

function replaceAt(text: string, { offset, length }: Member, model: string): Buffer {
  return Buffer.from(text.slice(0, offset) + JSON.stringify(model) + text.slice(offset + length), 'utf8');
}
