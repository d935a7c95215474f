/** The token outlives everything but the end of the process. */
import { randomUUID } from 'node:crypto';
import { KeyturnError } from '../../src/contract/errors';
import { sealFields } from '../../src/vault/transit';
import { keepTokenAlive, type TokenGrant, type TokenOperations } from '../../src/vault/token-lifecycle';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { until } from './open-bao';
import { newRef, openVaultFixture, type VaultFixture } from './vault-fixture';

const SILENT = { info: () => undefined, warn: () => undefined };
const HOUR_MS = 3_600_000;

describe('on a real server', () => {
  let fixture: VaultFixture;
  beforeAll(async () => {
    fixture = await openVaultFixture();
  });
  afterAll(() => fixture.close());

  /** Accessors of the living tokens of a role's policy. */
  async function accessorsOf(policy: string): Promise<string[]> {
    const { body } = await fixture.bao.ask('LIST', 'auth/token/accessors');
    const all = await Promise.all(
      (body.data.keys as string[]).map((accessor) =>
        fixture.bao.ask('POST', 'auth/token/lookup-accessor', { accessor }),
      ),
    );
    return all
      .filter(({ status, body: found }) => status === 200 && found.data.policies.includes(policy))
      .map(({ body: found }) => found.data.accessor);
  }

  async function killTokens(policy: string): Promise<void> {
    for (const accessor of await accessorsOf(policy)) {
      await fixture.bao.ask('POST', 'auth/token/revoke-accessor', { accessor });
    }
  }

  it('logs in again, once, when the token dies under many calls', async () => {
    const api = await fixture.as('api');
    await sealFields(api, newRef(), { a: '1' });
    await killTokens('keyturn-api');
    const sealed = await Promise.all(Array.from({ length: 20 }, () => sealFields(api, newRef(), { a: '1' })));
    expect(sealed).toHaveLength(20);
    expect(await accessorsOf('keyturn-api')).toHaveLength(1);
    await api.close();
    expect(await accessorsOf('keyturn-api')).toHaveLength(0);
  });

  it('does not log in again for what the policy denies', async () => {
    const gateway = await fixture.as('gateway');
    const before = await accessorsOf('keyturn-gateway');
    await expect(sealFields(gateway, newRef(), { a: '1' })).rejects.toMatchObject({ code: 'vault_denied' });
    expect(await accessorsOf('keyturn-gateway')).toEqual(before);
  });

  it('says what to check when the token and the login both died', async () => {
    const name = `test-${randomUUID()}`;
    const [roleId, secretId] = [randomUUID(), randomUUID()];
    const role = `auth/approle/role/${name}`;
    await fixture.bao.ask('POST', role, { token_policies: [name, 'keyturn-api'], token_period: '20m' });
    await fixture.bao.ask('POST', `${role}/role-id`, { role_id: roleId });
    await fixture.bao.ask('POST', `${role}/custom-secret-id`, { secret_id: secretId });
    const vault = await connectVault({
      settings: fixture.settings,
      login: { appRole: { roleId, secretId } },
    });
    await sealFields(vault, newRef(), { a: '1' });
    await fixture.bao.ask('DELETE', role);
    await killTokens(name);
    await expect(sealFields(vault, newRef(), { a: '1' })).rejects.toMatchObject({
      code: 'vault_denied',
      details: { setting: 'KEYTURN_VAULT_ROLE_ID' },
    });
    await vault.close();
  });

  it('renews a token that would end, and it goes on', async () => {
    const name = `test-${randomUUID()}`;
    const [roleId, secretId] = [randomUUID(), randomUUID()];
    await fixture.bao.ask('POST', `auth/approle/role/${name}`, {
      token_policies: [name, 'keyturn-api'],
      token_period: '2s',
    });
    await fixture.bao.ask('POST', `auth/approle/role/${name}/role-id`, { role_id: roleId });
    await fixture.bao.ask('POST', `auth/approle/role/${name}/custom-secret-id`, { secret_id: secretId });
    const vault = await connectVault({
      settings: fixture.settings,
      login: { appRole: { roleId, secretId } },
    });
    const [accessor] = await accessorsOf(name);
    await until('the token was renewed twice', async () => {
      const { status, body } = await fixture.bao.ask('POST', 'auth/token/lookup-accessor', { accessor });
      expect(status).toBe(200);
      return (body.data.last_renewal_time ?? 0) > body.data.creation_time + 2;
    });
    await sealFields(vault, newRef(), { a: '1' });
    expect(await accessorsOf(name)).toEqual([accessor]);
    expect(vault.tokenTtlSeconds()).toBeLessThanOrEqual(2);
    await vault.close();
  });

  it('refuses a token the server does not know, and leaves a given one alive at the end', async () => {
    const dead = connectVault({ settings: fixture.settings, login: { token: 's.unknown' } });
    await expect(dead).rejects.toMatchObject({ code: 'vault_denied', details: { setting: 'VAULT_TOKEN' } });
    const vault: VaultClient = await connectVault({
      settings: fixture.settings,
      login: { token: fixture.bao.rootToken },
    });
    expect(vault.tokenTtlSeconds()).toBeNull();
    await vault.close();
    expect((await fixture.bao.ask('GET', 'auth/token/lookup-self')).status).toBe(200);
  });
});

describe('the schedule', () => {
  let counts: { login: number; renew: number; revoked: string[] };
  let renew: () => Promise<TokenGrant>;
  const operations = (): TokenOperations => ({
    login: async () => ({ token: `t${(counts.login += 1)}`, ttlSeconds: 1_200, renewable: true }),
    renew: async () => {
      counts.renew += 1;
      return renew();
    },
    isAlive: async () => false,
    revoke: async (token) => void counts.revoked.push(token),
  });
  const first = (changes: Partial<TokenGrant> = {}): TokenGrant => ({
    token: 't0',
    ttlSeconds: 1_200,
    renewable: true,
    ...changes,
  });

  beforeEach(() => {
    jest.useFakeTimers();
    counts = { login: 0, renew: 0, revoked: [] };
    renew = async () => first();
  });
  afterEach(() => jest.useRealTimers());

  it('renews between half and 0.7 of the TTL, again and again', async () => {
    const life = keepTokenAlive({ first: first(), operations: operations(), log: SILENT });
    await jest.advanceTimersByTimeAsync(599_000);
    expect(counts.renew).toBe(0);
    await jest.advanceTimersByTimeAsync(242_000);
    expect(counts.renew).toBe(1);
    await jest.advanceTimersByTimeAsync(10 * HOUR_MS);
    expect(counts.renew).toBeGreaterThan(40);
    expect(counts.renew).toBeLessThan(63);
    expect(counts.login).toBe(0);
    await life.close();
    expect(counts.revoked).toEqual(['t0']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not storm with a TTL beyond what a timer can hold', async () => {
    renew = async () => first({ ttlSeconds: 2_764_800 });
    const life = keepTokenAlive({
      first: first({ ttlSeconds: 2_764_800 }),
      operations: operations(),
      log: SILENT,
    });
    await jest.advanceTimersByTimeAsync(23 * HOUR_MS);
    expect(counts.renew).toBe(0);
    await jest.advanceTimersByTimeAsync(25 * HOUR_MS);
    expect(counts.renew).toBe(2);
    await life.close();
  });

  it('goes on trying while the vault is away, and logs in anew when the token has run out', async () => {
    let away = true;
    renew = async () => {
      if (away) throw new KeyturnError('vault_unavailable', 'away');
      return first();
    };
    const life = keepTokenAlive({ first: first(), operations: operations(), log: SILENT });
    await jest.advanceTimersByTimeAsync(1_000_000);
    expect(counts.renew).toBeGreaterThan(3);
    expect(counts.login).toBe(0);
    away = false;
    await jest.advanceTimersByTimeAsync(100_000);
    expect(life.current()).toBe('t0');
    away = true;
    await jest.advanceTimersByTimeAsync(1_300_000);
    expect(counts.login).toBe(1);
    expect(life.current()).toBe('t1');
    await life.close();
  });

  it('logs in anew when a renewal is refused, or when renewals give less and less', async () => {
    renew = async () => {
      throw new KeyturnError('vault_denied', 'dead');
    };
    const refused = keepTokenAlive({ first: first(), operations: operations(), log: SILENT });
    await jest.advanceTimersByTimeAsync(845_000);
    expect(refused.current()).toBe('t1');
    await refused.close();
    counts.login = 0;
    renew = async () => first({ ttlSeconds: 300 });
    const worn = keepTokenAlive({ first: first(), operations: operations(), log: SILENT });
    await jest.advanceTimersByTimeAsync(1_100_000);
    expect(worn.current()).toBe('t1');
    await worn.close();
  });

  it('does nothing for a token that never ends', async () => {
    keepTokenAlive({
      first: first({ ttlSeconds: 0 }),
      operations: { ...operations(), login: null },
      log: SILENT,
    });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('replaces a dead token once for all who saw it die', async () => {
    const life = keepTokenAlive({ first: first(), operations: operations(), log: SILENT });
    expect(await Promise.all([1, 2, 3].map(() => life.replaceIfDead('t0')))).toEqual([true, true, true]);
    expect(await life.replaceIfDead('t0')).toBe(true);
    expect(counts.login).toBe(1);
    await life.close();
  });
});
