/** Calls are noted in batches, whatever the ledger does meanwhile. */
import type { UsageRecord } from '../../src/contract/gateway';
import { UsageRecorder, type UsageSink, type UseOfCredential } from '../../src/openrouter/usage-recorder';
import { until } from '../support/until';

const record = (id: string, more: Partial<UsageRecord> = {}): UsageRecord =>
  ({
    id,
    tenantId: 'acme',
    principal: 'service:1',
    credential: 'tenant',
    keyVersion: 1,
    fallbackReason: null,
    outcome: 'done',
    ...more,
  }) as UsageRecord;

function sinkOf(more: Partial<UsageSink> = {}) {
  const batches: string[][] = [];
  const uses: UseOfCredential[] = [];
  const troubles: object[] = [];
  const sink: UsageSink = {
    writeUsage: async (records) => void batches.push(records.map(({ id, outcome }) => `${id} ${outcome}`)),
    writeUse: async (use) => void uses.push(use),
    onTrouble: (facts) => void troubles.push(facts),
    ...more,
  };
  return { recorder: new UsageRecorder(sink), batches, uses, troubles };
}

test('a call that ends before it is written is one row, and one use', async () => {
  const { recorder, batches, uses } = sinkOf();
  recorder.put(record('1', { outcome: 'open' }));
  recorder.put(record('2', { outcome: 'open' }));
  recorder.put(record('1'));
  await recorder.flush();
  expect(batches).toEqual([['1 done', '2 open']]);
  expect(uses).toEqual([expect.objectContaining({ requests: 1, firstId: '1', lastId: '1' })]);
  recorder.put(record('2'));
  await recorder.close();
  expect(batches.at(-1)).toEqual(['2 done']);
  expect(uses.at(-1)).toMatchObject({ requests: 1, firstId: '2' });
});

test('uses of one credential are told together, others apart', async () => {
  const { recorder, uses } = sinkOf();
  for (const id of ['1', '2', '3']) recorder.put(record(id));
  recorder.put(record('4', { keyVersion: 2 }));
  recorder.put(record('5', { credential: 'platform', keyVersion: null, fallbackReason: 'missing' }));
  recorder.put(record('6', { tenantId: 'other' }));
  recorder.put(record('7', { principal: 'service:2' }));
  await recorder.close();
  expect(uses.map(({ requests, firstId, lastId }) => [requests, firstId, lastId])).toEqual([
    [3, '1', '3'],
    [1, '4', '4'],
    [1, '5', '5'],
    [1, '6', '6'],
    [1, '7', '7'],
  ]);
});

test('what changes during a write is written again', async () => {
  let go: () => void = () => undefined;
  const written: string[] = [];
  const { recorder } = sinkOf({
    writeUsage: async (records) => {
      written.push(...records.map(({ id, outcome }) => `${id} ${outcome}`));
      await new Promise<void>((resolve) => (go = resolve));
    },
  });
  recorder.put(record('1', { outcome: 'open' }));
  const first = recorder.flush();
  await until('the write is under way', async () => written.length === 1);
  recorder.put(record('1'));
  go();
  await until('the second is under way', async () => written.length === 2);
  go();
  await first;
  expect(written).toEqual(['1 open', '1 done']);
});

test('a ledger that is away is tried again, and nothing is told twice as something else', async () => {
  let away = true;
  const told: string[] = [];
  const fail = (): void => {
    if (away) throw new Error('away');
  };
  const { recorder, troubles, uses } = sinkOf({
    writeUsage: async (records) => {
      fail();
      told.push(...records.map(({ id }) => id));
    },
  });
  recorder.put(record('1'));
  await recorder.flush();
  recorder.put(record('2'));
  expect(troubles).toEqual([{ waiting: 1, lost: 0 }]);
  away = false;
  await until('it is written by itself', async () => told.length === 2);
  await recorder.close();
  expect([told, uses.map(({ requests }) => requests)]).toEqual([['1', '2'], [2]]);
});

test('a use whose writing failed comes again exactly as it was', async () => {
  const tried: string[] = [];
  let failures = 1;
  const { recorder } = sinkOf({
    writeUse: async ({ firstId, lastId, requests }) => {
      tried.push(`${firstId}-${lastId}: ${requests}`);
      if (failures-- > 0) throw new Error('the answer was lost');
    },
  });
  recorder.put(record('1'));
  recorder.put(record('2'));
  await recorder.flush();
  // It may be there already: a call that came later must not change it.
  recorder.put(record('3'));
  await recorder.close();
  expect(tried).toEqual(['1-2: 2', '1-2: 2', '3-3: 1']);
});

test('a call that joins a use while another use is written is counted', async () => {
  const counted: number[] = [];
  const { recorder } = sinkOf({
    writeUse: async ({ tenantId, requests }) => {
      if (tenantId === 'acme') recorder.put(record('3', { tenantId: 'other' }));
      counted.push(requests);
    },
  });
  recorder.put(record('1'));
  recorder.put(record('2', { tenantId: 'other' }));
  await recorder.close();
  expect(counted.reduce((sum, requests) => sum + requests, 0)).toBe(3);
});
