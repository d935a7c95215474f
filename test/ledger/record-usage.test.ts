/** Records of calls come late, twice and in any order; the rows and the books must not care. */
import { completeUsage, recordUsage } from '../../src/ledger/record-usage';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import {
  booksOf,
  call,
  countStatements,
  ended,
  forgetCalls,
  MONTH,
  platformCall,
  rowOf,
} from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());
beforeEach(() => forgetCalls(test));

const FULL = ended(
  call({
    streamed: true,
    principal: 'user:ü',
    startedAt: '2026-03-05T10:00:00.123Z',
    servedModel: 'openai/gpt-4o-2024-08-06',
    promptTokens: 10,
    completionTokens: 20,
    reasoningTokens: 5,
    cachedTokens: 0,
    isByok: true,
    durationMs: 1234,
    firstDataMs: 56,
  }),
  '0.00000150',
  { upstreamCostUsd: '0.1' },
);

it('keeps all a record says', async () => {
  await recordUsage(test.ledger, [FULL]);
  expect(await rowOf(test, FULL.id)).toEqual({
    id: FULL.id,
    tenant_id: 'acme',
    principal: 'user:ü',
    endpoint: 'chat.completions',
    streamed: true,
    model: 'openai/gpt-4o',
    served_model: 'openai/gpt-4o-2024-08-06',
    credential: 'tenant',
    key_version: 1,
    fallback_reason: null,
    outcome: 'done',
    status: 200,
    generation_id: `gen-${FULL.id}`,
    prompt_tokens: 10,
    completion_tokens: 20,
    reasoning_tokens: 5,
    cached_tokens: 0,
    cost_usd: '0.00000150',
    upstream_cost_usd: '0.1',
    is_byok: true,
    reserved_usd: null,
    started_at: new Date('2026-03-05T10:00:00.123Z'),
    duration_ms: 1234,
    first_data_ms: 56,
    attempts: 0,
    next_attempt_at: null,
    given_up_at: null,
    estimated: false,
  });
});

it('writes a batch in one statement, and none for no records', async () => {
  const counted = countStatements(test.ledger);
  await recordUsage(
    counted.ledger,
    Array.from({ length: 50 }, () => call()),
  );
  expect(counted.count()).toBe(1);
  await recordUsage(counted.ledger, []);
  expect(counted.count()).toBe(1);
  expect(await test.query('select count(*)::int as n from gateway_usage')).toEqual([{ n: 50 }]);
});

it('lets no open record change a closed one', async () => {
  const record = call();
  await recordUsage(test.ledger, [ended(record, null, { outcome: 'aborted', status: 499 })]);
  await recordUsage(test.ledger, [{ ...record, status: 200, generationId: 'gen-late' }]);
  expect(await rowOf(test, record.id)).toMatchObject({
    outcome: 'aborted',
    status: 499,
    generation_id: `gen-${record.id}`,
  });
});

it('completes a closed record with its cost, and never takes one away or changes it', async () => {
  const record = call();
  await recordUsage(test.ledger, [ended(record, null)]);
  await recordUsage(test.ledger, [ended(record, '0.5', { promptTokens: 7 })]);
  const priced = await rowOf(test, record.id);
  expect(priced).toMatchObject({ cost_usd: '0.5', prompt_tokens: 7 });
  await recordUsage(test.ledger, [ended(record, null, { outcome: 'aborted', promptTokens: 1 })]);
  await recordUsage(test.ledger, [ended(record, '0.75')]);
  await completeUsage(test.ledger, record.id, { costUsd: '0.9', promptTokens: 9 });
  expect(await rowOf(test, record.id)).toEqual(priced);
});

it('lets a later open record, and a later closed one without a cost, add what it knows', async () => {
  const record = call();
  await recordUsage(test.ledger, [{ ...record, generationId: 'gen-1' }]);
  await recordUsage(test.ledger, [{ ...record, status: 200, servedModel: 'served/it' }]);
  const known = { generation_id: 'gen-1', status: 200, served_model: 'served/it' };
  expect(await rowOf(test, record.id)).toMatchObject({ ...known, outcome: 'open' });
  await recordUsage(test.ledger, [{ ...record, outcome: 'aborted', completionTokens: 3 }]);
  expect(await rowOf(test, record.id)).toMatchObject({ ...known, outcome: 'aborted', completion_tokens: 3 });
});

it('treats a call that is in a batch twice as if it had come twice', async () => {
  const [first, second, third] = [call(), call(), call()];
  await recordUsage(test.ledger, [
    { ...first, generationId: 'gen-old' },
    ended(second, null),
    { ...first, generationId: 'gen-new' },
    second,
    ended(third, '1'),
    ended(second, '0.25'),
    third,
  ]);
  expect(await rowOf(test, first.id)).toMatchObject({ outcome: 'open', generation_id: 'gen-new' });
  expect(await rowOf(test, second.id)).toMatchObject({ outcome: 'done', cost_usd: '0.25' });
  expect(await rowOf(test, third.id)).toMatchObject({ outcome: 'done', cost_usd: '1' });
});

it('keeps a batch although an upstream or a caller brought what no column takes', async () => {
  const odd = ended(call({ model: `a\0b${'x'.repeat(300)}`, principal: 'half \ud83e' }), 'NaN', {
    servedModel: 'cut \ud83e',
    promptTokens: -1,
    completionTokens: 1e12,
    reasoningTokens: Number.NaN,
    cachedTokens: 1.6,
    upstreamCostUsd: '-5',
    durationMs: 12.7,
  });
  const sound = ended(call(), '1');
  await recordUsage(test.ledger, [odd, sound]);
  expect(await rowOf(test, sound.id)).toMatchObject({ cost_usd: '1' });
  expect(await rowOf(test, odd.id)).toMatchObject({
    model: `ab${'x'.repeat(254)}`,
    principal: 'half \ufffd',
    served_model: 'cut \ufffd',
    prompt_tokens: null,
    completion_tokens: null,
    reasoning_tokens: null,
    cached_tokens: 2,
    // Not known, so it will be asked for.
    cost_usd: null,
    upstream_cost_usd: null,
    duration_ms: 13,
  });
});

it('refuses ids that are none', async () => {
  await expect(recordUsage(test.ledger, [call({ tenantId: '../x' })])).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(recordUsage(test.ledger, [call({ id: 'x' })])).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(completeUsage(test.ledger, 'x', {})).rejects.toMatchObject({ code: 'invalid_request' });
});

describe('completeUsage', () => {
  it('fills in what was found and keeps the rest', async () => {
    const record = platformCall({ keyVersion: null });
    await recordUsage(test.ledger, [{ ...record, generationId: 'gen-1', status: 200 }]);
    await completeUsage(test.ledger, record.id, {
      outcome: 'aborted',
      costUsd: '0.3',
      upstreamCostUsd: '0.2',
      promptTokens: 4,
      servedModel: 'served/it',
      isByok: false,
    });
    expect(await rowOf(test, record.id)).toMatchObject({
      outcome: 'aborted',
      status: 200,
      credential: 'platform',
      fallback_reason: 'missing',
      generation_id: 'gen-1',
      cost_usd: '0.3',
      upstream_cost_usd: '0.2',
      prompt_tokens: 4,
      completion_tokens: null,
      served_model: 'served/it',
      is_byok: false,
    });
    expect(await booksOf(test)).toMatchObject({ [`tenant:acme ${MONTH}`]: ['0.3', '0'] });
  });

  it('closes an open call as done, keeps how a closed one ended, and makes no row', async () => {
    const [open, aborted, unknown] = [call(), call(), call()];
    await recordUsage(test.ledger, [open, ended(aborted, null, { outcome: 'aborted' })]);
    for (const { id } of [open, aborted, unknown]) await completeUsage(test.ledger, id, { costUsd: '1' });
    expect(await rowOf(test, open.id)).toMatchObject({ outcome: 'done', cost_usd: '1' });
    expect(await rowOf(test, aborted.id)).toMatchObject({ outcome: 'aborted', cost_usd: '1' });
    expect(await test.query('select id from gateway_usage where id = $1', [unknown.id])).toEqual([]);
  });
});
