/** Amounts are read as they are written, wherever the usage stands and whatever else an answer holds. */
import { readUsage } from '../../src/openrouter/read-usage';

/** More digits than a float has. */
const COST = '0.12345678901234567890123';

function costOf(text: string): unknown {
  return readUsage(text)?.usage.costUsd;
}

test.each([
  ['at the end', `{"id":"a","choices":[],"usage":{"prompt_tokens":2,"cost":${COST}}}`],
  ['at the beginning', `{"usage":{"cost":${COST}},"choices":[{"message":{"content":"x"}}]}`],
  ['with blanks and objects inside', `{"usage" : {\n"cost_details": {"a": {}}, "cost" : ${COST} } }`],
  ['before another object of that name', `{"usage":{"cost":${COST}},"extra":{"usage":{"cost":9}}}`],
  [
    'before another half of one',
    `{"usage":{"cost":${COST}},"extra":"{\\"usage\\":{","usage_":"usage","more":"usage"}`,
  ],
  [
    'before a member of that name that is no object',
    `{"usage":{"cost":${COST}},"extra":{"usage":1},"more":{"cost":2}}`,
  ],
  ['with brackets and quotes in its texts', `{"usage":{"note":"}\\"}{\\\\","cost":${COST}}}`],
  ['given twice: the last one counts', `{"usage":{"cost":9},"usage":{"cost":${COST}}}`],
  ['given twice, of which one by another spelling', `{"usage":{"cost":9},"us\\u0061ge":{"cost":${COST}}}`],
])('a usage %s', (_where, text) => {
  expect(costOf(text)).toBe(COST);
});

test.each([
  ['null', '{"usage":null}'],
  ['a list', '{"usage":[{"cost":1}]}'],
  ['only spoken of', '{"choices":[{"message":{"content":"\\"usage\\": {\\"cost\\": 1}"}}]}'],
  ['only in a part of it', '{"choices":[{"usage":{"cost":1}}]}'],
])('a usage that is %s costs nothing that we know', (_what, text) => {
  expect(costOf(text)).toBeUndefined();
});

test('the upstream’s own bill keeps its digits, too', () => {
  const text = `{"usage":{"cost":0,"cost_details":{"upstream_inference_cost":${COST}}}}`;
  expect(readUsage(text)?.usage).toMatchObject({ costUsd: '0', upstreamCostUsd: COST });
});

test('what is no JSON object is no answer', () => {
  for (const text of ['', '[DONE]', '[]', '7', '{"usage":{"cost":1}']) expect(readUsage(text)).toBeNull();
});
