/** Prices are exact: checked against whole numbers, for a thousand decimals. */
import { isAtMost, perMillion, readPrice, readPrices } from '../../src/openrouter/model-prices';

/** The same numbers in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A decimal as a whole number of 10^-46. */
function scaled(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(46, '0'));
}

const random = randomNumbers(20_260_822);
const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('');
const decimals = Array.from({ length: 1_000 }, () => {
  const fraction = digits(random(40));
  return `${random(3) === 0 ? digits(1 + random(14)) : '0'}${fraction === '' ? '' : `.${fraction}`}`;
});

test('a price read is the same number, without exponent or needless zeros', () => {
  for (const decimal of decimals) {
    const price = readPrice(decimal) ?? 'null';
    expect([decimal, price]).toEqual([decimal, expect.stringMatching(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)]);
    expect(scaled(price)).toBe(scaled(decimal));
  }
});

test('a price per million is exactly a million times the price', () => {
  for (const decimal of decimals) {
    const million = perMillion(readPrice(decimal)) ?? 'null';
    expect([decimal, million]).toEqual([decimal, expect.stringMatching(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)]);
    expect(scaled(million)).toBe(scaled(decimal) * 1_000_000n);
  }
});

test.each([
  ['0.00000015', '0.00000015', '0.15'],
  ['0.0000000833333333333333', '0.0000000833333333333333', '0.0833333333333333'],
  ['0.00003', '0.00003', '30'],
  ['0.00010', '0.0001', '100'],
  ['1e-7', '0.0000001', '0.1'],
  [3e-7, '0.0000003', '0.3'],
  ['0', '0', '0'],
  ['0.000', '0', '0'],
  ['-0', '0', '0'],
  ['-1', null, null],
  ['-0.000001', null, null],
  ['', null, null],
  ['free', null, null],
  ['NaN', null, null],
  ['Infinity', null, null],
  ['1e999', null, null],
  ['0x10', null, null],
  [' 1', null, null],
  ['1'.repeat(60), null, null],
  [null, null, null],
  [undefined, null, null],
  [{}, null, null],
])('%j is %j a token and %j a million', (given, price, million) => {
  expect(readPrice(given)).toBe(price);
  expect(perMillion(readPrice(given))).toBe(million);
});

test.each([
  ['0.3', '0.3', true],
  ['0.30000000000000004', '0.3', false],
  ['0', '0', true],
  ['10', '9.99', false],
  [null, '1000', false],
])('%j is at most %j: %j', (price, most, expected) => {
  expect(isAtMost(price, most)).toBe(expected);
});

test('further prices carry the unit they are shown in; what has no known unit is left out', () => {
  const read = readPrices({
    prompt: '0.00000125',
    completion: '0.00001',
    request: '0.005',
    web_search: '0.014',
    image: '0.00000125',
    input_cache_read: '0.000000125',
    internal_reasoning: '-1',
    per_smile: '0.1',
    discount: 0.5,
    overrides: [
      { min_prompt_tokens: 200_000, prompt: '0.0000025', completion: '0.000015' },
      { utc_start: '0000', utc_end: '0800', prompt: '0.000001' },
      { min_prompt_tokens: 500_000, prompt: '0.0000100' },
      'nonsense',
    ],
  });
  expect(read).toEqual({
    prompt: '0.00000125',
    completion: '0.00001',
    request: '0.005',
    webSearch: '0.014',
    image: '0.00000125',
    more: { image: '1.25', input_cache_read: '0.125', request: '0.005', web_search: '0.014' },
    hasOverrides: true,
    maxOverridePrompt: '0.00001',
    maxOverrideCompletion: '0.000015',
  });
  expect(readPrices({})).toMatchObject({
    prompt: null,
    more: {},
    hasOverrides: false,
    maxOverridePrompt: null,
  });
});
