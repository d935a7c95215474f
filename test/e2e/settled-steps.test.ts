/** Steps that run again, writes that arrive late, and words the ledger never accepted. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { storeFirst } from '../../src/contract/key-transitions';
import type { SealedKey } from '../../src/contract/keys';
import { readOperation } from '../../src/ledger/operations';
import { inputOf } from '../../src/temporal/start-operation';
import { readKeyRecord, writeKeyRecord } from '../../src/vault/key-store';
import { createWorkerActivities } from '../../src/worker';
import { startService, type TestService } from '../support/service';

let service: TestService;
beforeAll(async () => {
  service = await startService({ KEYTURN_RESOLVE_PER_MINUTE: '30' });
});
afterAll(() => service.stop());

const key = (name: string) => service.simulator.find('openrouter')?.credentials[name];
const ask = (path: string, body: unknown) => service.call({ path, body });
const about = (tenant_id: string, service_id = 'openrouter') => ({ tenant_id, service_id });
const resolve = (tenantId: string, more = '') =>
  service.call({
    path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter${more}`,
    as: { role: 'service', tenantId },
  });

/** A stored key in a grace period: the answer to its rotation. */
async function rotated(tenant: string) {
  await ask('/byok/generate-keys', { ...about(tenant), api_keys: key('good') });
  const reply = await ask('/byok/rotate-key', { ...about(tenant), api_keys: key('second') });
  expect(reply.body).toMatchObject({ state: 'grace', version: 2 });
  return reply.body;
}

test('a rollback that runs again after a later rotation repeats its word and touches nothing', async () => {
  const tenant = service.tenant('again');
  const rotation = await rotated(tenant);
  const back = await ask(`/byok/operations/${rotation.operation_id}/rollback`, {});
  const later = await ask('/byok/rotate-key', { ...about(tenant), api_keys: key('second') });
  expect(later.body).toMatchObject({ state: 'grace', version: 3 });

  const { config, log } = service.options;
  const { ledger, temporal } = service;
  const activities = createWorkerActivities({ config, log, ledger, temporal, vault: service.vault.worker });
  const operation = await readOperation(ledger, back.body.operation_id);
  const again = await activities.rollBackKey(inputOf(operation as NonNullable<typeof operation>), 1);

  expect(again).toMatchObject({ outcome: 'rolled_back', replacedVersion: 2 });
  expect((await resolve(tenant)).body.version).toBe(3);
});

test('a write that arrives after its store was given up does not block the key', async () => {
  const tenant = service.tenant('late');
  const refused = await ask('/byok/generate-keys', { ...about(tenant), api_keys: key('dead') });
  const ref = { tenantId: tenant, serviceId: 'openrouter', keyName: 'default' };
  const { kvVersion } = await readKeyRecord(service.vault.worker, ref);
  const candidate = {
    sealed: 'vault:v1:late' as SealedKey,
    fingerprint: 'late',
    hint: null,
    verdict: 'valid',
    reason: 'accepted',
    details: {},
    account: null,
    validatedAt: null,
    origin: 'supplied',
    providerHandle: null,
    storedAt: new Date().toISOString(),
    operationId: refused.body.operation_id,
  } as const;
  const late = storeFirst({ record: null, kvVersion }, { epoch: 1, candidate });
  if (late.kind !== 'write') throw new Error('a first key is written');
  await writeKeyRecord(service.vault.worker, ref, late.record, kvVersion);

  expect((await resolve(tenant)).body.code).toBe('key_not_found');
  const stored = await ask('/byok/generate-keys', { ...about(tenant), api_keys: key('good') });
  expect([stored.status, stored.body.outcome]).toEqual([201, 'stored']);
  expect((await resolve(tenant)).body.api_keys).toEqual(key('good'));
});

test('a key nobody could ask about never ends the old one by itself', async () => {
  const tenant = service.tenant('unasked');
  const measurement = about(tenant, 'google-analytics-measurement-protocol');
  const fields = (secret: string) => ({ measurement_id: 'G-SIMULATED1', api_secret: secret });
  const first = await ask('/byok/generate-keys', {
    ...measurement,
    api_keys: fields('simulated_first_secret_1'),
  });
  expect(first.body).toMatchObject({ verdict: 'inconclusive', reason: 'no_probe' });
  const second = await ask('/byok/rotate-key', {
    ...measurement,
    api_keys: fields('simulated_second_secret'),
    grace_seconds: 1,
  });
  expect(second.body).toMatchObject({ state: 'grace', version: 2, retire_at: null });
  const finished = await ask(`/byok/operations/${second.body.operation_id}/finish`, {});
  expect([finished.status, finished.body.outcome]).toEqual([200, 'finished']);
});

test('decisions that the ledger does not know are refused, and the grace period goes on', async () => {
  const tenant = service.tenant('forged');
  const { key_id } = await rotated(tenant);
  const retirement = service.temporal.client.workflow.getHandle(`retire/${key_id}/1`);
  await expect(retirement.executeUpdate('rollback', { args: ['x'] })).rejects.toThrow(
    WorkflowUpdateFailedError,
  );
  await expect(retirement.executeUpdate('finish', { args: [randomUUID()] })).rejects.toThrow(
    WorkflowUpdateFailedError,
  );
  expect((await resolve(tenant, '&stage=previous')).body.version).toBe(1);
  expect((await retirement.describe()).status.name).toBe('RUNNING');
});

test('a workflow started with something else than its input fails at once', async () => {
  const started = service.temporal.client.workflow.execute('generateKeys', {
    workflowId: `key/${service.tenant('wrong')}`,
    taskQueue: service.config.KEYTURN_TASK_QUEUE,
    args: [{ tenantId: '../x' }],
  });
  await expect(started).rejects.toThrow(WorkflowFailedError);
});

test('reading keys has a bound for each tenant and service', async () => {
  const tenant = service.tenant('reader');
  await ask('/byok/generate-keys', { ...about(tenant), api_keys: key('good') });
  const statuses = new Set<number>();
  for (let i = 0; i < 31; i += 1) statuses.add((await resolve(tenant)).status);
  expect(statuses).toEqual(new Set([200, 429]));
});

test('who asks for what is not theirs leaves a trace', async () => {
  const tenant = service.tenant('curious');
  const as = { role: 'tenant', tenantId: tenant };
  await service.call({ path: `/byok/keys?tenant_id=${service.tenant('other')}`, as });
  const { body } = await service.call({ path: `/audit?tenant_id=${tenant}` });
  expect(body.entries).toEqual([expect.objectContaining({ action: 'access.denied', outcome: 'refused' })]);
});
