/** The only way out to providers: https, hosts of the entry's list, public addresses, no redirects, bounded. */
import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, request, type Dispatcher } from 'undici';

/** Greatest reply that is read, in bytes, unless the step says otherwise. */
export const MAX_REPLY_BYTES = 256 * 1024;

/** Why a request was not made or not finished. */
export type OutboundFailure = 'timeout' | 'unreachable' | 'refused' | 'too_large' | 'not_http';

/** Thrown for everything that goes wrong between us and a provider. Carries no URL: they may hold secrets. */
export class OutboundError extends Error {
  override name = 'OutboundError' as const;
  constructor(readonly failure: OutboundFailure) {
    super(`the provider request failed: ${failure}`);
  }
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: LookupAddress[] | string,
  family?: number,
) => void;
type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;
type ResolveAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** True for an address of the public internet; mapped and tunnelled forms of private ones are not. */
export function isPublicUnicast(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/**
 * A lookup that refuses names with any address outside the public internet. It runs when the socket connects,
 * on the very addresses the socket uses, so a name that changes between check and use gains nothing.
 */
export function guardLookup(resolve: ResolveAll = dnsLookup): Lookup {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const first = addresses[0];
      if (first === undefined || !addresses.every((entry) => isPublicUnicast(entry.address))) {
        return callback(Object.assign(new Error('not a public address'), { code: 'EPRIVATE' }), []);
      }
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** The agent for real providers. `resolve` is for tests. */
export function createGuardedAgent(resolve?: ResolveAll): Dispatcher {
  return new Agent({ connect: { lookup: guardLookup(resolve) as never, timeout: 10_000 }, pipelining: 1 });
}

let guardedAgent: Dispatcher | undefined;
let loopbackAgent: Dispatcher | undefined;

/** Closes the shared agents' connections; the next request opens new ones. */
export async function closeOutbound(): Promise<void> {
  const agents = [guardedAgent, loopbackAgent];
  guardedAgent = undefined;
  loopbackAgent = undefined;
  await Promise.all(agents.map(async (agent) => agent?.close()));
}

/** Thrown as `refused` unless the URL is https, without user info, on an allowed host that is a name. */
export function assertAllowedUrl(url: URL, hosts: readonly (string | RegExp)[]): void {
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  const allowed = hosts.some((host) => (typeof host === 'string' ? host === url.host : host.test(url.host)));
  if (
    url.protocol !== 'https:' ||
    url.username !== '' ||
    url.password !== '' ||
    isIP(bare) !== 0 ||
    !allowed
  ) {
    throw new OutboundError('refused');
  }
}

export interface OutboundRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly hosts: readonly (string | RegExp)[];
  /** Connect here instead; path, query and Host header stay those of `url`. */
  readonly origin?: string | undefined;
  readonly dispatcher?: Dispatcher | undefined;
  readonly signal: AbortSignal;
  readonly maxBytes?: number | undefined;
}

export interface OutboundReply {
  readonly status: number;
  /** Lower-case names; repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Thrown as {@link OutboundError} for everything the network or the provider does. */
export async function sendOutbound(outbound: OutboundRequest): Promise<OutboundReply> {
  const { url, origin, hosts, signal } = outbound;
  assertAllowedUrl(url, hosts);
  const target = origin === undefined ? url : redirectToOrigin(url, origin);
  const dispatcher =
    outbound.dispatcher ??
    (origin === undefined ? (guardedAgent ??= createGuardedAgent()) : (loopbackAgent ??= new Agent()));
  try {
    const reply = await request(target, {
      dispatcher,
      method: outbound.method,
      headers: { ...outbound.headers, host: url.host },
      body: outbound.body,
      signal,
    });
    return {
      status: reply.statusCode,
      headers: joinHeaders(reply.headers),
      body: await readBounded(reply.body, outbound.maxBytes ?? MAX_REPLY_BYTES),
    };
  } catch (error) {
    throw error instanceof OutboundError ? error : new OutboundError(classify(error, signal));
  }
}

function redirectToOrigin(url: URL, origin: string): URL {
  const target = new URL(origin);
  target.pathname = url.pathname;
  target.search = url.search;
  return target;
}

async function readBounded(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the stream and with it the connection.
    if (size > maxBytes) throw new OutboundError('too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

/** Codes and names of undici's own errors: https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md */
function classify(error: unknown, signal: AbortSignal): OutboundFailure {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (signal.aborted || code === 'ETIMEDOUT' || (typeof code === 'string' && code.endsWith('_TIMEOUT')))
    return 'timeout';
  if (code === 'EPRIVATE') return 'refused';
  return name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'not_http' : 'unreachable';
}
