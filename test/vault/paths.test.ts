/** No path is built from anything but ids: every function of the room refuses before a request goes out. */
import { randomUUID } from 'node:crypto';
import { MockAgent } from 'undici';
import { clearInbox, listInbox, putInbox, readInbox } from '../../src/vault/inbox';
import { mintIdentityToken } from '../../src/vault/identity-token';
import { destroyVersionsBelow, listKeyRefs, readKeyRecord, writeKeyRecord } from '../../src/vault/key-store';
import type { SealedKey } from '../../src/contract/keys';
import { fingerprintFields, openFields, sealFields } from '../../src/vault/transit';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { VAULT_DEFAULTS } from '../../src/vault/vault-settings';
import { newRecord, newRef } from './vault-fixture';

const BAD_IDS = [
  '',
  '.',
  '..',
  '../platform',
  'a/b',
  'a%2Fb',
  '%2e%2e',
  '+',
  '*',
  'a\u0000b',
  'a b',
  'a\n',
  'A',
  'ä',
  'а' /* Cyrillic */,
  '-a',
  '_a',
  'a'.repeat(64),
  'x'.repeat(65_536),
  'a?b',
  'a#b',
  'a\\b',
  '{{tenant}}',
  '&#x2F;',
];

const SEALED = 'vault:v1:x' as SealedKey;
const ENTRY = { sealed: SEALED, fingerprint: 'f', hint: null };

let requests = 0;
let vault: VaultClient;
let agent: MockAgent;

beforeAll(async () => {
  agent = new MockAgent();
  agent.disableNetConnect();
  const pool = agent.get('http://vault.test');
  pool
    .intercept({ path: () => (requests += 1) > 0, method: 'GET' })
    .reply(200, { data: { ttl: 0, renewable: false } })
    .persist();
  vault = await connectVault({
    settings: { address: 'http://vault.test', ...VAULT_DEFAULTS },
    login: { token: 'given' },
    fetchDispatcher: agent,
  });
});
afterAll(() => agent.close());

const first = async (items: AsyncGenerator<unknown>) => items.next();

const CALLS: Record<string, (id: string) => Promise<unknown>> = {
  'tenant: sealFields': (id) => sealFields(vault, newRef({ tenantId: id }), {}),
  'service: sealFields': (id) => sealFields(vault, newRef({ serviceId: id }), {}),
  'name: sealFields': (id) => sealFields(vault, newRef({ keyName: id }), {}),
  'tenant: openFields': (id) => openFields(vault, newRef({ tenantId: id }), SEALED),
  'tenant: fingerprintFields': (id) => fingerprintFields(vault, newRef({ tenantId: id }), {}),
  'service: fingerprintFields': (id) => fingerprintFields(vault, newRef({ serviceId: id }), {}),
  'tenant: readKeyRecord': (id) => readKeyRecord(vault, newRef({ tenantId: id })),
  'service: readKeyRecord': (id) => readKeyRecord(vault, newRef({ serviceId: id })),
  'name: readKeyRecord': (id) => readKeyRecord(vault, newRef({ keyName: id })),
  'tenant: writeKeyRecord': (id) => writeKeyRecord(vault, newRef({ tenantId: id }), newRecord(), 0),
  'name: writeKeyRecord': (id) => writeKeyRecord(vault, newRef({ keyName: id }), newRecord(), 0),
  'tenant: destroyVersionsBelow': (id) => destroyVersionsBelow(vault, newRef({ tenantId: id }), 1),
  'tenant: listKeyRefs': (id) => first(listKeyRefs(vault, id)),
  'tenant: putInbox': (id) => putInbox(vault, id, randomUUID(), ENTRY),
  'operation: putInbox': (id) => putInbox(vault, 'acme', id, ENTRY),
  'tenant: readInbox': (id) => readInbox(vault, id, randomUUID()),
  'operation: readInbox': (id) => readInbox(vault, 'acme', id),
  'tenant: clearInbox': (id) => clearInbox(vault, id, randomUUID()),
  'operation: clearInbox': (id) => clearInbox(vault, 'acme', id),
  'tenant: listInbox': (id) => first(listInbox(vault, id)),
  'tenant: mintIdentityToken': (id) => mintIdentityToken(vault, { tenantId: id, roles: 'tenant' }),
  'role: mintIdentityToken': (id) => mintIdentityToken(vault, { roles: id === 'a'.repeat(64) ? 'a-b' : id }),
};

it.each(Object.entries(CALLS))('%s takes ids only', async (_name, call) => {
  const before = requests;
  expect(before).toBeGreaterThan(0);
  for (const id of BAD_IDS) {
    const error = await call(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_request' });
    // Short ones occur in any sentence; a long or odd one must not be echoed.
    if (id.length > 100) expect((error as Error).message).not.toContain(id.slice(0, 100));
  }
  expect(requests).toBe(before);
});
