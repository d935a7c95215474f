import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { mintIdentityToken, oidcIssuer, oidcKeysUrl, TOKEN_AUDIENCE } from '../../src/vault/identity-token';
import type { VaultClient } from '../../src/vault/vault-client';
import { ISSUER_URL, openVaultFixture, type VaultFixture } from './vault-fixture';

let fixture: VaultFixture;
let issuer: VaultClient;

beforeAll(async () => {
  fixture = await openVaultFixture();
  issuer = await fixture.as('issuer');
});
afterAll(() => fixture.close());

const expected = { issuer: oidcIssuer(ISSUER_URL), audience: TOKEN_AUDIENCE };

it('mints a token that verifies offline and says tenant, role, issuer and audience', async () => {
  const token = await mintIdentityToken(issuer, { tenantId: 'acme', roles: 'tenant' });
  const keys = await fixture.bao.ask('GET', 'identity/oidc/.well-known/keys', undefined, '');
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys.body), expected);
  expect(payload).toMatchObject({
    tenant_id: 'acme',
    roles: 'tenant',
    aud: 'keyturn-api',
    iss: `${ISSUER_URL}/v1/identity/oidc`,
  });
  expect(protectedHeader.alg).toBe('ES256');
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
});

it('publishes its keys to everyone', async () => {
  const token = await mintIdentityToken(issuer, { roles: 'admin' });
  const keys = createRemoteJWKSet(new URL(oidcKeysUrl(fixture.bao.address)));
  const { payload } = await jwtVerify(token, keys, expected);
  expect(payload).toMatchObject({ tenant_id: '', roles: 'admin' });
});

it('gives subjects of their own to everyone, and the same one to the same', async () => {
  const subjects = [
    { roles: 'admin' },
    { tenantId: 'none', roles: 'admin' },
    { tenantId: 'acme', roles: 'tenant' },
    { tenantId: 'acme', roles: 'service' },
    { tenantId: 'tenant-acme', roles: 'tenant' },
    { tenantId: 'acme', roles: 'tenant' },
  ];
  // At once: two of them make the same entity.
  const tokens = await Promise.all(subjects.map((subject) => mintIdentityToken(issuer, subject)));
  const claims = tokens.map((token) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()),
  );
  expect(claims.map(({ tenant_id, roles }) => [tenant_id, roles])).toEqual(
    subjects.map(({ tenantId, roles }) => [tenantId ?? '', roles]),
  );
  expect(new Set(claims.map(({ sub }) => sub)).size).toBe(5);
});

it('signs with another key than the one of a stranger', async () => {
  const [stranger, token] = await Promise.all([
    openVaultFixture(),
    mintIdentityToken(issuer, { roles: 'admin' }),
  ]);
  try {
    const keys = await stranger.bao.ask('GET', 'identity/oidc/.well-known/keys', undefined, '');
    await mintIdentityToken(await stranger.as('issuer'), { roles: 'admin' });
    await expect(jwtVerify(token, createLocalJWKSet(keys.body), expected)).rejects.toThrow();
  } finally {
    await stranger.close();
  }
});
