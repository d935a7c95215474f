/** The real servers, for suites that need them. See stack-on-demand.ts for how they come up. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { EmbeddedServers } from '../../src/embedded/stack';

/** Addresses and credentials of the servers of this run. Nothing is provisioned in them. */
export type TestStack = Omit<EmbeddedServers, 'stop'> & { readonly adminDatabaseUrl: string };

export interface TestDatabase {
  /** Of the role `keyturn`, which owns the database and is no superuser. */
  readonly databaseUrl: string;
  /** Of the superuser, for the same database: to tamper, as an attacker with the database would. */
  readonly adminDatabaseUrl: string;
  /** Drops the database, with whatever is still connected to it. */
  drop(): Promise<void>;
}

let asked: Promise<TestStack> | undefined;

/** Starts the servers unless another suite has. The first call of a run takes about three seconds. */
export function testStack(): Promise<TestStack> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<TestStack> {
  const url = process.env['KEYTURN_TEST_STACK'];
  if (url === undefined)
    throw new Error('This suite needs the servers: run it without KEYTURN_TEST_NO_STACK=1');
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as TestStack;
}

/** A fresh, empty database of its own, so that suites do not see each other's rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { databaseUrl, adminDatabaseUrl } = await testStack();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(adminDatabaseUrl, `create database ${name} owner keyturn`);
  return {
    databaseUrl: withDatabase(databaseUrl, name),
    adminDatabaseUrl: withDatabase(adminDatabaseUrl, name),
    drop: () => asSuperuser(adminDatabaseUrl, `drop database if exists ${name} with (force)`),
  };
}

async function asSuperuser(connectionString: string, sql: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
