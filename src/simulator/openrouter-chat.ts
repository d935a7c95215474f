/** POST /api/v1/chat/completions: https://openrouter.ai/docs/api-reference/chat-completion */
import type { Call } from './define-service';
import { lengthOf, readMessages } from './openrouter-answer';
import { sendBody } from './openrouter-body';
import {
  billAfter,
  completionText,
  composePieces,
  ChunkMaker,
  tokensAfter,
  type Completion,
} from './openrouter-completion';
import { badRequest } from './openrouter-errors';
import { newGenerationId } from './openrouter-generations';
import {
  acceptsGzip,
  chooseModel,
  generationHeaders,
  providerOf,
  readInference,
  settle,
  type OpenRouterState,
} from './openrouter-inference';
import { countTokens } from './openrouter-prices';
import { PLAIN } from './openrouter-scenarios';
import { chatUsage } from './openrouter-usage';
import type { SimulatedReply } from './service';

const HUGE_BYTES = 64 * 1024 * 1024;
const FILLER = 'a'.repeat(64 * 1024);
const DEFAULT_COMMENTS = 2;

/** How far a reply has come: characters of the answer that were handed to the client. */
interface Progress {
  characters: number;
}

/** Answers one call. */
export function answerChat(state: OpenRouterState, call: Call): SimulatedReply {
  const read = readInference(state, call);
  if ('refusal' in read) return read.refusal;
  const { body, scenario } = read.request;
  const messages = readMessages(body['messages']);
  const { stream = false } = body;
  if (!messages || typeof stream !== 'boolean') return badRequest;
  const promptTokens = countTokens(lengthOf(messages));
  const chosen = chooseModel(state, call, body, { output: 'text', promptTokens });
  if ('refusal' in chosen) return chosen.refusal;
  const now = new Date();
  const completion: Completion = {
    id: newGenerationId(now),
    now,
    call,
    scenario,
    row: chosen.row,
    provider: providerOf(chosen.row),
    promptTokens,
    ...composePieces(messages, body, scenario),
  };
  return stream ? streamed(state, completion, body) : atOnce(state, completion, body);
}

function streamed(
  state: OpenRouterState,
  completion: Completion,
  body: Readonly<Record<string, unknown>>,
): SimulatedReply {
  const progress: Progress = { characters: 0 };
  const headers = {
    ...generationHeaders(completion.id, 'text/event-stream'),
    'cache-control': 'no-cache',
  };
  return inPieces(state, completion, body, { headers, pieces: eventsOf(completion, progress), progress });
}

function atOnce(
  state: OpenRouterState,
  completion: Completion,
  body: Readonly<Record<string, unknown>>,
): SimulatedReply {
  const characters = lengthOfAnswer(completion);
  const tokens = tokensAfter(completion, characters);
  const bill = billAfter(completion, tokens, completion.finishReason !== 'error');
  const text = completionText(completion, tokens, bill);
  const headers = generationHeaders(completion.id, 'application/json');
  if (completion.scenario !== PLAIN) {
    return inPieces(state, completion, body, {
      headers,
      pieces: jsonPieces(completion, text),
      progress: { characters },
    });
  }
  writeGeneration(state, completion, body, { characters, cancelled: false });
  return {
    status: 200,
    headers,
    send(response) {
      response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    },
  };
}

function inPieces(
  state: OpenRouterState,
  completion: Completion,
  body: Readonly<Record<string, unknown>>,
  reply: { headers: Readonly<Record<string, string>>; pieces: Iterable<string>; progress: Progress },
): SimulatedReply {
  const { scenario, call } = completion;
  return {
    status: 200,
    headers: reply.headers,
    send(response) {
      state.observer.track(response, scenario.course === 'reset' || scenario.start === 'reset');
      void sendBody(response, {
        status: 200,
        headers: reply.headers,
        pieces: reply.pieces,
        scenario,
        acceptsGzip: acceptsGzip(call),
        ended: (how) =>
          writeGeneration(state, completion, body, {
            characters: reply.progress.characters,
            cancelled: how === 'cancelled',
          }),
      });
    },
  };
}

function* eventsOf(completion: Completion, progress: Progress): Generator<string> {
  const { scenario, pieces, toolName } = completion;
  const maker = new ChunkMaker(completion);
  for (let left = scenario.comments ?? DEFAULT_COMMENTS; left > 0; left -= 1)
    yield ': OPENROUTER PROCESSING\n\n';
  if (toolName !== null) yield maker.toolCall(toolName);
  for (const piece of coursePieces(completion)) {
    progress.characters += piece.length;
    yield maker.content(piece);
  }
  if (scenario.course === 'stall' || scenario.course === 'reset') return;
  const usage = (): object => {
    const tokens = tokensAfter(completion, progress.characters);
    return chatUsage(tokens, billAfter(completion, tokens, completion.finishReason !== 'error'));
  };
  if (scenario.course === 'error') {
    yield maker.error(null);
    return;
  }
  if (scenario.course === 'error-done') yield maker.error(usage());
  else {
    yield maker.finish();
    if (scenario.usage !== 'none') yield maker.usage(usage(), scenario.usage === 'with-choice');
  }
  yield 'data: [DONE]\n\n';

  function* coursePieces({ scenario: { course, huge } }: Completion): Generator<string> {
    if (huge) for (let sent = 0; sent < HUGE_BYTES; sent += FILLER.length) yield FILLER;
    if (course === 'endless') for (let at = 0; ; at += 1) yield pieces[at % pieces.length] ?? '';
    yield* course === 'normal' ? pieces : pieces.slice(0, Math.ceil(pieces.length / 2));
  }
}

function* jsonPieces({ scenario }: Completion, text: string): Generator<string> {
  // As the real service keeps a long wait alive.
  for (let left = scenario.comments ?? 0; left > 0; left -= 1) yield '\n         ';
  if (scenario.course === 'endless') for (;;) yield '\n         ';
  if (scenario.huge) {
    yield '{"simulated_filler":"';
    for (let sent = 0; sent < HUGE_BYTES; sent += FILLER.length) yield FILLER;
    yield '",';
    yield text.slice(1);
    return;
  }
  const cut = scenario.course === 'stall' || scenario.course === 'reset';
  yield cut ? text.slice(0, Math.ceil(text.length / 2)) : text;
}

function lengthOfAnswer({ pieces }: Completion): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function writeGeneration(
  state: OpenRouterState,
  completion: Completion,
  body: Readonly<Record<string, unknown>>,
  end: { readonly characters: number; readonly cancelled: boolean },
): void {
  const { call, scenario, row, now } = completion;
  const failed = scenario.course === 'error' || scenario.course === 'error-done';
  const finishReason = end.cancelled ? null : failed ? 'error' : completion.finishReason;
  const tokens = tokensAfter(completion, end.characters);
  const bill = billAfter(completion, tokens, !end.cancelled && finishReason !== 'error');
  settle(state, call, {
    id: completion.id,
    account: call.account,
    createdAt: now,
    api: 'completions',
    model: row.id,
    provider: completion.provider,
    streamed: body['stream'] === true,
    cancelled: end.cancelled,
    finishReason,
    nativeFinishReason: finishReason === 'stop' ? 'completed' : finishReason,
    promptTokens: tokens.prompt,
    completionTokens: tokens.completion,
    cost: bill.cost,
    upstreamCost: bill.upstreamCost,
    isByok: scenario.byok,
    durationMs: Date.now() - now.getTime(),
    headers: call.request.headers,
    user: typeof body['user'] === 'string' ? body['user'] : null,
    sessionId: typeof body['session_id'] === 'string' ? body['session_id'] : null,
    misses: scenario.generationMisses,
  });
}
