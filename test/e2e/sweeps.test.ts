/** What stopped runs leave in the vault is found and cleared. */
import type { SealedKey } from '../../src/contract/keys';
import { readKeyRecord, writeKeyRecord } from '../../src/vault/key-store';
import { isInInbox, putInbox } from '../../src/vault/inbox';
import { startService, until, type TestService } from '../support/service';

let service: TestService;
beforeAll(async () => {
  service = await startService({ KEYTURN_SWEEP_MS: '300' });
});
afterAll(() => service.stop());

async function stored(tenant: string) {
  const api_keys = service.simulator.find('openrouter')?.credentials.good;
  const body = { tenant_id: tenant, service_id: 'openrouter', api_keys };
  return (await service.call({ path: '/byok/generate-keys', body })).body;
}

test('an inbox entry of a closed operation is cleared', async () => {
  const tenant = service.tenant('left');
  const { operation_id } = await stored(tenant);
  const { api } = service.vault;
  await putInbox(api, tenant, operation_id, {
    sealed: 'vault:v1:x' as SealedKey,
    fingerprint: 'x',
    hint: null,
  });
  await until('the entry is cleared', async () => !(await isInInbox(api, tenant, operation_id)));
});

test('a version that was put aside and forgotten is retired', async () => {
  const tenant = service.tenant('forgotten');
  const { key_id } = await stored(tenant);
  const ref = { tenantId: tenant, serviceId: 'openrouter', keyName: 'default' };
  const { worker } = service.vault;
  const { record, kvVersion } = await readKeyRecord(worker, ref);
  if (record?.current == null) throw new Error('the key is stored');
  const left = { ...record.current, version: 7, fingerprint: 'left', operationId: key_id };
  await writeKeyRecord(
    worker,
    ref,
    { ...record, seq: record.seq + 1, lastVersion: 7, retiring: [left] },
    kvVersion,
  );
  await service.ledger.db
    .updateTable('key_index')
    .set({ retiring_count: 1 })
    .where('tenant_id', '=', tenant)
    .execute();

  await until(
    'the version is gone',
    async () => (await readKeyRecord(worker, ref)).record?.retiring.length === 0,
  );
  await until('the listing says so', async () => {
    const { body } = await service.call({ path: `/byok/keys?tenant_id=${tenant}` });
    return body.keys[0].retiring === 0 && body.keys[0].version === 1;
  });
});
