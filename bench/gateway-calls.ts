/** One chat completion as a client makes it, timed. */
import { Pool } from 'undici';
import type { Contender } from './gateway-contenders';

/** What is asked for: in one piece, or as 20 events as fast as they come, or 5 ms apart, as a model writes. */
export const CALL_KINDS = {
  'whole answer': { stream: false, simulate: 'chunks-20' },
  stream: { stream: true, simulate: 'chunks-20 comments-0' },
  'paced stream': { stream: true, simulate: 'chunks-20 comments-0 gap-5' },
} as const;
export type CallKind = keyof typeof CALL_KINDS;

/** Milliseconds from the call on. */
export interface CallTime {
  readonly latencyMs: number;
  /** To the first byte of the first `data:`, or of an answer in one piece. */
  readonly firstDataMs: number;
}

export type Caller = (kind: CallKind) => Promise<CallTime>;

const MAX_CONNECTIONS = 64;
const DONE = '[DONE]';
/** About as long as a short question with its instructions. */
const INSTRUCTIONS =
  'You answer questions about the documents that follow, and name the ones you used. '.repeat(8);

/** Calls over connections that are kept. Thrown by a call whose answer is not a whole one: it says nothing of a time. */
export function createCaller(contender: Contender): { call: Caller; close: () => Promise<void> } {
  const { origin, path } = contender;
  const pool = new Pool(origin, { connections: MAX_CONNECTIONS, pipelining: 1 });
  let calls = 0;
  const call: Caller = async (kind) => {
    const startedMs = performance.now();
    const reply = await pool.request({
      method: 'POST',
      path,
      headers: headersOf(contender, calls++),
      body: BODIES[kind],
    });
    let firstDataMs = NaN;
    let last: Buffer | undefined;
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      if (last === undefined) firstDataMs = performance.now() - startedMs;
      last = chunk;
    }
    const latencyMs = performance.now() - startedMs;
    assertWhole(contender, kind, reply.statusCode, last);
    return { latencyMs, firstDataMs };
  };
  return { call, close: () => pool.close() };
}

function headersOf({ headers }: Contender, call: number): Record<string, string> {
  return { ...headers[call % headers.length] };
}

const BODIES = Object.fromEntries(
  Object.entries(CALL_KINDS).map(([kind, { stream, simulate }]) => [
    kind,
    JSON.stringify({
      model: 'openai/gpt-4o-mini',
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        { role: 'user', content: 'How long does a key live on after its rotation?' },
      ],
      stream,
      max_tokens: 200,
      metadata: { simulate },
    }),
  ]),
) as Record<CallKind, string>;

/** Thrown when it is not: a benchmark of failures would be a number about nothing. */
function assertWhole(contender: Contender, kind: CallKind, status: number, last: Buffer | undefined): void {
  const whole = last !== undefined && (!CALL_KINDS[kind].stream || last.includes(DONE));
  if (status === 200 && whole) return;
  throw new Error(`${kind} of ${contender.name}: status ${status}, ${whole ? 'whole' : 'not whole'}`);
}

/**
 * Thrown when a contender does not give the answer that the upstream gives, or Keyturn served it with another key
 * than the tenant's.
 */
export async function assertSameAnswers(contenders: readonly Contender[]): Promise<void> {
  for (const kind of ['whole answer', 'stream'] as const) {
    const expected = await readAnswer(contenders[0] as Contender, kind);
    for (const contender of contenders) {
      const { text, credential } = await readAnswer(contender, kind);
      if (text !== expected.text) throw new Error(`${kind} of ${contender.name} says something else`);
      if (contender.name === 'keyturn' && credential !== 'tenant')
        throw new Error('not served with the tenant’s key');
    }
  }
}

interface Piece {
  readonly choices: readonly {
    readonly message?: { content: string };
    readonly delta?: { content?: string };
  }[];
}

async function readAnswer(
  contender: Contender,
  kind: CallKind,
): Promise<{ text: string; credential: unknown }> {
  const { origin, path } = contender;
  const pool = new Pool(origin);
  try {
    const reply = await pool.request({
      method: 'POST',
      path,
      headers: headersOf(contender, 0),
      body: BODIES[kind],
    });
    const body = await reply.body.text();
    if (reply.statusCode !== 200) throw new Error(`${kind} of ${contender.name}: status ${reply.statusCode}`);
    const pieces = CALL_KINDS[kind].stream
      ? body.split('\n').filter((line) => line.startsWith('data: ') && !line.includes(DONE))
      : [`data: ${body}`];
    const text = pieces
      .map((line) => JSON.parse(line.slice('data: '.length)) as Piece)
      .map(({ choices: [first] }) => first?.message?.content ?? first?.delta?.content ?? '')
      .join('|');
    return { text, credential: reply.headers['x-keyturn-credential'] };
  } finally {
    await pool.close();
  }
}
