/** Speaks to the simulated OpenRouter: raw bytes, OpenRouter's own SDK, OpenAI's client. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { HTTPClient, OpenRouter } from '@openrouter/sdk';
import OpenAI from 'openai';
import { Agent, fetch as undiciFetch } from 'undici';
import type { Simulator } from '../../src/simulator/simulator';

/** A reply as it came. */
export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** One for each read of the socket. */
  readonly reads: readonly Buffer[];
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: any;
  /** The `data:` lines that are JSON, parsed. */
  readonly events: readonly any[];
}

/** The plain key of a published credential. */
export function keyOf(simulator: Simulator, variant = 'good'): string {
  return simulator.find('openrouter').credentials[variant]?.['api_key'] ?? '';
}

/** A chat's body: what is asked, and the words of `metadata.simulate`. */
export function chatBody(simulate = '', more: object = {}): object {
  return {
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Say something' }],
    ...(simulate !== '' && { metadata: { simulate } }),
    ...more,
  };
}

/** An open request: its reply's beginning, and a way to hang up. */
export interface OpenRequest {
  readonly reply: Promise<RawReply>;
  /** Resolves when the body so far has this text. */
  has(text: string): Promise<void>;
  /** The body so far. */
  soFar(): Buffer;
  /** Resolves with the status, when the headers are there. */
  readonly headed: Promise<number>;
  hangUp(): void;
  /** Stops reading; the connection stays. */
  stopReading(): void;
}

/** Sends one request with the Host of OpenRouter; an object is sent as JSON, a Buffer as it is. */
export function open(
  simulator: Simulator,
  path: string,
  body: object | Buffer | null,
  options: { method?: string; key?: string | null; headers?: Record<string, string> } = {},
): OpenRequest {
  const { key = keyOf(simulator), headers = {} } = options;
  const head = Promise.withResolvers<number>();
  const whole = Promise.withResolvers<RawReply>();
  const reads: Buffer[] = [];
  const news: (() => void)[] = [];
  const tell = (): void => news.splice(0).forEach((resolve) => resolve());
  let failure: Error | undefined;
  for (const { promise } of [head, whole]) promise.catch(() => undefined);
  const fail = (error: Error): void => {
    failure = error;
    head.reject(error);
    whole.reject(error);
    tell();
  };
  let pause = (): void => undefined;
  const request = httpRequest(
    `${simulator.origin}/api/v1${path}`,
    {
      method: options.method ?? (body === null ? 'GET' : 'POST'),
      agent: false,
      headers: {
        host: 'openrouter.ai',
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== null && { 'content-type': 'application/json' }),
        ...headers,
      },
    },
    (response) => {
      pause = () => void response.pause();
      head.resolve(response.statusCode ?? 0);
      response.on('data', (chunk: Buffer) => {
        reads.push(chunk);
        tell();
      });
      response.on('error', fail);
      response.on('end', () => whole.resolve(rawReply(response.statusCode ?? 0, response.headers, reads)));
    },
  );
  request.on('error', fail);
  request.end(body === null || Buffer.isBuffer(body) ? (body ?? undefined) : JSON.stringify(body));
  return {
    reply: whole.promise,
    soFar: () => Buffer.concat(reads),
    async has(text) {
      while (!Buffer.concat(reads).includes(text)) {
        if (failure) throw failure;
        await new Promise<void>((resolve) => news.push(resolve));
      }
    },
    headed: head.promise,
    hangUp: () => request.destroy(),
    stopReading: () => pause(),
  };
}

/** As {@link open}, waited for. */
export function send(...asked: Parameters<typeof open>): Promise<RawReply> {
  return open(...asked).reply;
}

function rawReply(status: number, headers: IncomingHttpHeaders, reads: readonly Buffer[]): RawReply {
  const bytes = Buffer.concat(reads);
  const text = bytes.toString();
  return {
    status,
    headers,
    reads,
    bytes,
    text,
    // A huge one is parsed only for those who look.
    get json() {
      return parsed(text);
    },
    get events() {
      return eventsOf(text);
    },
  };
}

/** The parsed data of a stream's events, without `[DONE]`. */
export function eventsOf(text: string): readonly any[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)));
}

/** OpenRouter's own SDK, at the simulator's origin. */
export function openRouterSdk(simulator: Simulator, variant = 'good'): OpenRouter {
  return new OpenRouter({
    apiKey: keyOf(simulator, variant),
    serverURL: `${simulator.origin}/api/v1`,
    retryConfig: { strategy: 'none' },
  });
}

/** The same under OpenRouter's own name: every connection of its fetch ends at the simulator. */
export function openRouterSdkByName(simulator: Simulator): { sdk: OpenRouter; close: () => Promise<void> } {
  const lookup = (_host: string, _options: object, done: (...answer: unknown[]) => void): void =>
    done(null, [{ address: '127.0.0.1', family: 4 }]);
  const agent = new Agent({ connect: { lookup: lookup as never } });
  const fetcher = async (input: Request | string | URL, init?: RequestInit): Promise<Response> => {
    const { url, method, headers, body } = new Request(input, init);
    const text = body === null ? null : await new Response(body).text();
    const reply = await undiciFetch(url, { method, headers: [...headers], body: text, dispatcher: agent });
    return new Response(reply.body as never, { status: reply.status, headers: [...reply.headers] });
  };
  const { port } = new URL(simulator.origin);
  const sdk = new OpenRouter({
    apiKey: keyOf(simulator),
    serverURL: `http://openrouter.ai:${port}/api/v1`,
    httpClient: new HTTPClient({ fetcher }),
    retryConfig: { strategy: 'none' },
  });
  return { sdk, close: () => agent.close() };
}

/** Waits until it is so. Thrown when it never is. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`never happened: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** OpenAI's client, at the simulator's origin. */
export function openAiClient(simulator: Simulator, variant = 'good'): OpenAI {
  return new OpenAI({
    apiKey: keyOf(simulator, variant),
    baseURL: `${simulator.origin}/api/v1`,
    maxRetries: 0,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
