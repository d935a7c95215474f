import { createServer, type AddressInfo, type Server } from 'node:net';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import { Client } from 'pg';
import { isKeyturnError } from '../../src/contract/errors';
import { readIndexEntry } from '../../src/ledger/key-index';
import { migrateLedger, openLedger, pingLedger, type Ledger } from '../../src/ledger/ledger';
import { createTestDatabase, type TestDatabase } from '../support/stack';
import { accept, newRef } from './open-test-ledger';

const PASSWORD = 'pw-canary-6f2c';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function use<Result>(databaseUrl: string, work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
  const ledger = openLedger({ databaseUrl, statementTimeoutMs: 2_000 });
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

async function failureOf(databaseUrl: string): Promise<unknown> {
  return await use(databaseUrl, (ledger) => pingLedger(ledger)).then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

function changed(change: (url: URL) => void): string {
  const url = new URL(database.databaseUrl);
  url.password = PASSWORD;
  change(url);
  return url.href;
}

/** A server that takes connections and never says a word. */
async function listenSilently(): Promise<{ server: Server; port: number }> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe('a ledger that cannot be used', () => {
  it.each([
    ['a wrong password', (url: URL) => (url.username = 'keyturn'), '28P01'],
    ['an unknown host', (url: URL) => (url.hostname = 'no-such-host.invalid'), null],
    ['a closed port', (url: URL) => (url.port = '1'), 'ECONNREFUSED'],
  ])('says so for %s, without the password', async (_name, change, code) => {
    const error = await failureOf(changed(change));
    expect(isKeyturnError(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'ledger_unavailable',
      ...(code === null ? {} : { details: { ledger_code: code } }),
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
  });

  it('says so for a database that does not exist', async () => {
    const url = new URL(database.databaseUrl);
    url.pathname = '/no_such_database';
    expect(await failureOf(url.href)).toMatchObject({
      code: 'ledger_unavailable',
      details: { ledger_code: '3D000' },
    });
  });

  it('says so for an address that is no URL, without repeating it', async () => {
    const error = await failureOf(`postgres://user:${PASSWORD}@host:port/x`);
    expect(error).toMatchObject({ code: 'ledger_unavailable' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
  });

  it('says so for a server that does not answer', async () => {
    const { server, port } = await listenSilently();
    try {
      const error = await failureOf(changed((url) => (url.port = String(port))));
      expect(error).toMatchObject({ code: 'ledger_unavailable' });
    } finally {
      server.close();
    }
  });

  it('says so while its tables are missing', async () => {
    await expect(
      use(database.databaseUrl, (ledger) => readIndexEntry(ledger, newRef())),
    ).rejects.toMatchObject({
      code: 'ledger_unavailable',
      details: { ledger_code: '42P01' },
    });
  });

  it('does not show its password when it is printed', () => {
    const ledger = openLedger({ databaseUrl: changed(() => undefined) });
    expect(inspect(ledger, { depth: 20, showHidden: true })).not.toContain(PASSWORD);
    expect(JSON.stringify(Object.keys(ledger))).toBe('["db","close"]');
  });

  it('goes on with a new connection after its own was killed', async () => {
    await use(database.databaseUrl, async (ledger) => {
      const killed = sql`select pg_terminate_backend(pg_backend_pid())`.execute(ledger.db);
      await expect(killed).rejects.toMatchObject({ code: 'ledger_unavailable' });
      expect((await pingLedger(ledger)).latencyMs).toBeGreaterThan(0);
    });
  });

  it('outlives the death of a connection that is lent out and idle', async () => {
    const superuser = new Client({ connectionString: database.adminDatabaseUrl });
    await superuser.connect();
    await use(database.databaseUrl, async (ledger) => {
      const work = ledger.db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
        const pid = rows[0]?.pid;
        await superuser.query('select pg_terminate_backend($1)', [pid]);
        const alive = () => superuser.query('select 1 from pg_stat_activity where pid = $1', [pid]);
        while ((await alive()).rows.length > 0);
        await sql`select 1`.execute(trx);
      });
      await expect(work).rejects.toMatchObject({ code: 'ledger_unavailable' });
      await pingLedger(ledger);
    });
    await superuser.end();
  });

  it('cuts a statement off and goes on', async () => {
    const ledger = openLedger({
      databaseUrl: database.databaseUrl,
      statementTimeoutMs: 50,
      maxConnections: 1,
    });
    try {
      await expect(sql`select pg_sleep(60)`.execute(ledger.db)).rejects.toMatchObject({
        code: 'ledger_unavailable',
        details: { ledger_code: '57014' },
      });
      await pingLedger(ledger);
    } finally {
      await ledger.close();
    }
  });

  it('calls a value it cannot hold a fault of ours, without the value', async () => {
    const error = await use(database.databaseUrl, (ledger) =>
      sql`select ${PASSWORD}::int`.execute(ledger.db),
    ).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'internal', details: { ledger_code: '22P02' } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
  });
});

describe('migrations', () => {
  it('run once when several processes start together', async () => {
    const fresh = await createTestDatabase();
    const ledgers = Array.from({ length: 4 }, () => openLedger({ databaseUrl: fresh.databaseUrl }));
    try {
      const results = await Promise.all(ledgers.map((ledger) => migrateLedger(ledger)));
      expect(results.flatMap((result) => result.applied)).toEqual([
        '0001-key-index-and-operations',
        '0002-audit-trail',
        '0003-gateway',
      ]);
      const [first] = ledgers;
      expect((await accept(first as Ledger, { kind: 'generate', ref: newRef() })).outcome).toBe('accepted');
    } finally {
      await Promise.all(ledgers.map((ledger) => ledger.close()));
      await fresh.drop();
    }
  });

  it('refuse a database of a newer release, and say what to do', async () => {
    await use(database.databaseUrl, async (ledger) => {
      await migrateLedger(ledger);
      expect(await migrateLedger(ledger)).toEqual({ applied: [] });
      await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00.000Z')`.execute(
        ledger.db,
      );
      await expect(migrateLedger(ledger)).rejects.toMatchObject({
        code: 'ledger_unavailable',
        message: expect.stringContaining('newer release (9999-later): run that release'),
      });
    });
  });
});
