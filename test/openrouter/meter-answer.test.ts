/** What is read of an answer on its way: the facts, not each of its pieces. */
import { createMeter, type Metered } from '../../src/openrouter/meter-answer';

function meterEvents(...events: (object | string)[]): Metered {
  const meter = createMeter('text/event-stream; charset=utf-8', '');
  for (const event of events) {
    meter.push(Buffer.from(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`));
  }
  return meter.finish();
}

const piece = (content: string, more: object = {}) => ({
  id: 'gen-1',
  model: 'openai/gpt-4o-mini',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
});
const usage = { prompt_tokens: 2, completion_tokens: 5, cost: 0.0000033 };

test('the usage comes in an event of its own, with or without a choice', () => {
  for (const choices of [[], [{ index: 0, delta: { content: '' } }]]) {
    const { usage: said, failed } = meterEvents(piece('a'), piece('', { choices, usage }), '[DONE]');
    expect(failed).toBe(false);
    expect(said).toMatchObject({ servedModel: 'openai/gpt-4o-mini', generationId: 'gen-1', promptTokens: 2 });
  }
});

test('without a usage the pieces tell who answered', () => {
  const { usage: said, failed } = meterEvents(piece('a'), piece('b'), '[DONE]');
  expect({ said, failed }).toEqual({
    said: { servedModel: 'openai/gpt-4o-mini', generationId: 'gen-1' },
    failed: false,
  });
});

test('a usage that names no model leaves that to the pieces', () => {
  const { usage: said } = meterEvents(piece('a'), { usage }, '[DONE]');
  expect(said).toMatchObject({ servedModel: 'openai/gpt-4o-mini', completionTokens: 5 });
});

test.each([
  ['an error of its own', { error: { code: 502, message: 'gone' } }],
  ['an error in a choice', { choices: [{ error: { code: 502 } }] }],
  ['a finish reason', { choices: [{ finish_reason: 'error' }] }],
])('a stream failed by %s, whatever comes after it', (_what, more) => {
  expect(meterEvents(piece('a'), piece('', more), piece('', { usage }), '[DONE]').failed).toBe(true);
});

test('a text that speaks of errors and usage is a text', () => {
  const { failed, usage: said } = meterEvents(piece('{"error": {"usage": {"cost": 99}}}'), '[DONE]');
  expect(failed).toBe(false);
  expect(said.costUsd).toBeUndefined();
});

test('what is no JSON, or only the end of an event, tells nothing and breaks nothing', () => {
  expect(meterEvents('[DONE]')).toEqual({ usage: {}, failed: false });
  expect(meterEvents('{"usage": ', '{"choices"', piece('a', { usage })).usage.promptTokens).toBe(2);
});
