/** A chat completion as data: what is said, in which pieces, and how it is told in one JSON or in chunks. */
import type { Call } from './define-service';
import { composeAnswer, type ChatMessage } from './openrouter-answer';
import type { ModelRow } from './openrouter-model-rows';
import { CHARACTERS_PER_TOKEN, countTokens, type TokenCount } from './openrouter-prices';
import type { Scenario } from './openrouter-scenarios';
import { billOf, chatUsage, type Bill } from './openrouter-usage';

/** One completion, made before the first byte is sent. */
export interface Completion {
  readonly id: string;
  readonly now: Date;
  readonly call: Call;
  readonly scenario: Scenario;
  readonly row: ModelRow;
  readonly provider: string;
  readonly promptTokens: number;
  /** The answer, cut where a stream is. Empty for a tool call. */
  readonly pieces: readonly string[];
  readonly toolName: string | null;
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'error';
}

/** The error of a provider that fails after the reply has begun. */
export const PROVIDER_FAILED = {
  code: 502,
  message: 'Provider returned error',
  metadata: { error_type: 'provider_unavailable', provider_code: 'simulated_failure' },
} as const;

const UNKNOWN = { simulated_field: { nested: [1, null], text: 'é漢😀' }, service_tier: 'simulated_tier' };

/** The answer's pieces, and why it ends. */
export function composePieces(
  messages: readonly ChatMessage[],
  body: Readonly<Record<string, unknown>>,
  scenario: Scenario,
): Pick<Completion, 'pieces' | 'toolName' | 'finishReason'> {
  const toolName = scenario.toolCall ? firstTool(body['tools']) : null;
  if (toolName !== null) return { pieces: [], toolName, finishReason: 'tool_calls' };
  const whole = composeAnswer(messages);
  const limit = body['max_completion_tokens'] ?? body['max_tokens'];
  const most = typeof limit === 'number' && limit >= 1 ? Math.floor(limit) * CHARACTERS_PER_TOKEN : Infinity;
  // A character of two units is not cut in halves.
  const text = whole.length > most ? whole.slice(0, most).replace(/[\ud800-\udbff]$/, '') : whole;
  const words = text.match(/\s*\S+|\s+$/g) ?? [text];
  const finishReason = scenario.okButError ? 'error' : text === whole ? 'stop' : 'length';
  return {
    pieces: scenario.chunks === null ? words : inChunks(words, scenario.chunks),
    toolName,
    finishReason,
  };
}

/** Tokens of a completion after so many characters of it. */
export function tokensAfter(completion: Completion, characters: number): TokenCount {
  const said = completion.toolName === null ? characters : completion.toolName.length;
  return { prompt: completion.promptTokens, completion: said === 0 ? 0 : countTokens(said) };
}

/** The bill after so many characters: an answer without any that did not end well is free. */
export function billAfter(completion: Completion, tokens: TokenCount, endedWell: boolean): Bill {
  const { row, scenario, now } = completion;
  return billOf(row, tokens, { byok: scenario.byok, unbilled: tokens.completion === 0 && !endedWell, now });
}

/** The whole completion as one JSON text. */
export function completionText(completion: Completion, tokens: TokenCount, bill: Bill): string {
  const { id, now, row, provider, scenario, toolName, finishReason } = completion;
  const failed = finishReason === 'error';
  return JSON.stringify({
    id,
    provider,
    model: row.id,
    object: 'chat.completion',
    created: Math.floor(now.getTime() / 1000),
    choices: [
      {
        logprobs: null,
        finish_reason: finishReason,
        native_finish_reason: nativeReason(completion),
        index: 0,
        message: {
          role: 'assistant',
          content: toolName === null ? completion.pieces.join('') : null,
          refusal: null,
          reasoning: null,
          ...(toolName !== null && { tool_calls: [toolCall(id, toolName)] }),
        },
        ...(failed && { error: PROVIDER_FAILED }),
        ...(scenario.unknownFields && { simulated_choice_field: true }),
      },
    ],
    system_fingerprint: null,
    ...(scenario.usage !== 'none' && { usage: chatUsage(tokens, bill) }),
    ...(scenario.unknownFields && UNKNOWN),
  });
}

/** Makes the chunks of one stream. Their common beginning is serialised once. */
export class ChunkMaker {
  readonly #lead: string;
  readonly #tail: string;

  constructor(readonly completion: Completion) {
    const { id, now, row, provider, scenario } = completion;
    const common = {
      id,
      provider,
      model: row.id,
      object: 'chat.completion.chunk',
      created: Math.floor(now.getTime() / 1000),
    };
    this.#lead = `data: ${JSON.stringify(common).slice(0, -1)},`;
    this.#tail = scenario.unknownFields ? `,${JSON.stringify(UNKNOWN).slice(1)}\n\n` : '}\n\n';
  }

  /** A piece of the answer. */
  content(text: string): string {
    return this.#chunk(choices(`{"role":"assistant","content":${JSON.stringify(text)}}`, null, null));
  }

  toolCall(name: string): string {
    const calls = JSON.stringify([{ index: 0, ...toolCall(this.completion.id, name) }]);
    return this.#chunk(choices(`{"role":"assistant","content":null,"tool_calls":${calls}}`, null, null));
  }

  finish(): string {
    const { finishReason } = this.completion;
    return this.#chunk(
      choices('{"role":"assistant","content":""}', finishReason, nativeReason(this.completion)),
    );
  }

  /** Recorded with one empty choice; documented with none. */
  usage(usage: object, withChoice: boolean): string {
    const empty = withChoice ? choices('{"role":"assistant","content":""}', null, null) : '"choices":[]';
    return this.#chunk(`${empty},"usage":${JSON.stringify(usage)}`);
  }

  /** With `usage`, as recorded before the error had a finish reason of its own. */
  error(usage: object | null): string {
    const choice = choices(
      '{"role":"assistant","content":""}',
      usage ? null : 'error',
      usage ? null : 'error',
    );
    const told = usage ? `,"usage":${JSON.stringify(usage)}` : '';
    return this.#chunk(`"error":${JSON.stringify(PROVIDER_FAILED)},${choice}${told}`);
  }

  #chunk(rest: string): string {
    return `${this.#lead}${rest}${this.#tail}`;
  }
}

function choices(delta: string, finish: string | null, native: string | null): string {
  return `"choices":[{"index":0,"delta":${delta},"finish_reason":${JSON.stringify(finish)},"native_finish_reason":${JSON.stringify(native)},"logprobs":null}]`;
}

function nativeReason({ finishReason, scenario }: Completion): string {
  if (scenario.unknownFields) return 'simulated_reason';
  return finishReason === 'stop' ? 'completed' : finishReason;
}

function toolCall(id: string, name: string): object {
  return { id: id.replace(/^gen/, 'call'), type: 'function', function: { name, arguments: '{}' } };
}

function firstTool(tools: unknown): string | null {
  const [first] = Array.isArray(tools) ? (tools as unknown[]) : [];
  const named = (first as { function?: { name?: unknown } } | undefined)?.function?.name;
  return typeof named === 'string' ? named : null;
}

/** Exactly `count` pieces: words put together, or said again. */
function inChunks(words: readonly string[], count: number): readonly string[] {
  if (count >= words.length) return Array.from({ length: count }, (_, at) => words[at % words.length] ?? '');
  const size = words.length / count;
  return Array.from({ length: count }, (_, at) =>
    words.slice(Math.floor(at * size), Math.floor((at + 1) * size)).join(''),
  );
}
