/** A dump put into an empty database is the same ledger, whichever release made it. */
import { Client } from 'pg';
import { anchorHeads } from '../../src/ledger/anchor-heads';
import { streamAudit } from '../../src/ledger/audit-trail';
import { openLedgerDump } from '../../src/ledger/dump-ledger';
import { openLedger, type Ledger } from '../../src/ledger/ledger';
import { loadLedger } from '../../src/ledger/load-ledger';
import { listExecutedMigrations, migrateLedger } from '../../src/ledger/migrate-ledger';
import { createTestDatabase, type TestDatabase } from '../support/stack';
import { accept, newRef, rotateIntoGrace, store } from './open-test-ledger';

interface Opened {
  ledger: Ledger;
  database: TestDatabase;
}

const opened: Opened[] = [];

async function open(): Promise<Opened> {
  const database = await createTestDatabase();
  const one = { ledger: openLedger({ databaseUrl: database.databaseUrl }), database };
  opened.push(one);
  return one;
}

afterAll(async () => {
  for (const { ledger, database } of opened) {
    await ledger.close();
    await database.drop();
  }
});

async function dump(ledger: Ledger, meanwhile = async (): Promise<void> => undefined) {
  const taken = await openLedgerDump(ledger, meanwhile);
  const lines: string[] = [];
  for await (const line of taken.rows()) lines.push(line);
  await taken.close();
  return { migrations: taken.migrations, lines };
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

it('brings every row back exactly, and the audit chain goes on where it was', async () => {
  const { ledger } = await open();
  await migrateLedger(ledger);
  const ref = newRef();
  await rotateIntoGrace(ledger, ref, await store(ledger, ref));
  const pending = await accept(ledger, {
    kind: 'generate',
    ref: newRef('beta'),
    params: { reason: 'Ü "x"' },
  });
  await accept(ledger, {
    kind: 'generate',
    ref: newRef(),
    idempotency: { key: 'k', digest: 'vault:v1:digest' },
  });
  const taken = await dump(ledger);

  const target = await open();
  expect(await loadLedger(target.ledger, { migrations: taken.migrations, lines: each(taken.lines) })).toEqual(
    {
      rows: taken.lines.length,
    },
  );
  expect((await dump(target.ledger)).lines).toEqual(taken.lines);
  expect(taken.lines.some((line) => line.includes(pending.operation.id))).toBe(true);

  await store(target.ledger, newRef('beta'));
  const entries = [];
  for await (const entry of streamAudit(target.ledger, { chain: 'tenant:beta' })) entries.push(entry);
  expect(entries.length).toBeGreaterThan(2);
  expect(entries.slice(1).map((entry) => entry.prevHash)).toEqual(
    entries.slice(0, -1).map((entry) => entry.hash),
  );
  expect(
    await anchorHeads(target.ledger, {
      sign: async () => ({ signature: 's', keyVersion: 1 }),
      putAnchor: async () => 'stored',
      latestAnchor: async () => null,
    }),
  ).not.toBeNull();
});

it('holds writers back while the other copy is taken, and only then', async () => {
  const { ledger } = await open();
  await migrateLedger(ledger);
  let during: Promise<string> | undefined;
  let ended = false;
  const taken = await dump(ledger, async () => {
    during = store(ledger, newRef()).finally(() => (ended = true));
    const waiting = new Client({ connectionString: opened.at(-1)!.database.adminDatabaseUrl });
    await waiting.connect();
    for (;;) {
      const { rows } = await waiting.query(
        'select from pg_locks l join pg_database d on d.oid = l.database where d.datname = current_database() and not granted',
      );
      if (rows.length > 0) break;
    }
    await waiting.end();
    expect(ended).toBe(false);
  });
  const keyId = await during!;
  expect(taken.lines.some((line) => line.includes(keyId))).toBe(false);
});

it('waits for writers that are at work, without a deadlock', async () => {
  const { ledger } = await open();
  await migrateLedger(ledger);
  const writers = Array.from({ length: 4 }, async () => {
    for (let i = 0; i < 10; i += 1) await store(ledger, newRef());
  });
  for (let i = 0; i < 3; i += 1) await dump(ledger);
  await Promise.all(writers);
});

it('takes the dump of an older release and brings it up to date; a newer one is refused with the cure', async () => {
  const old = await open();
  const [first = ''] = await migrationNames();
  await migrateLedger(old.ledger, first);
  const taken = await dump(old.ledger);
  expect(taken.migrations).toEqual([first]);

  const target = await open();
  await loadLedger(target.ledger, { migrations: taken.migrations, lines: each(taken.lines) });
  expect(await listExecutedMigrations(target.ledger.db)).toEqual(await migrationNames());

  const newer = await open();
  const loading = loadLedger(newer.ledger, { migrations: [first, '9999-from-the-future'], lines: each([]) });
  await expect(loading).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringMatching(/newer release \(9999-from-the-future\): run that release/) as string,
  });
});

it('never loads into a database that holds a ledger', async () => {
  const { ledger } = await open();
  await migrateLedger(ledger);
  await expect(loadLedger(ledger, { migrations: [], lines: each([]) })).rejects.toMatchObject({
    code: 'configuration',
  });
});

async function migrationNames(): Promise<string[]> {
  const { ledger } = await open();
  await migrateLedger(ledger);
  return listExecutedMigrations(ledger.db);
}
