/**
 * What the simulated models say: the sentence of the prompt that answers its question best, or else the last message
 * of the user. The same prompt gets the same answer.
 */

/** One message of a chat, as far as the simulator reads it. */
export interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

/** Ends every answer: characters of two, three and four bytes. */
export const ANSWER_SUFFIX = ' (simulé 漢字 😀)';

const COMMON_WORDS = new Set(
  'a an and are as at be by can do does for from has have how i in is it its of on or that the this to was were what when where which who whom why will with you your'.split(
    ' ',
  ),
);

/** The messages of a request's body; null when they are none. */
export function readMessages(value: unknown): readonly ChatMessage[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const messages: ChatMessage[] = [];
  for (const entry of value as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return null;
    const { role, content } = entry as Record<string, unknown>;
    if (typeof role !== 'string') return null;
    messages.push({ role, text: textOf(content) });
  }
  return messages;
}

/** Characters of the prompt: what its tokens are counted by. */
export function lengthOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { text }) => sum + text.length, 0);
}

/** The answer to a prompt. */
export function composeAnswer(messages: readonly ChatMessage[]): string {
  const asked = messages.findLast(({ role }) => role === 'user')?.text ?? messages.at(-1)?.text ?? '';
  const question = questionOf(asked);
  const found = question === null ? null : findSentence(question, messages);
  return `${found ?? asked}${ANSWER_SUFFIX}`;
}

/** Lower-case words of a text without those that every text has. */
export function wordsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !COMMON_WORDS.has(word));
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .map((part) =>
      typeof part === 'object' && part !== null ? (part as Record<string, unknown>)['text'] : '',
    )
    .filter((text) => typeof text === 'string')
    .join('\n');
}

/** The last sentence that ends in a question mark, or the line after "Question:". */
function questionOf(text: string): string | null {
  const marked = /(?:^|\n)\s*(?:question|frage)\s*:\s*(.+)/i.exec(text)?.[1];
  return marked?.trim() ?? sentencesOf(text).findLast((sentence) => sentence.endsWith('?')) ?? null;
}

function findSentence(question: string, messages: readonly ChatMessage[]): string | null {
  const asked = new Set(wordsOf(question));
  let best: { sentence: string; score: number } | null = null;
  for (const { role, text } of messages) {
    if (role === 'assistant') continue;
    let source = '';
    for (const sentence of sentencesOf(text)) {
      // A passage may be numbered: the answer then names its number.
      source = /^\[\d+\]/.exec(sentence)?.[0] ?? source;
      if (sentence.endsWith('?') || sentence.includes(question)) continue;
      const words = new Set(wordsOf(sentence));
      const shared = [...words].filter((word) => asked.has(word)).length;
      const score = shared / Math.sqrt(words.size + 1);
      if (score > (best?.score ?? 0)) {
        best = {
          sentence: source && !sentence.startsWith(source) ? `${sentence} ${source}` : sentence,
          score,
        };
      }
    }
  }
  return best?.sentence ?? null;
}

function sentencesOf(text: string): readonly string[] {
  return text
    .split(/\n+|(?<=[.!?])\s+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
