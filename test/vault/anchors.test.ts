import { createPublicKey, verify } from 'node:crypto';
import {
  latestAnchorNumber,
  listAnchors,
  putAnchor,
  readAnchor,
  readAnchorKeys,
  signText,
} from '../../src/vault/anchors';
import { VersionConflict } from '../../src/vault/vault-errors';
import type { VaultClient } from '../../src/vault/vault-client';
import { openVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;
let worker: VaultClient;

beforeAll(async () => {
  fixture = await openVaultFixture();
  worker = await fixture.as('worker');
});
afterAll(() => fixture.close());

function verifies(text: string, signed: { signature: string; publicKey: string }): boolean {
  const x = Buffer.from(signed.publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signed.signature, 'base64'));
}

it('signs so that node alone verifies, before and after the key was rotated', async () => {
  const first = await signText(worker, 'head ü 1');
  expect(first.keyVersion).toBe(1);
  expect(verifies('head ü 1', first)).toBe(true);
  expect(verifies('head ü 2', first)).toBe(false);
  await fixture.bao.ask('POST', 'transit/keys/keyturn-anchor/rotate', {});
  const second = await signText(worker, 'head ü 1');
  expect(second.keyVersion).toBe(2);
  expect(second.publicKey).not.toBe(first.publicKey);
  expect(verifies('head ü 1', second)).toBe(true);
  expect([...(await readAnchorKeys(worker))]).toEqual([
    [1, first.publicKey],
    [2, second.publicKey],
  ]);
});

it('creates anchors once; nobody of ours changes or removes one', async () => {
  expect(await latestAnchorNumber(worker)).toBe(0);
  expect(await readAnchor(worker, 1)).toBeNull();
  const count = 11;
  for (let number = 1; number <= count; number += 1) {
    await putAnchor(worker, number, { heads: { platform: `h${number}` } });
    expect(await latestAnchorNumber(worker)).toBe(number);
    expect(await latestAnchorNumber(worker, Math.max(0, number - 3))).toBe(number);
  }
  await expect(putAnchor(worker, 3, { heads: {} })).rejects.toBeInstanceOf(VersionConflict);
  expect(await readAnchor(worker, 3)).toEqual({ heads: { platform: 'h3' } });
  const numbers: number[] = [];
  for await (const anchor of listAnchors(worker, 4)) numbers.push(anchor.number);
  expect(numbers).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  const root = await fixture.asToken(fixture.bao.rootToken);
  await expect(putAnchor(root, 3, { heads: {} })).rejects.toBeInstanceOf(VersionConflict);
});

it('refuses numbers that are none', async () => {
  for (const number of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
    await expect(readAnchor(worker, number)).rejects.toMatchObject({ code: 'invalid_request' });
  }
});
