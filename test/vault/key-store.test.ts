import { randomUUID } from 'node:crypto';
import {
  destroyVersionsBelow,
  listKeyRefs,
  listTenants,
  readKeyRecord,
  VersionConflict,
  writeKeyRecord,
} from '../../src/vault/key-store';
import type { VaultClient } from '../../src/vault/vault-client';
import { newRecord, newRef, openSharedVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;
let worker: VaultClient;

beforeAll(async () => {
  fixture = await openSharedVaultFixture();
  worker = await fixture.as('worker');
});
afterAll(() => fixture.close());

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('reads nothing, at version 0, before the first write', async () => {
  expect(await readKeyRecord(worker, newRef())).toEqual({ record: null, kvVersion: 0 });
});

it('reads back what it wrote, fields of a newer release included', async () => {
  const ref = newRef();
  const record = { ...newRecord(), later: { kept: true } };
  expect(await writeKeyRecord(worker, ref, record, 0)).toBe(1);
  expect(await readKeyRecord(worker, ref)).toEqual({ record, kvVersion: 1 });
});

it('keeps keys of different names apart', async () => {
  const ref = newRef();
  const [first, second] = [newRecord(), newRecord()];
  await writeKeyRecord(worker, ref, first, 0);
  await writeKeyRecord(worker, { ...ref, keyName: 'second' }, second, 0);
  expect((await readKeyRecord(worker, ref)).record).toEqual(first);
  expect((await readKeyRecord(worker, { ...ref, keyName: 'second' })).record).toEqual(second);
});

it('lets exactly one of 16 racers win, for a first and for a later version', async () => {
  const ref = newRef();
  for (const cas of [0, 1]) {
    const records = Array.from({ length: 16 }, () => newRecord());
    const results = await Promise.allSettled(
      records.map((record) => writeKeyRecord(worker, ref, record, cas)),
    );
    const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
    const losers = results.filter((result) => result.status === 'rejected');
    expect(winners).toHaveLength(1);
    for (const loser of losers) expect(loser.reason).toBeInstanceOf(VersionConflict);
    const stored = await readKeyRecord(worker, ref);
    expect(stored).toEqual({ record: records[winners[0] ?? -1], kvVersion: cas + 1 });
  }
});

it('destroys every version below the given one, once, and no other', async () => {
  const ref = newRef();
  for (let cas = 0; cas < 5; cas += 1) await writeKeyRecord(worker, ref, newRecord({ seq: cas + 1 }), cas);
  expect(await destroyVersionsBelow(worker, ref, 4)).toBe(3);
  expect(await destroyVersionsBelow(worker, ref, 4)).toBe(0);
  const path = `bizosaas/data/tenants/${ref.tenantId}/api-keys/openrouter`;
  const statuses = await Promise.all(
    [1, 2, 3, 4, 5].map(
      async (version) => (await fixture.bao.ask('GET', `${path}?version=${version}`)).status,
    ),
  );
  expect(statuses).toEqual([404, 404, 404, 200, 200]);
  expect((await readKeyRecord(worker, ref)).record?.seq).toBe(5);
  expect(await destroyVersionsBelow(worker, newRef(), 9)).toBe(0);
});

it.each([
  ['destroyed', (path: string) => fixture.bao.ask('PUT', `bizosaas/destroy/${path}`, { versions: [2] })],
  ['deleted', (path: string) => fixture.bao.ask('DELETE', `bizosaas/data/${path}`)],
])('reads a %s version as no record, with the version the next write must name', async (_how, remove) => {
  const ref = newRef();
  await writeKeyRecord(worker, ref, newRecord(), 0);
  await writeKeyRecord(worker, ref, newRecord(), 1);
  await remove(`tenants/${ref.tenantId}/api-keys/openrouter`);
  expect(await readKeyRecord(worker, ref)).toEqual({ record: null, kvVersion: 2 });
  await expect(writeKeyRecord(worker, ref, newRecord(), 0)).rejects.toBeInstanceOf(VersionConflict);
  expect(await writeKeyRecord(worker, ref, newRecord(), 2)).toBe(3);
});

it('refuses an entry that is no key record, naming fields and quoting no value', async () => {
  const ref = newRef();
  const secret = `sk-${randomUUID()}`;
  const path = `bizosaas/data/tenants/${ref.tenantId}/api-keys/openrouter`;
  await fixture.bao.ask('POST', path, { data: { ...newRecord(), schema: 2, seq: secret } });
  const error = await readKeyRecord(worker, ref).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: 'internal', details: { fields: ['schema', 'seq'] } });
  expect(JSON.stringify(error) + String(error)).not.toContain(secret);
});

it('lists tenants and their keys, more than a page of them', async () => {
  const root = await fixture.asToken(fixture.bao.rootToken);
  const { tenantId } = newRef();
  const count = 1_003;
  const names = Array.from({ length: count }, (_, index) => `s${String(index).padStart(4, '0')}`);
  for (let start = 0; start < count; start += 50) {
    const chunk = names.slice(start, start + 50);
    await Promise.all(
      chunk.map((serviceId) => writeKeyRecord(root, newRef({ tenantId, serviceId }), newRecord(), 0)),
    );
  }
  await writeKeyRecord(root, { tenantId, serviceId: 's0001', keyName: 'second' }, newRecord(), 0);
  const refs = await collect(listKeyRefs(worker, tenantId));
  expect(refs).toHaveLength(count + 1);
  expect(new Set(refs.map((ref) => `${ref.serviceId}/${ref.keyName}`)).size).toBe(count + 1);
  expect(refs).toContainEqual({ tenantId, serviceId: 's0001', keyName: 'second' });
  expect(await collect(listTenants(worker))).toContain(tenantId);
  expect(await collect(listKeyRefs(worker, newRef().tenantId))).toEqual([]);
});
