/** Reads one request to its end, up to a limit. */
import type { IncomingMessage } from 'node:http';
import type { SimulatedRequest } from './service';

/** The Host header without its port, in small letters. */
export function hostOf(message: IncomingMessage): string {
  return (message.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}

/** Null when the body is longer than `maxBodyBytes`. Thrown when the client goes away before its end. */
export async function receiveRequest(
  message: IncomingMessage,
  host: string,
  maxBodyBytes: number,
): Promise<SimulatedRequest | null> {
  const bytes = await readBody(message, maxBodyBytes);
  if (!bytes) return null;
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return {
    method: message.method ?? 'GET',
    host,
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers,
    body: bytes.toString(),
    bytes,
  };
}

function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // Read to the end all the same: leaving would cut the connection before the answer.
      if (size <= maxBytes) chunks.push(chunk);
    });
    message.on('end', () => {
      const [only] = chunks;
      if (size > maxBytes) resolve(null);
      else resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks));
    });
    message.on('error', reject);
    message.on('close', () => reject(new Error('the client went away')));
  });
}
