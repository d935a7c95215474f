/** The whole life of a key, for two tenants, through the real servers. */
import { sql } from 'kysely';
import { streamOperations } from '../../src/ledger/operations';
import { compareRuns } from '../../src/temporal/compare-runs';
import { startService, until, type TestService } from '../support/service';

let service: TestService;
let acme: string;
let beta: string;

beforeAll(async () => {
  service = await startService();
  acme = service.tenant('acme');
  beta = service.tenant('beta');
});
afterAll(() => service.stop());

const key = (name: string): { api_key: string } =>
  service.simulator.find('openrouter')?.credentials[name] as { api_key: string };
const about = (tenant_id: string) => ({ tenant_id, service_id: 'openrouter' });
const resolve = (tenantId: string, stage = 'current') =>
  service.call({
    path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter&stage=${stage}`,
    as: { role: 'service', tenantId },
  });

test('a key the provider accepts is stored, and the answer says so without showing it', async () => {
  const reply = await service.call({
    path: '/byok/generate-keys',
    body: { ...about(acme), api_keys: key('good') },
  });
  expect(reply.status).toBe(201);
  expect(reply.body).toMatchObject({
    state: 'active',
    version: 1,
    verdict: 'valid',
    hint: key('good').api_key.slice(-4),
  });
  expect(JSON.stringify(reply.body)).not.toContain(key('good').api_key);
  expect((await resolve(acme)).body).toMatchObject({ version: 1, api_keys: key('good') });
});

test('the same key again changes nothing, another one is refused', async () => {
  const same = await service.call({
    path: '/byok/generate-keys',
    body: { ...about(acme), api_keys: key('good') },
  });
  expect([same.status, same.body.outcome]).toEqual([200, 'unchanged']);
  const other = await service.call({
    path: '/byok/generate-keys',
    body: { ...about(acme), api_keys: key('second') },
  });
  expect([other.status, other.body.code]).toEqual([409, 'key_exists']);
});

test('a key the provider rejects is not stored', async () => {
  const reply = await service.call({
    path: '/byok/generate-keys',
    body: { ...about(beta), api_keys: key('dead') },
  });
  expect([reply.status, reply.body.code]).toEqual([422, 'key_rejected']);
  expect((await resolve(beta)).body.code).toBe('key_not_found');
  const keysOfBeta = await service.call({ path: `/byok/keys?tenant_id=${beta}` });
  expect(keysOfBeta.body.keys).toEqual([]);
});

test('validation tells good from bad, for a supplied key and for the stored one', async () => {
  const supplied = await service.call({
    path: '/byok/validate-key',
    body: { ...about(acme), api_keys: key('dead') },
  });
  expect(supplied.body).toMatchObject({ verdict: 'invalid', reason: 'rejected', stored: false });
  const stored = await service.call({ path: '/byok/validate-key', body: about(acme) });
  expect(stored.body).toMatchObject({ verdict: 'valid', stored: true, version: 1 });
});

test('an outage is not called invalid, and the stored key stays as it is', async () => {
  service.simulator.setFault('openrouter', { kind: 'outage' });
  const reply = await service.call({ path: '/byok/validate-key', body: about(acme) });
  service.simulator.setFault('openrouter', null);
  expect(reply.body).toMatchObject({ verdict: 'inconclusive', reason: 'provider_error' });
  expect((await resolve(acme)).status).toBe(200);
});

test('rotation keeps the old key for the grace period, and rollback takes it back', async () => {
  const rotated = await service.call({
    path: '/byok/rotate-key',
    body: { ...about(acme), api_keys: key('second'), grace_seconds: 3600 },
  });
  expect(rotated.status).toBe(200);
  expect(rotated.body).toMatchObject({ state: 'grace', version: 2, previous_version: 1 });
  expect((await resolve(acme)).body.api_keys).toEqual(key('second'));
  expect((await resolve(acme, 'previous')).body.api_keys).toEqual(key('good'));

  const again = await service.call({
    path: '/byok/rotate-key',
    body: { ...about(acme), api_keys: key('good') },
  });
  expect(again.body.code).toBe('in_grace');

  const back = await service.call({
    path: `/byok/operations/${rotated.body.operation_id}/rollback`,
    body: {},
  });
  expect([back.status, back.body.version]).toEqual([200, 1]);
  expect((await resolve(acme)).body.api_keys).toEqual(key('good'));
  expect((await resolve(acme, 'previous')).body.code).toBe('not_in_grace');
});

test('a short grace period ends by itself, and finish ends a long one', async () => {
  const short = await service.call({
    path: '/byok/rotate-key',
    body: { ...about(acme), api_keys: key('second'), grace_seconds: 1 },
  });
  expect(short.status).toBe(200);
  const listed = await until('the grace period ended', async () => {
    const { body } = await service.call({ path: `/byok/keys?tenant_id=${acme}` });
    return body.keys[0].state === 'active' && body.keys[0].retiring === 0 ? body.keys[0] : null;
  });
  expect(listed).toMatchObject({ version: short.body.version, previous_version: null });

  const long = await service.call({
    path: '/byok/rotate-key',
    body: { ...about(acme), api_keys: key('good') },
  });
  const finished = await service.call({
    path: `/byok/operations/${long.body.operation_id}/finish`,
    body: {},
  });
  expect(finished.status).toBe(200);
  expect((await resolve(acme, 'previous')).body.code).toBe('not_in_grace');
});

test('rotation refuses what would be worse than the current key', async () => {
  const rotate = async (name: string, more = {}) => {
    const reply = await service.call({
      path: '/byok/rotate-key',
      body: { ...about(acme), api_keys: key(name), ...more },
    });
    return reply.body.code;
  };
  expect(await rotate('dead')).toBe('candidate_rejected');
  expect(await rotate('good')).toBe('same_key');
  expect(await rotate('exhausted')).toBe('candidate_exhausted');
  expect(await rotate('otherAccount')).toBe('different_account');
  service.simulator.setFault('openrouter', { kind: 'outage' });
  expect(await rotate('second')).toBe('candidate_unverified');
  service.simulator.setFault('openrouter', null);
  expect((await resolve(acme)).body.api_keys).toEqual(key('good'));
});

test('revocation is immediate, repeatable, and the end of that life', async () => {
  const first = await service.call({
    method: 'DELETE',
    path: '/byok/revoke-key',
    body: { ...about(acme), reason: 'leaked' },
  });
  expect([first.status, first.body.state]).toEqual([200, 'revoked']);
  expect((await resolve(acme)).body.code).toBe('key_revoked');
  const again = await service.call({ method: 'DELETE', path: '/byok/revoke-key', body: about(acme) });
  expect(again.body).toEqual(first.body);
  const never = await service.call({ method: 'DELETE', path: '/byok/revoke-key', body: about(beta) });
  expect([never.status, never.body.code]).toEqual([404, 'key_not_found']);
});

test('storing again after a revocation begins a new life', async () => {
  const reply = await service.call({
    path: '/byok/generate-keys',
    body: { ...about(acme), api_keys: key('good') },
  });
  expect([reply.status, reply.body.version]).toEqual([201, 1]);
  const listed = await service.call({ path: `/byok/keys?tenant_id=${acme}` });
  expect(listed.body.keys[0]).toMatchObject({ state: 'active', epoch: 2, key_id: reply.body.key_id });
});

test('a query string may stand in for the body of a DELETE', async () => {
  const path = `/byok/revoke-key?tenant_id=${acme}&service_id=openrouter&reason=proxy`;
  const reply = await service.call({ method: 'DELETE', path });
  expect([reply.status, reply.body.epoch]).toEqual([200, 3]);
});

test('the audit trail tells the story in order and verifies', async () => {
  const { body } = await service.call({ path: `/audit?tenant_id=${acme}&limit=200` });
  const told = body.entries.map(
    (entry: { action: string; outcome: string }) => `${entry.action} ${entry.outcome}`,
  );
  expect(told.slice(0, 2)).toEqual(['key.generate intent', 'key.generate done']);
  expect(told).toEqual(
    expect.arrayContaining(['key.rollback done', 'key.retire done', 'key.revoke done', 'key.read done']),
  );
  const verified = await until('everything is anchored', async () => {
    const reply = await service.call({ path: `/audit/verify?tenant_id=${acme}` });
    return reply.body.ok === true && reply.body.chains[0].unanchored === 0 ? reply.body : null;
  });
  expect(verified.chains[0]).toMatchObject({ entries: body.entries.length, problems: [] });
});

test('the ledger tells of every operation what Temporal keeps of its run', async () => {
  const compared = await compareRuns(service.temporal.client, streamOperations(service.ledger));
  expect(compared).toMatchObject({ differs: [], beyondRetention: 0 });
  expect(compared.agrees).toBeGreaterThan(10);
  await sql`update operations set state = 'done' where state = 'failed'`.execute(service.ledger.db);
  const tampered = await compareRuns(service.temporal.client, streamOperations(service.ledger));
  expect(tampered.differs[0]).toMatchObject({ ledger: 'done', temporal: 'FAILED' });
});
