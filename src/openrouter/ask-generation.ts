/** What a call cost, asked afterwards: https://openrouter.ai/docs/api-reference/get-a-generation */
import { readGeneration } from './read-usage';
import type { MeteredUsage } from './meter-answer';
import type { SendUpstream } from './upstream';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

/** Null while OpenRouter does not tell: it has not written it down yet, or not for this key. Thrown: `upstream_…`. */
export async function askGeneration(
  send: SendUpstream,
  apiKey: string,
  generationId: string,
): Promise<Partial<MeteredUsage> | null> {
  const reply = await send({
    method: 'GET',
    path: `/generation?id=${encodeURIComponent(generationId)}`,
    apiKey,
    headers: { accept: 'application/json' },
    body: null,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) return null;
    chunks.push(chunk);
  }
  return reply.status === 200 ? readGeneration(Buffer.concat(chunks).toString('utf8')) : null;
}
