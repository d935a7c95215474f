/** Asks OpenRouter for its model list. It is public: no credential goes along. */
import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';

const HOST = 'openrouter.ai';
const PATH = '/api/v1/models';
/** `all`: otherwise models that give no text, such as those for embeddings, are left out. */
const QUERY = '?output_modalities=all';
/** Most bytes that are read of all pages together; the list of August 2026 had 0.9 MB. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Without `limit` the list comes in one page. */
const MAX_PAGES = 20;

export interface FetchModels {
  /** `https://openrouter.ai`, a regional one (`https://eu.openrouter.ai`), or a simulator's. */
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  /** For all pages together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const page = z.object({
  data: z.array(z.unknown()),
  links: z.object({ next: z.string().nullish() }).nullish().catch(null),
});

/** The list, all pages in one. Thrown for whatever goes wrong: `upstream_unavailable`, in words without a URL. */
export async function fetchModels(options: FetchModels): Promise<{ data: readonly unknown[] }> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const data: unknown[] = [];
  let bytesLeft = MAX_BYTES;
  let url: URL | null = new URL(`${PATH}${QUERY}`, options.origin);
  for (let pages = 0; url !== null; pages += 1) {
    if (pages === MAX_PAGES) throw unavailable(`the model list has more than ${MAX_PAGES} pages`);
    const body = await readPage({ url, dispatcher: options.dispatcher, signal, maxBytes: bytesLeft });
    bytesLeft -= body.length;
    const parsed = page.safeParse(parseJson(body));
    if (!parsed.success) throw unavailable('the answer is not a model list');
    for (const row of parsed.data.data) data.push(row);
    url = nextPage(parsed.data.links?.next ?? null, options.origin);
  }
  return { data };
}

async function readPage(ask: {
  url: URL;
  dispatcher: Dispatcher;
  signal: AbortSignal;
  maxBytes: number;
}): Promise<Buffer> {
  const { url, dispatcher, signal, maxBytes } = ask;
  try {
    const reply = await request(url, { dispatcher, signal, headers: headersFor(url) });
    if (reply.statusCode !== 200) {
      await reply.body.dump({ limit: 65_536, signal });
      throw unavailable(`the model list was answered with status ${reply.statusCode}`);
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop destroys the stream and with it the connection.
      if (size > maxBytes) throw unavailable(`the model list is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof KeyturnError) throw error;
    const { code } = (error ?? {}) as { code?: unknown };
    const why = signal.aborted
      ? 'no answer in time'
      : typeof code === 'string'
        ? code
        : 'the connection failed';
    throw unavailable(`the model list could not be fetched: ${why}`, error);
  }
}

/** A simulator tells the providers it stands for apart by Host. */
function headersFor({ hostname, host }: URL): Record<string, string> {
  const real = hostname === HOST || hostname.endsWith(`.${HOST}`);
  return { accept: 'application/json', 'accept-encoding': 'identity', host: real ? host : HOST };
}

/** Only pages of the same list: a link is the upstream's text, and could name any place. */
function nextPage(link: string | null, origin: string): URL | null {
  if (link === null) return null;
  const next = URL.parse(link, origin);
  if (next === null || next.pathname !== PATH)
    throw unavailable('the next page is not one of the model list');
  return new URL(`${PATH}${next.search}`, origin);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

function unavailable(message: string, cause?: unknown): KeyturnError {
  return new KeyturnError('upstream_unavailable', message, {}, { cause });
}
