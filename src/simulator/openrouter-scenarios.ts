/**
 * What a call may ask the simulated OpenRouter to do, in `metadata.simulate` of its body: words with blanks between.
 *
 * | word | effect |
 * |---|---|
 * | `usage-with-choice` (default), `usage-without-choice`, `no-usage` | the usage chunk has one empty choice, has none, is left out (a reply that is no stream: without `usage`) |
 * | `comments-<n>` | n comments before the first data (default 2); a reply that is no stream begins with n blank lines |
 * | `chunks-<n>` | the answer in n chunks |
 * | `gap-<ms>` | a pause before each chunk but the first |
 * | `slow-<ms>` | a pause before the headers |
 * | `error-mid-stream`, `error-mid-stream-done` | half of the answer, then a chunk with an error; the second with usage and `[DONE]` after it |
 * | `ok-but-error` | 200, and the finish reason is `error` |
 * | `stall-mid-stream`, `reset-mid-stream` | half of the answer, then nothing, or a cut connection |
 * | `hang`, `hang-after-headers`, `reset` | no answer, the headers only, a cut connection |
 * | `endless` | chunks until the client goes away |
 * | `huge` | 64 MiB more |
 * | `gzip` | compressed when the client accepts it |
 * | `split-utf8` | written in pieces that end within characters |
 * | `unknown-fields` | fields and values that no documentation has |
 * | `byok` | served by the account's own provider key: `cost` is the fee of 5 %, the rest is the provider's bill |
 * | `tool-call` | calls the first of the request's tools instead of answering |
 * | `generation-after-<n>` | GET /generation is 404 for n asks (default 1) |
 * | `status-<code>`, `status-429-body-only`, `status-403-limit`, `status-403-moderation`, `retry-after-huge` | that error |
 */

/** What one call asked for. */
export interface Scenario {
  readonly usage: 'with-choice' | 'without-choice' | 'none';
  /** Null: two in a stream, none elsewhere. */
  readonly comments: number | null;
  /** Null: a chunk for each word. */
  readonly chunks: number | null;
  readonly gapMs: number;
  readonly slowMs: number;
  readonly start: 'normal' | 'hang' | 'hang-after-headers' | 'reset';
  readonly course: 'normal' | 'error' | 'error-done' | 'stall' | 'reset' | 'endless';
  readonly okButError: boolean;
  readonly huge: boolean;
  readonly gzip: boolean;
  readonly splitUtf8: boolean;
  readonly unknownFields: boolean;
  readonly byok: boolean;
  readonly toolCall: boolean;
  readonly generationMisses: number;
  /** `429`, `403-limit`, … */
  readonly status: string | null;
}

/** What happens when nothing is asked for. */
export const PLAIN: Scenario = {
  usage: 'with-choice',
  comments: null,
  chunks: null,
  gapMs: 0,
  slowMs: 0,
  start: 'normal',
  course: 'normal',
  okButError: false,
  huge: false,
  gzip: false,
  splitUtf8: false,
  unknownFields: false,
  byok: false,
  toolCall: false,
  generationMisses: 1,
  status: null,
};

const WORDS: Readonly<Record<string, Partial<Scenario>>> = {
  'usage-with-choice': { usage: 'with-choice' },
  'usage-without-choice': { usage: 'without-choice' },
  'no-usage': { usage: 'none' },
  'error-mid-stream': { course: 'error' },
  'error-mid-stream-done': { course: 'error-done' },
  'ok-but-error': { okButError: true },
  'stall-mid-stream': { course: 'stall' },
  'reset-mid-stream': { course: 'reset' },
  hang: { start: 'hang' },
  'hang-after-headers': { start: 'hang-after-headers' },
  reset: { start: 'reset' },
  endless: { course: 'endless' },
  huge: { huge: true },
  gzip: { gzip: true },
  'split-utf8': { splitUtf8: true },
  'unknown-fields': { unknownFields: true },
  byok: { byok: true },
  'tool-call': { toolCall: true },
  'retry-after-huge': { status: 'retry-after-huge' },
};

/** Words that carry a number, at most a million. */
const COUNTED: Readonly<Record<string, (n: number) => Partial<Scenario>>> = {
  comments: (comments) => ({ comments }),
  chunks: (chunks) => ({ chunks: Math.max(1, chunks) }),
  gap: (gapMs) => ({ gapMs }),
  slow: (slowMs) => ({ slowMs }),
  'generation-after': (generationMisses) => ({ generationMisses }),
};

/** The scenario of a request's body. Null: a word in it is unknown, so that a misspelt test fails. */
export function readScenario(body: Readonly<Record<string, unknown>>): Scenario | null {
  const metadata = body['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return PLAIN;
  const simulate = (metadata as Record<string, unknown>)['simulate'];
  if (simulate === undefined) return PLAIN;
  if (typeof simulate !== 'string') return null;
  const scenario = { ...PLAIN };
  for (const word of simulate.split(' ').filter((part) => part !== '')) {
    const change = readWord(word);
    if (!change) return null;
    Object.assign(scenario, change);
  }
  return scenario;
}

function readWord(word: string): Partial<Scenario> | undefined {
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  const status = /^status-(\d{3}(?:-[a-z-]+)?)$/.exec(word)?.[1];
  if (status !== undefined) return { status };
  const [, name = '', number = ''] = /^([a-z-]+)-(\d{1,6})$/.exec(word) ?? [];
  return Object.hasOwn(COUNTED, name) ? COUNTED[name]?.(Number(number)) : undefined;
}
