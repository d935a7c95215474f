/** The most a call can cost. */
import { estimateSpend, type ModelPrices } from '../../src/openrouter/estimate-spend';
import { readCall } from '../../src/openrouter/read-call';

const model = (more: Partial<ModelPrices> = {}): ModelPrices => ({
  promptUsdPerToken: '0.000001',
  completionUsdPerToken: '0.00001',
  requestUsd: null,
  webSearchUsd: null,
  contextLength: 1_000,
  maxCompletionTokens: 500,
  maxOverridePromptUsd: null,
  maxOverrideCompletionUsd: null,
  ...more,
});
const call = (body: object, length = 100) => {
  const text = JSON.stringify(body);
  return readCall(Buffer.from(text + ' '.repeat(length - text.length)));
};
const image = {
  messages: [{ content: [{ type: 'image_url', image_url: { url: 'https://x.test/y.png' } }] }],
};

test.each([
  ['a token for each byte, and max_tokens', { max_tokens: 10 }, {}, '0.0002'],
  ['without max_tokens the longest answer of the model', {}, {}, '0.0051'],
  ['or its whole context', {}, { maxCompletionTokens: null }, '0.0101'],
  ['max_tokens above that costs no more', { max_tokens: 9_999 }, {}, '0.0051'],
  ['nothing asked for costs the prompt', { max_tokens: 0 }, {}, '0.0001'],
  ['free models cost nothing', {}, { promptUsdPerToken: '0', completionUsdPerToken: '0' }, '0'],
  ['a price for the request is added', { max_tokens: 0 }, { requestUsd: '0.5' }, '0.5001'],
  ['plugins may search ten times', { max_tokens: 0, plugins: [] }, { webSearchUsd: '0.01' }, '0.1001'],
  ['the dearest condition counts', { max_tokens: 10 }, { maxOverrideCompletionUsd: '0.0001' }, '0.0011'],
  ['a cheaper one does not', { max_tokens: 10 }, { maxOverridePromptUsd: '0' }, '0.0002'],
])('%s', (_what, body, prices, expected) => {
  expect(estimateSpend(call(body), [model(prices)])).toBe(expected);
});

test('pictures may fill the context, whatever their names are', () => {
  expect(estimateSpend(call({ ...image, max_tokens: 0 }, 200), [model()])).toBe('0.001');
  expect(() =>
    estimateSpend(call({ ...image, max_tokens: 0 }, 200), [model({ contextLength: null })]),
  ).toThrow(expect.objectContaining({ code: 'price_unknown' }));
});

test('of several models the dearest counts', () => {
  const dear = model({ completionUsdPerToken: '0.0001' });
  expect(estimateSpend(call({ max_tokens: 10 }), [model(), dear, model()])).toBe('0.0011');
});

test.each([
  ['no model', [null]],
  ['one of several', [model(), null]],
  ['a router', [model({ promptUsdPerToken: null })]],
  ['no price of an answer', [model({ completionUsdPerToken: null })]],
])('is not known for %s', (_what, models) => {
  expect(() => estimateSpend(call({}), models)).toThrow(expect.objectContaining({ code: 'price_unknown' }));
});
