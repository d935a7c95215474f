/** The gateway's tables in a backup: exact to the digit, in step with each other, and no reason for calls to wait. */
import { writeGatewayPolicy } from '../../src/ledger/gateway-policy';
import { openLedgerDump } from '../../src/ledger/dump-ledger';
import { openLedger, type Ledger } from '../../src/ledger/ledger';
import { loadLedger } from '../../src/ledger/load-ledger';
import { migrateLedger } from '../../src/ledger/migrate-ledger';
import { reserveSpend } from '../../src/ledger/platform-spend';
import { recordUsage } from '../../src/ledger/record-usage';
import { createTestDatabase } from '../support/stack';
import { openTestLedger, type TestLedger } from './open-test-ledger';
import { call, ended, platformCall } from './usage-records';

let test: TestLedger;
const opened: (() => Promise<void>)[] = [];
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(async () => {
  for (const close of opened) await close();
  await test.close();
});

async function linesOf(ledger: Ledger, meanwhile = async (): Promise<void> => undefined) {
  const taken = await openLedgerDump(ledger, meanwhile);
  const lines: string[] = [];
  for await (const line of taken.rows()) lines.push(line);
  await taken.close();
  return { migrations: taken.migrations, lines };
}

async function restore(dump: { migrations: readonly string[]; lines: readonly string[] }): Promise<Ledger> {
  const { databaseUrl, drop } = await createTestDatabase();
  const ledger = openLedger({ databaseUrl });
  opened.push(async () => {
    await ledger.close();
    await drop();
  });
  const lines = (async function* () {
    yield* dump.lines;
  })();
  await loadLedger(ledger, { migrations: dump.migrations, lines });
  return ledger;
}

const reserve = (ledger: Ledger, record = platformCall()) =>
  reserveSpend(ledger, { record, amountUsd: '0.10', tenantBudgetUsd: '1.05', totalBudgetUsd: '100' });

it('comes back exactly; an open reservation is settled in the new place, once', async () => {
  const open = platformCall({ model: 'a "b" Ü' });
  await reserve(test.ledger, open);
  const amount = '123456789012345.000000000000000000010';
  await recordUsage(test.ledger, [ended(call(), amount), ended(platformCall(), '0.20')]);
  await writeGatewayPolicy(test.ledger, 'acme', { monthlyBudgetUsd: '0.30' }, 'user:1');
  const dump = await linesOf(test.ledger);
  expect(dump.lines.join('\n')).toContain(amount);

  const restored = await restore(dump);
  expect((await linesOf(restored)).lines).toEqual(dump.lines);
  expect(await reserve(restored)).toMatchObject({ granted: true, tenantSpentUsd: '0.4' });
  for (let i = 0; i < 2; i += 1) await recordUsage(restored, [ended(open, '0.01')]);
  expect(await reserve(restored)).toMatchObject({ granted: true, tenantSpentUsd: '0.41' });
});

it('is taken from a ledger of the release before it', async () => {
  const { databaseUrl, drop } = await createTestDatabase();
  const old = openLedger({ databaseUrl });
  opened.push(async () => {
    await old.close();
    await drop();
  });
  await migrateLedger(old, '0002-audit-trail');
  const restored = await restore(await linesOf(old));
  expect(await reserve(restored)).toMatchObject({ granted: true });
});

it('does not make calls wait while the other copy is taken, nor wait for them', async () => {
  const writer = await test.ledger.db.startTransaction().execute();
  // A batch that is being written when the backup begins.
  await recordUsage({ ...test.ledger, db: writer }, [ended(call(), '1')]);
  const during = platformCall();
  const { lines } = await linesOf(test.ledger, async () => {
    expect(await reserve(test.ledger, during)).toMatchObject({ granted: true });
    await recordUsage(test.ledger, [ended(during, '0.05')]);
  });
  await writer.commit().execute();
  // The picture is of the moment before: neither the call nor what it cost.
  expect(lines.join('\n')).not.toContain(during.id);
  const restored = await restore({ ...(await linesOf(test.ledger)), lines });
  await recordUsage(restored, [ended(during, '0.05')]);
  expect((await linesOf(restored)).lines.filter((line) => line.includes(during.id))).toHaveLength(1);
});

it('brings books that agree with its rows although calls go on', async () => {
  let isOver = false;
  const calls = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const record = platformCall({ tenantId: 'busy' });
      await reserve(test.ledger, record);
      await recordUsage(test.ledger, [ended(record, '0.0001')]);
    }
  });
  const dumps = [await linesOf(test.ledger), await linesOf(test.ledger)];
  isOver = true;
  await Promise.all(calls);
  for (const { lines } of dumps) {
    const rows = lines.map((line) => JSON.parse(line) as { table: string; row: Record<string, unknown> });
    const ofBusy = rows.filter(({ row }) => row['tenant_id'] === 'busy');
    const settled = ofBusy.filter(({ row }) => row['cost_usd'] !== null).length;
    const book = rows.find(({ table, row }) => table === 'platform_spend' && row['scope'] === 'tenant:busy');
    expect(Math.round(Number(book?.row['settled'] ?? 0) * 10_000)).toBe(settled);
    expect(Math.round(Number(book?.row['reserved'] ?? 0) * 10)).toBe(ofBusy.length - settled);
  }
});
