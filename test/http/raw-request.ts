/** Requests as no well-behaved client sends them: the path and the bytes go out as they are. */
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';

export interface RawRequest {
  readonly method?: string;
  /** Sent unchanged: no normalising of `..` or `%2e`. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The parsed body; null when it is not JSON. */
  readonly json: Record<string, unknown> | null;
  /** Head and body as one text, to search. */
  readonly everything: string;
}

/** Sends it. Rejects only when no answer comes. */
export function sendRaw(url: string, raw: RawRequest): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  // node sends none for a DELETE by itself, and the body would be read as the next request.
  const length = raw.body === undefined ? {} : { 'content-length': Buffer.byteLength(raw.body) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        hostname,
        port,
        method: raw.method ?? 'GET',
        path: raw.path,
        headers: { ...length, ...raw.headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = response.headers['content-type']?.includes('json') === true;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: isJson ? (JSON.parse(text) as Record<string, unknown>) : null,
            everything: `${JSON.stringify(response.rawHeaders)}\n${text}`,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(raw.body);
  });
}
