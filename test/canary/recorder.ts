/** Speaks HTTP and keeps what it heard: every byte of every answer, but for those of /byok/resolve. */
import type { TestService } from '../support/service';
import type { Piece } from './find-secrets';

export interface Asked {
  readonly method?: string;
  /** Below the API's base, or with `//` at the root. */
  readonly path: string;
  /** Text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: { role: string; tenantId?: string };
  /** The answer is the provider's own word, passed on: not ours to search. */
  readonly relayed?: boolean;
}

export interface Told {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are JSON of many shapes
  readonly body: any;
}

export class Recorder {
  readonly heard: Piece[] = [];
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(readonly service: TestService) {}

  readonly ask = async (asked: Asked): Promise<Told> => {
    const { path, body, headers = {} } = asked;
    const method = asked.method ?? (body === undefined ? 'GET' : 'POST');
    const response = await fetch(
      `${this.service.url}${path.replace(/^\/(?!\/)/, '/api/brain/').replace(/^\/\//, '/')}`,
      {
        method,
        headers: {
          authorization: `Bearer ${await this.#token(asked.as ?? { role: 'admin' })}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
    );
    const text = await response.text();
    const { status } = response;
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const notOurs = (path.startsWith('/byok/resolve') && status === 200) || asked.relayed === true;
    if (!notOurs) {
      const name = `answer ${status} to ${method} ${path.split('?')[0]}`;
      this.heard.push({ name, bytes: Buffer.from(`${head}\n\n${text}`) });
    }
    const json = response.headers.get('content-type')?.includes('json') === true;
    return { status, body: json ? JSON.parse(text) : text };
  };

  #token(as: { role: string; tenantId?: string }): Promise<string> {
    const key = JSON.stringify(as);
    const known = this.#tokens.get(key) ?? this.service.mintToken(as);
    this.#tokens.set(key, known);
    return known;
  }
}
