/** Sends unique credentials through every path of a service's keys, good and bad, with faults in between. */
import type { Fault } from '../../src/simulator/faults';
import type { TestService } from '../support/service';
import type { Canaries } from './make-canary';
import type { Recorder, Told } from './recorder';

type Fields = Readonly<Record<string, string>>;

/** What replies of a provider may do with a credential besides answering. */
const FAULTS: readonly ((secret: string) => Fault)[] = [
  (secret) => ({
    kind: 'status',
    status: 400,
    body: { error: { message: secret } },
    headers: { 'x-echo': secret },
  }),
  (secret) => ({ kind: 'status', status: 403, body: `no entry for ${secret}` }),
  (secret) => ({ kind: 'redirect', location: `https://example.com/?key=${secret}` }),
  () => ({ kind: 'garbage' }),
];

/** One service, its keys, and who keeps them. */
export interface Play {
  readonly service: TestService;
  readonly ask: Recorder['ask'];
  readonly canaries: Canaries;
  readonly serviceId: string;
  readonly tenantId: string;
}

/** Makes a credential; a living one is told to the simulator. */
export function mint(play: Play, name: string, variant: 'good' | 'dead'): Fields {
  const { simulator } = play.service;
  const sample = simulator.find(play.serviceId).credentials[variant];
  const fields = play.canaries.credential(name, play.serviceId, { ...sample });
  if (variant === 'good') simulator.setCredential(play.serviceId, fields, 'good');
  return fields;
}

/** Store, refuse, validate, rotate, supersede, roll back, finish, and leave a key in its grace period. */
export async function playWholeLife(play: Play): Promise<void> {
  const { ask, tenantId, serviceId } = play;
  const about = { tenant_id: tenantId, service_id: serviceId };
  const post = (path: string, body: object, headers = {}): Promise<Told> => ask({ path, body, headers });
  const send = (path: string, api_keys: Fields, more = {}) =>
    post(`/byok/${path}`, { ...about, api_keys, ...more });
  const decide = (rotation: Told, what: string) =>
    post(`/byok/operations/${rotation.body.operation_id}/${what}`, {});

  expect((await send('generate-keys', mint(play, 'refused', 'dead'))).status).toBeGreaterThanOrEqual(201);
  const revoked = await ask({ method: 'DELETE', path: '/byok/revoke-key', body: about });
  expect([200, 404]).toContain(revoked.status);

  const first = mint(play, 'stored', 'good');
  const once = { 'idempotency-key': `${serviceId}-${tenantId}` };
  expect((await post('/byok/generate-keys', { ...about, api_keys: first }, once)).status).toBe(201);
  expect((await post('/byok/generate-keys', { ...about, api_keys: first }, once)).status).toBe(201);
  const other = { ...about, api_keys: mint(play, 'other body', 'good') };
  expect((await post('/byok/generate-keys', other, once)).body.code).toBe('idempotency_key_reused');
  expect((await send('generate-keys', mint(play, 'second store', 'good'))).body.code).toBe('key_exists');

  expect((await send('validate-key', mint(play, 'supplied', 'good'))).status).toBe(200);
  expect((await send('validate-key', mint(play, 'supplied dead', 'dead'))).status).toBe(200);
  expect((await post('/byok/validate-key', about)).status).toBe(200);

  expect((await send('rotate-key', mint(play, 'bad candidate', 'dead'))).status).toBeGreaterThanOrEqual(200);
  const rotated = await send('rotate-key', mint(play, 'rolled back', 'good'), { supersede: true });
  expect(rotated.body).toMatchObject({ state: 'grace' });
  expect((await decide(rotated, 'rollback')).status).toBe(200);
  const finished = await send('rotate-key', mint(play, 'rotated', 'good'));
  expect((await decide(finished, 'finish')).status).toBe(200);
  expect((await send('rotate-key', mint(play, 'to be superseded', 'good'))).status).toBe(200);
  const last = await send('rotate-key', mint(play, 'superseding', 'good'), { supersede: true });
  expect(last.body).toMatchObject({ state: 'grace' });

  for (const fault of FAULTS) {
    const fields = mint(play, 'under a fault', 'good');
    play.service.simulator.setFault(serviceId, fault(Object.values(fields).at(-1) ?? ''));
    expect((await send('validate-key', fields)).body).toHaveProperty('verdict');
  }
  play.service.simulator.setFault(serviceId, null);
}

/** Ends the life and begins another, which ends too. */
export async function playRevocation(play: Play): Promise<void> {
  const { ask, tenantId, serviceId } = play;
  const about = { tenant_id: tenantId, service_id: serviceId };
  const revoke = () => ask({ method: 'DELETE', path: '/byok/revoke-key', body: about });
  expect((await revoke()).status).toBe(200);
  const again = { ...about, api_keys: mint(play, 'stored again', 'good') };
  expect((await ask({ path: '/byok/generate-keys', body: again })).status).toBe(201);
  expect((await revoke()).status).toBe(200);
}
