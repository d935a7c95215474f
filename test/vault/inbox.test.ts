import { randomUUID } from 'node:crypto';
import { clearInbox, listInbox, putInbox, readInbox, type InboxEntry } from '../../src/vault/inbox';
import { sealFields } from '../../src/vault/transit';
import type { VaultClient } from '../../src/vault/vault-client';
import { newRef, openSharedVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;
let api: VaultClient;
let worker: VaultClient;

beforeAll(async () => {
  fixture = await openSharedVaultFixture();
  api = await fixture.as('api');
  worker = await fixture.as('worker');
});
afterAll(() => fixture.close());

async function newEntry(hint: string | null = 'wxyz'): Promise<InboxEntry> {
  return {
    sealed: await sealFields(api, newRef(), { api_key: randomUUID() }),
    fingerprint: `vault:v1:${randomUUID()}`,
    hint,
  };
}

it('brings what the facade put to the worker', async () => {
  const { tenantId } = newRef();
  for (const hint of ['wxyz', null]) {
    const [operationId, entry] = [randomUUID(), await newEntry(hint)];
    await putInbox(api, tenantId, operationId, entry);
    expect(await readInbox(worker, tenantId, operationId)).toEqual(entry);
  }
});

it('keeps the first put when a retry puts again, for a create-only role and for one that may update', async () => {
  const root = await fixture.asToken(fixture.bao.rootToken);
  const [{ tenantId }, operationId, entry] = [newRef(), randomUUID(), await newEntry()];
  await putInbox(api, tenantId, operationId, entry);
  await putInbox(api, tenantId, operationId, await newEntry());
  await putInbox(root, tenantId, operationId, await newEntry());
  expect(await readInbox(worker, tenantId, operationId)).toEqual(entry);
});

it('does not take a denial for an entry that exists', async () => {
  const gateway = await fixture.as('gateway');
  const put = putInbox(gateway, newRef().tenantId, randomUUID(), await newEntry());
  await expect(put).rejects.toMatchObject({ code: 'vault_denied' });
});

it.each(['worker', 'api'] as const)(
  'is cleared for good by the %s: no version, no metadata, no name',
  async (role) => {
    const [{ tenantId }, operationId] = [newRef(), randomUUID()];
    const client = role === 'api' ? api : worker;
    await putInbox(api, tenantId, operationId, await newEntry());
    const names: string[] = [];
    for await (const name of listInbox(client, tenantId)) names.push(name);
    expect(names).toEqual([operationId]);
    await clearInbox(client, tenantId, operationId);
    await clearInbox(client, tenantId, operationId);
    expect(await readInbox(worker, tenantId, operationId)).toBeNull();
    const metadata = await fixture.bao.ask(
      'GET',
      `bizosaas/metadata/tenants/${tenantId}/inbox/${operationId}`,
    );
    expect(metadata.status).toBe(404);
    expect((await fixture.bao.ask('LIST', `bizosaas/metadata/tenants/${tenantId}/inbox`)).status).toBe(404);
  },
);
