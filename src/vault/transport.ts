/**
 * HTTP below node-vault, plugged in at its `request-promise` option. Its own (axios) has no timeout, follows
 * redirects with the token, honours HTTP_PROXY and puts token and body into its errors.
 */
import { readFileSync } from 'node:fs';
import { Pool, type Dispatcher } from 'undici';
import { KeyturnError } from '../contract/errors';
import { VAULT_SETTING_NAMES, type VaultSettings } from './vault-settings';

/** Longest reply read. A KV entry is at most 1 MiB, a page of a LIST at most 1000 names. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024;
const MAX_CONNECTIONS = 64;

/** What node-vault hands over. */
export interface TransportRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** What node-vault passes on: its own three fields, and the headers it would drop. */
export interface TransportReply {
  readonly statusCode: number;
  /** Parsed JSON, or null when the reply is empty or not JSON. */
  readonly body: unknown;
  readonly request: { readonly path: string };
  /** X-Vault-Index: the state a later read must have seen. */
  readonly index: string | null;
  /** Retry-After in seconds. */
  readonly retryAfterSeconds: number | null;
}

export interface Transport {
  readonly 'request-promise': { defaults(): (request: TransportRequest) => Promise<TransportReply> };
  close(): Promise<void>;
}

/**
 * Opens a connection pool to the vault.
 * Thrown when the CA file cannot be read: `vault_unavailable`, naming the setting.
 */
export function createTransport(settings: VaultSettings, dispatcher?: Dispatcher): Transport {
  const pool = dispatcher ?? openPool(settings);
  return Object.freeze({
    'request-promise': {
      defaults: () => (request: TransportRequest) => exchange(pool, request, settings.timeoutMs),
    },
    close: async () => {
      if (dispatcher === undefined) await pool.destroy();
    },
  });
}

/** Connections to the vault's address and no other. */
export function openPool(settings: VaultSettings): Dispatcher {
  const { address, caCertPath, timeoutMs } = settings;
  const ca = caCertPath === undefined ? {} : { ca: readCaCert(caCertPath) };
  return new Pool(new URL(address).origin, {
    connections: MAX_CONNECTIONS,
    connect: { timeout: timeoutMs, ...ca },
  });
}

function readCaCert(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const setting = VAULT_SETTING_NAMES.caCertPath;
    throw new KeyturnError('vault_unavailable', `${setting}: ${path} cannot be read (${codeOf(error)})`, {
      setting,
    });
  }
}

async function exchange(
  pool: Dispatcher,
  request: TransportRequest,
  timeoutMs: number,
): Promise<TransportReply> {
  const url = new URL(request.uri);
  const hasBody = typeof request.json === 'object' && request.json !== null;
  try {
    const reply = await pool.request({
      origin: url.origin,
      path: url.pathname + url.search,
      // undici takes any HTTP token; its type lists the usual ones only. LIST is the vault's own.
      method: request.method as Dispatcher.HttpMethod,
      headers: mergeHeaders(request.headers ?? {}, hasBody),
      ...(hasBody ? { body: JSON.stringify(request.json) } : {}),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readCapped(reply.body);
    return {
      statusCode: reply.statusCode,
      body: parseOrNull(text),
      request: { path: url.pathname },
      index: oneHeader(reply.headers['x-vault-index']),
      retryAfterSeconds: secondsOf(oneHeader(reply.headers['retry-after'])),
    };
  } catch (error) {
    // The caught error is not attached: undici's may hold headers in later versions, ours must not.
    throw asUnavailable(error, url);
  }
}

/** Header names are compared without case: a second content-type makes the vault answer 400. */
function mergeHeaders(given: Readonly<Record<string, string>>, hasBody: boolean): Record<string, string> {
  const headers: Record<string, string> = { 'x-vault-request': 'true' };
  if (hasBody) headers['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  return headers;
}

async function readCapped(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES)
      throw Object.assign(new Error('reply too large'), { code: 'REPLY_TOO_LARGE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseOrNull(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's HTML page: the status says what there is to say.
    return null;
  }
}

function oneHeader(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function secondsOf(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : null;
}

function codeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'TIMEOUT';
  const found = [code, cause?.code, name].find(
    (value) => typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value),
  );
  return (found as string | undefined) ?? 'UNKNOWN';
}

function asUnavailable(error: unknown, url: URL): KeyturnError {
  const reason = codeOf(error);
  const setting = VAULT_SETTING_NAMES.address;
  return new KeyturnError(
    'vault_unavailable',
    `No answer from the vault at ${url.origin} (${reason}); ${setting} tells where it is`,
    {
      reason,
      setting,
    },
  );
}
