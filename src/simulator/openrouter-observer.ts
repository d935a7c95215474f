/** What the simulated OpenRouter was asked: for tests in the same process. Holds credentials; never sent anywhere. */
import type { ServerResponse } from 'node:http';
import type { Call } from './define-service';
import type { SimulatedReply } from './service';

/** One request, as it came. */
export interface ObservedCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most the first MiB of it. */
  readonly body: Buffer;
  /** The plain key of its Authorization header; null when there was none. */
  readonly credential: string | null;
  /** What the reply names itself by; null when it is no generation. */
  readonly generationId: string | null;
  /** Of the reply; a call that was left unanswered has the one it would have got. */
  readonly status: number;
}

/** Looks at what happens in the simulated OpenRouter. */
export interface OpenRouterObserver {
  /** The last calls (at most 2,000), oldest first. */
  calls(): readonly ObservedCall[];
  /** Inference calls whose reply has not ended. */
  openStreams(): number;
  /** Inference calls whose client went away before the end of the reply. */
  abortedStreams(): number;
  /** Forgets the calls and the count of aborted ones. */
  forget(): void;
}

const MAX_CALLS = 2_000;
const MAX_BODY_BYTES = 1024 * 1024;

/** The observer, and how it is fed. */
export class CallObserver implements OpenRouterObserver {
  #calls: ObservedCall[] = [];
  #open = 0;
  #aborted = 0;

  calls(): readonly ObservedCall[] {
    return [...this.#calls];
  }

  openStreams(): number {
    return this.#open;
  }

  abortedStreams(): number {
    return this.#aborted;
  }

  forget(): void {
    this.#calls = [];
    this.#aborted = 0;
  }

  /** Notes a call and what came of it. */
  record({ request }: Call, reply: SimulatedReply): void {
    const { method, path, query, headers, bytes } = request;
    this.#calls.push({
      method,
      path,
      query,
      headers,
      body: bytes.length > MAX_BODY_BYTES ? Buffer.from(bytes.subarray(0, MAX_BODY_BYTES)) : bytes,
      credential: /^bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1]?.trim() ?? null,
      generationId: reply.headers?.['x-generation-id'] ?? null,
      status: reply.status,
    });
    if (this.#calls.length > MAX_CALLS) this.#calls.shift();
  }

  /** Counts a reply as open until it ends; `cutByUs` says that its early end is none of the client's doing. */
  track(response: ServerResponse, cutByUs: boolean): void {
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
      if (!response.writableFinished && !cutByUs) this.#aborted += 1;
    });
  }
}
