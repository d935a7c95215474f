/**
 * Each server breaks and comes back: what was accepted completes, what comes meanwhile is refused with 503, readers
 * are served nothing that may have been revoked, and no process of ours ends.
 */
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { vaultSettingsOf } from '../../src/connections';
import { readConfig } from '../../src/config';
import { until, type ApiReply } from '../support/service';
import { startFaultStack, type FaultStack } from './fault-stack';

let stack: FaultStack;
let tenants = 0;
const rejections: unknown[] = [];
const noteRejection = (error: unknown): void => void rejections.push(error);

beforeAll(async () => {
  process.on('unhandledRejection', noteRejection);
  stack = await startFaultStack();
}, 120_000);
afterAll(async () => {
  await stack.stop();
  process.off('unhandledRejection', noteRejection);
});
afterEach(async () => {
  stack.simulator.setFault('openrouter', null);
  await stack.startAll();
  expect([stack.deaths, rejections]).toEqual([[], []]);
});

const SOON = { prefer: 'respond-async' };
const key = (name: string) => stack.simulator.find('openrouter')?.credentials[name];
const about = (tenant_id: string) => ({ tenant_id, service_id: 'openrouter' });
const generate = (tenant: string, headers: Record<string, string> = {}) =>
  stack.call({ path: '/byok/generate-keys', body: { ...about(tenant), api_keys: key('good') }, headers });
const rotate = (tenant: string, headers: Record<string, string> = {}) =>
  stack.call({ path: '/byok/rotate-key', body: { ...about(tenant), api_keys: key('second') }, headers });
const validate = (tenant: string, headers: Record<string, string> = {}) =>
  stack.call({ path: '/byok/validate-key', body: about(tenant), headers });
const revoke = (tenant: string) =>
  stack.call({ method: 'DELETE', path: '/byok/revoke-key', body: about(tenant) });
const resolve = (tenantId: string) =>
  stack.call({
    path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter`,
    as: { role: 'service', tenantId },
  });

/** A tenant with a stored key that has been read once, so that its reader's token is there already. */
async function tenantWithKey(): Promise<string> {
  const tenant = `tenant-${(tenants += 1)}`;
  const stored = await generate(tenant);
  const read = await resolve(tenant);
  expect([stored.status, read.status]).toEqual([201, 200]);
  return tenant;
}

const outcome = ({ status, body, headers }: ApiReply) => ({
  status,
  code: (body as { code?: string }).code,
  retryAfter: Number(headers.get('retry-after')) > 0,
});
const away = (code: string) => ({ status: 503, code, retryAfter: true });
const REVOKED = { status: 409, code: 'key_revoked', retryAfter: false };
const SERVED = { status: 200, code: undefined, retryAfter: false };

async function settled(
  operationId: string,
): Promise<{ state: string; result: Record<string, unknown> | null }> {
  return until(
    `operation ${operationId} is closed`,
    async () => {
      const { status, body } = await stack.call({ path: `/byok/operations/${operationId}` });
      return status === 200 && !['accepted', 'running'].includes(body.state) ? body : null;
    },
    60_000,
  );
}

async function parts(): Promise<unknown> {
  const { status, body } = await stack.call({ path: '//readyz' });
  const bad = Object.entries(body.parts as Record<string, { ok: boolean }>).filter(([, part]) => !part.ok);
  return { status, bad: bad.map(([name]) => name) };
}
const ready = () =>
  until('everything is ready', async () => ((await parts()) as { status: number }).status === 200);

/** What stopping OpenBao in any way must mean. */
async function expectVaultAway(names: { reader: string; leaked: string }): Promise<string> {
  expect(outcome(await generate(`tenant-${(tenants += 1)}`))).toEqual(away('vault_unavailable'));
  expect(outcome(await resolve(names.reader))).toEqual(away('vault_unavailable'));
  const revoked = await revoke(names.leaked);
  expect(revoked.status).toBe(202);
  // Fenced at once: refused for good, not for now.
  expect(outcome(await resolve(names.leaked))).toEqual(REVOKED);
  expect(await parts()).toEqual({ status: 503, bad: ['vault'] });
  return revoked.body.operation_id;
}

async function expectVaultBack(names: { reader: string; leaked: string }, revocation: string): Promise<void> {
  expect(await settled(revocation)).toMatchObject({ state: 'done', result: { state: 'revoked' } });
  await ready();
  expect(outcome(await resolve(names.reader))).toEqual(SERVED);
  expect(outcome(await resolve(names.leaked))).toEqual(REVOKED);
  expect((await generate(`tenant-${(tenants += 1)}`)).status).toBe(201);
}

describe('OpenBao', () => {
  test('is killed and comes back', async () => {
    const names = { reader: await tenantWithKey(), leaked: await tenantWithKey() };
    const other = await tenantWithKey();
    await stack.kill('vault');
    const revocation = await expectVaultAway(names);
    const asked = await validate(other, SOON);
    expect(asked.status).toBe(202);
    await stack.start('vault');
    await expectVaultBack(names, revocation);
    expect(await settled(asked.body.operation_id)).toMatchObject({
      state: 'done',
      result: { verdict: 'valid' },
    });
  });

  test('goes away between the door and the store of an accepted key', async () => {
    const tenant = `tenant-${(tenants += 1)}`;
    stack.simulator.setFault('openrouter', { kind: 'outage' });
    const accepted = await generate(tenant, SOON);
    // Its reader's token is made while the issuer is there.
    const early = outcome(await resolve(tenant));
    expect([accepted.status, early.code]).toEqual([202, 'key_not_found']);
    await stack.kill('vault');
    stack.simulator.setFault('openrouter', null);
    expect(outcome(await resolve(tenant))).toEqual({ status: 404, code: 'key_not_found', retryAfter: false });
    await stack.start('vault');
    expect(await settled(accepted.body.operation_id)).toMatchObject({
      state: 'done',
      result: { state: 'active' },
    });
    expect(outcome(await resolve(tenant))).toEqual(SERVED);
  });

  test('stays away for longer than a probe is tried', async () => {
    const tenant = await tenantWithKey();
    stack.simulator.setFault('openrouter', { kind: 'outage' });
    const accepted = await rotate(tenant, SOON);
    await stack.kill('vault');
    stack.simulator.setFault('openrouter', null);
    const { client } = stack.roles.temporal;
    await until('the probe was given up for now', async () => {
      const { events } = await client.workflow.getHandle(`key/${tenant}/openrouter/default`).fetchHistory();
      return events?.some((event) => event.activityTaskFailedEventAttributes != null);
    });
    await stack.start('vault');
    expect(await settled(accepted.body.operation_id)).toMatchObject({
      state: 'done',
      result: { state: 'grace' },
    });
  });

  test('hangs and goes on', async () => {
    const names = { reader: await tenantWithKey(), leaked: await tenantWithKey() };
    stack.signal('vault', 'SIGSTOP');
    const revocation = await expectVaultAway(names).finally(() => stack.signal('vault', 'SIGCONT'));
    await expectVaultBack(names, revocation);
  });

  test('is sealed and unsealed', async () => {
    const names = { reader: await tenantWithKey(), leaked: await tenantWithKey() };
    await seal();
    const revocation = await expectVaultAway(names);
    const { body } = await stack.call({ path: '/vault/health' });
    expect(body.status).toBe('sealed');
    // One that unseals itself does so when it starts.
    await stack.kill('vault');
    await stack.start('vault');
    await expectVaultBack(names, revocation);
  });

  test('cannot write its audit log, and can again', async () => {
    const names = { reader: await tenantWithKey(), leaked: await tenantWithKey() };
    stack.blockAuditLog();
    const revocation = await expectVaultAway(names).finally(() => stack.freeAuditLog());
    await expectVaultBack(names, revocation);
  });

  /** Nobody of ours may seal; the provisioner may give itself the right. */
  async function seal(): Promise<void> {
    const settings = vaultSettingsOf(readConfig({}), stack.vaultAddress);
    const as = (role: 'provisioner' | 'operator') =>
      connectVault({ settings, login: { appRole: stack.credentials[role] } });
    const provisioner = await as('provisioner');
    const put = (path: string, body: Record<string, unknown>) =>
      provisioner.request({ method: 'PUT', path: path as never, body });
    const policy = 'path "sys/seal" { capabilities = ["update", "sudo"] }';
    await put('sys/policies/acl/keyturn-sealer', { policy });
    await put('auth/approle/role/keyturn-operator', {
      token_policies: ['keyturn-operator', 'keyturn-sealer'],
    });
    const sealer: VaultClient = await as('operator');
    await sealer.request({ method: 'PUT', path: 'sys/seal' as never });
    await Promise.all([provisioner.close(), sealer.close()]);
  }
});

describe('Temporal', () => {
  test('is killed and comes back', async () => {
    const [reader, leaked, other] = [await tenantWithKey(), await tenantWithKey(), await tenantWithKey()];
    stack.simulator.setFault('openrouter', { kind: 'outage' });
    const running = await rotate(other, SOON);
    expect(running.status).toBe(202);
    await stack.kill('temporal');
    stack.simulator.setFault('openrouter', null);
    expect(await parts()).toEqual({ status: 503, bad: ['temporal'] });
    expect(outcome(await generate(`tenant-${(tenants += 1)}`))).toEqual(away('temporal_unavailable'));
    expect(outcome(await validate(reader))).toEqual(away('temporal_unavailable'));
    // Readers need it not.
    expect(outcome(await resolve(reader))).toEqual(SERVED);
    const startedMs = Date.now();
    const revoked = await revoke(leaked);
    expect(revoked.status).toBe(202);
    // No caller is kept for longer than a proxy would wait.
    expect(Date.now() - startedMs).toBeLessThan(8_000);
    expect(outcome(await resolve(leaked))).toEqual(REVOKED);
    const again = await revoke(leaked);
    expect([again.status, again.body.operation_id]).toEqual([202, revoked.body.operation_id]);

    await stack.start('temporal');
    expect(await settled(revoked.body.operation_id)).toMatchObject({ state: 'done' });
    expect(await settled(running.body.operation_id)).toMatchObject({
      state: 'done',
      result: { state: 'grace' },
    });
    await ready();
    expect(outcome(await resolve(leaked))).toEqual(REVOKED);
    expect((await generate(`tenant-${(tenants += 1)}`)).status).toBe(201);
  });

  test('hangs and goes on', async () => {
    const [reader, leaked] = [await tenantWithKey(), await tenantWithKey()];
    stack.signal('temporal', 'SIGSTOP');
    try {
      const startedMs = Date.now();
      const revoked = await revoke(leaked);
      expect(revoked.status).toBe(202);
      expect(outcome(await resolve(leaked))).toEqual(REVOKED);
      expect(outcome(await generate(`tenant-${(tenants += 1)}`))).toEqual(away('temporal_unavailable'));
      expect(outcome(await resolve(reader))).toEqual(SERVED);
      // No caller is kept for longer than a proxy would wait.
      expect(Date.now() - startedMs).toBeLessThan(25_000);
      stack.signal('temporal', 'SIGCONT');
      expect(await settled(revoked.body.operation_id)).toMatchObject({ state: 'done' });
    } finally {
      stack.signal('temporal', 'SIGCONT');
    }
    await ready();
    expect((await generate(`tenant-${(tenants += 1)}`)).status).toBe(201);
  });
});

describe('PostgreSQL', () => {
  test('is killed and comes back', async () => {
    const [reader, other] = [await tenantWithKey(), await tenantWithKey()];
    stack.simulator.setFault('openrouter', { kind: 'outage' });
    const running = await rotate(other, SOON);
    expect(running.status).toBe(202);
    await stack.kill('postgres');
    stack.simulator.setFault('openrouter', null);
    // Without the fence nobody can know that the key was not revoked.
    expect(outcome(await resolve(reader))).toEqual(away('ledger_unavailable'));
    for (const reply of [
      await generate(`tenant-${(tenants += 1)}`),
      await revoke(reader),
      await stack.call({ path: `/byok/keys?tenant_id=${reader}` }),
      await stack.call({ path: `/byok/operations/${running.body.operation_id}` }),
      await stack.call({ path: '/audit' }),
    ]) {
      expect(outcome(reply)).toEqual(away('ledger_unavailable'));
    }
    expect(await parts()).toEqual({ status: 503, bad: ['ledger'] });

    await stack.start('postgres');
    await ready();
    expect(await settled(running.body.operation_id)).toMatchObject({
      state: 'done',
      result: { state: 'grace' },
    });
    expect(outcome(await resolve(reader))).toEqual(SERVED);
    expect((await generate(`tenant-${(tenants += 1)}`)).status).toBe(201);
    const revoked = await revoke(reader);
    expect([revoked.status, revoked.body.state]).toEqual([200, 'revoked']);
  });
});

test('after all of it the audit trail is whole, and nothing is left open or in an inbox', async () => {
  const { body } = await stack.call({ path: '/audit/verify' });
  expect(body).toMatchObject({ ok: true });
  const operations = await stack.call({ path: '/byok/operations?limit=200' });
  const open = operations.body.operations.filter((one: { state: string }) =>
    ['accepted', 'running'].includes(one.state),
  );
  expect(open).toEqual([]);
});
