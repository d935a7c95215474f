/** A service whose answers and log lines are kept, to send it what it must refuse. */
import { Writable } from 'node:stream';
import { sql } from 'kysely';
import { createLogger } from '../../src/log';
import { listInbox } from '../../src/vault/inbox';
import { startService, type TestService } from '../support/service';
import { sendRaw, type RawReply, type RawRequest } from './raw-request';

export const BASE = '/api/brain';
/** Has the form of an OpenRouter key and is none; in every request where one could be sent. */
export const SECRET = `sk-or-v1-${'5ec2e7c0ffee5ec2'.repeat(4)}`;

export interface Door {
  readonly service: TestService;
  readonly tenant: string;
  readonly replies: readonly RawReply[];
  readonly logged: readonly string[];
  /** With an admin's token. */
  send(raw: RawRequest): Promise<RawReply>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<RawReply>;
  /** Names the key of {@link SECRET}'s kind that nobody has. */
  about(): { tenant_id: string; service_id: string };
}

export async function openDoor(): Promise<Door> {
  const logged: string[] = [];
  const replies: RawReply[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString('utf8'));
      done();
    },
  });
  const service = await startService({}, { log: createLogger('debug', stream) });
  const token = await service.mintToken({ role: 'admin' });
  const tenant = service.tenant('bad');
  const send = async (raw: RawRequest): Promise<RawReply> => {
    const json = raw.body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${token}`, ...json, ...raw.headers };
    const reply = await sendRaw(service.url, { ...raw, headers });
    replies.push(reply);
    return reply;
  };
  return {
    service,
    tenant,
    replies,
    logged,
    send,
    post(path, body, headers = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return send({ method: 'POST', path: `${BASE}${path}`, body: text, headers });
    },
    about: () => ({ tenant_id: tenant, service_id: 'openrouter' }),
  };
}

/** Status, code and field: what a caller goes by. */
export function verdictOf({ status, json, headers }: RawReply): unknown[] {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(json).toMatchObject({ type: expect.stringMatching(/^urn:/), title: expect.any(String), status });
  return [status, json?.['code'], json?.['field']];
}

/** What a suite of refusals left behind, each list empty when all is well; `control` shows that the search finds. */
export async function whatIsLeft(door: Door) {
  const parts = [SECRET, SECRET.slice(0, 24), Buffer.from(SECRET).toString('base64').slice(0, 60)];
  const holds = (text: string): boolean => parts.some((part) => text.includes(part));
  const { replies, logged, service } = door;
  const rows = async (table: string) =>
    (await sql`select * from ${sql.table(table)}`.execute(service.ledger.db)).rows;
  const inbox: string[] = [];
  for await (const id of listInbox(service.vault.worker, door.tenant)) inbox.push(id);
  return {
    control: holds(`{"detail":"${SECRET}"}`),
    said: replies.filter((reply) => holds(reply.everything)).map((reply) => reply.text),
    logged: logged.filter(holds),
    // None succeeded, and none was our fault.
    odd: replies.filter((reply) => reply.status >= 500 || reply.status < 400).map((reply) => reply.text),
    faults: logged.filter((line) => line.includes('request failed')),
    operations: await rows('operations'),
    keys: await rows('key_index'),
    inbox,
  };
}

/** What is left when nothing is. */
export const NOTHING = {
  control: true,
  said: [],
  logged: [],
  odd: [],
  faults: [],
  operations: [],
  keys: [],
  inbox: [],
} as const;
