import { randomUUID } from 'node:crypto';
import type { SealedKey } from '../../src/contract/keys';
import { digestText, fingerprintFields, openFields, sealFields } from '../../src/vault/transit';
import type { VaultClient } from '../../src/vault/vault-client';
import { SealedKeyUnreadable } from '../../src/vault/vault-errors';
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

describe('sealing', () => {
  it('gives back what was sealed, also odd characters and an empty value', async () => {
    const ref = newRef();
    const fields = { api_key: `sk-${randomUUID()}`, note: 'ünï"\n\\ \u2028', empty: '' };
    const sealed = await sealFields(api, ref, fields);
    expect(sealed).toMatch(/^vault:v1:/);
    expect(await openFields(worker, ref, sealed)).toEqual(fields);
  });

  it.each([
    ['tenant', { tenantId: 'other' }],
    ['service', { serviceId: 'stripe' }],
    ['name', { keyName: 'second' }],
  ])('does not open for another %s', async (_what, change) => {
    const ref = newRef();
    const sealed = await sealFields(api, ref, { api_key: 'sk-1' });
    await expect(openFields(worker, { ...ref, ...change }, sealed)).rejects.toBeInstanceOf(
      SealedKeyUnreadable,
    );
  });

  it('does not open after a flipped character', async () => {
    const ref = newRef();
    const sealed = await sealFields(api, ref, { api_key: 'sk-1' });
    const flipped = (sealed.slice(0, 20) + (sealed[20] === 'A' ? 'B' : 'A') + sealed.slice(21)) as SealedKey;
    await expect(openFields(worker, ref, flipped)).rejects.toBeInstanceOf(SealedKeyUnreadable);
  });

  it('refuses to make a missing key by encrypting with it', async () => {
    const root = await fixture.asToken(fixture.bao.rootToken, { transitKey: 'mistyped' });
    await expect(sealFields(root, newRef(), { api_key: 'sk-1' })).rejects.toMatchObject({ vaultStatus: 400 });
    expect((await fixture.bao.ask('GET', 'transit/keys/mistyped')).status).toBe(404);
  });
});

describe('fingerprints', () => {
  it('are equal for equal credentials, whatever the order of fields and the name of the key', async () => {
    const ref = newRef();
    const one = await fingerprintFields(api, ref, { a: '1', b: '2' });
    expect(one).toMatch(/^vault:v1:/);
    expect(await fingerprintFields(worker, { ...ref, keyName: 'second' }, { b: '2', a: '1' })).toBe(one);
  });

  it('differ between tenants, services, values, and fields cut elsewhere', async () => {
    const ref = newRef();
    const all = await Promise.all([
      fingerprintFields(api, ref, { a: '1', b: '2' }),
      fingerprintFields(api, { ...ref, tenantId: 'other' }, { a: '1', b: '2' }),
      fingerprintFields(api, { ...ref, serviceId: 'stripe' }, { a: '1', b: '2' }),
      fingerprintFields(api, ref, { a: '1', b: '3' }),
      fingerprintFields(api, ref, { a: '1","b":"2' }),
      fingerprintFields(api, ref, { a: '1,b,2' }),
      fingerprintFields(api, ref, { a: '1b', '2': '' }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('stay the same after the key was rotated by mistake', async () => {
    const ref = newRef();
    const before = await fingerprintFields(api, ref, { a: '1' });
    expect((await fixture.bao.ask('POST', 'transit/keys/keyturn-fp/rotate', {})).status).toBeLessThan(300);
    expect(await fingerprintFields(api, ref, { a: '1' })).toBe(before);
  });

  it('cannot be had through the digest of a chosen text', async () => {
    const ref = newRef();
    const fingerprint = await fingerprintFields(api, ref, { a: '1' });
    const input = JSON.stringify(['keyturn/fingerprint/v1', ref.tenantId, ref.serviceId, [['a', '1']]]);
    expect(await digestText(api, input)).not.toBe(fingerprint);
    expect(await digestText(api, input)).toBe(await digestText(api, input));
  });
});
