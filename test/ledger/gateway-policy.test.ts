/** Policies, and the one look at the ledger that each call takes. */
import { listAudit } from '../../src/ledger/audit-trail';
import { readGatewayPolicy, writeGatewayPolicy } from '../../src/ledger/gateway-policy';
import { readGatewayAdmission } from '../../src/ledger/read-gateway-admission';
import { accept, newRef, openTestLedger, rotateIntoGrace, store, type TestLedger } from './open-test-ledger';
import { countStatements } from './usage-records';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.close());

const DEFAULTS = { platformFallback: 'when_missing', monthlyBudgetUsd: null };

async function eventsOf(tenantId: string) {
  const { items } = await listAudit(test.ledger, { chain: `tenant:${tenantId}`, limit: 100 });
  return items.map((item) => item.event);
}

describe('a policy', () => {
  it('is the default until one is written, and reading writes nothing', async () => {
    expect(await readGatewayPolicy(test.ledger, 'fresh')).toEqual(DEFAULTS);
    expect(await test.query('select * from gateway_policies')).toEqual([]);
  });

  it('changes by what is named, with what stood before in the audit trail', async () => {
    const write = (change: Parameters<typeof writeGatewayPolicy>[2]) =>
      writeGatewayPolicy(test.ledger, 'acme', change, 'user:1');
    const first = { platformFallback: 'always', monthlyBudgetUsd: '12.5' } as const;
    expect(await write({ ...first, monthlyBudgetUsd: '12.50' })).toEqual(first);
    expect(await write({ platformFallback: 'never' })).toEqual({ ...first, platformFallback: 'never' });
    expect(await write({ monthlyBudgetUsd: null })).toEqual({ ...DEFAULTS, platformFallback: 'never' });
    expect(await readGatewayPolicy(test.ledger, 'acme')).toEqual({ ...DEFAULTS, platformFallback: 'never' });
    expect(await readGatewayPolicy(test.ledger, 'other')).toEqual(DEFAULTS);
    const events = await eventsOf('acme');
    expect(events).toHaveLength(3);
    expect(events[1]).toMatchObject({
      action: 'gateway.policy',
      outcome: 'done',
      principal: 'user:1',
      details: {
        platform_fallback: 'never',
        platform_fallback_before: 'always',
        monthly_budget_usd: '12.5',
        monthly_budget_usd_before: '12.5',
      },
    });
  });

  it('loses no change when two are made at once', async () => {
    for (let i = 0; i < 10; i += 1) {
      const tenantId = `both-${i}`;
      if (i % 2 === 0)
        await writeGatewayPolicy(test.ledger, tenantId, { platformFallback: 'never' }, 'user:0');
      await Promise.all([
        writeGatewayPolicy(test.ledger, tenantId, { platformFallback: 'always' }, 'user:1'),
        writeGatewayPolicy(test.ledger, tenantId, { monthlyBudgetUsd: '7' }, 'user:2'),
      ]);
      expect(await readGatewayPolicy(test.ledger, tenantId)).toEqual({
        platformFallback: 'always',
        monthlyBudgetUsd: '7',
      });
    }
  });

  it('prints amounts without exponent and without zeros at the end', async () => {
    for (const [given, shown] of [
      ['0', '0'],
      ['0.0000001', '0.0000001'],
      ['1e-7', '0.0000001'],
      ['100', '100'],
      ['0010.10', '10.1'],
      ['123456789012345.5', '123456789012345.5'],
    ] as const) {
      const written = await writeGatewayPolicy(test.ledger, 'printed', { monthlyBudgetUsd: given }, 'user:1');
      expect([given, written.monthlyBudgetUsd]).toEqual([given, shown]);
    }
  });

  it.each(['', '-1', 'NaN', 'Infinity', '1e16', '5 USD'])(
    'refuses the budget %j and writes nothing',
    async (budget) => {
      await expect(
        writeGatewayPolicy(test.ledger, 'refused', { monthlyBudgetUsd: budget }, 'user:1'),
      ).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'monthly_budget_usd' } });
      expect(await eventsOf('refused')).toEqual([]);
      expect(await readGatewayPolicy(test.ledger, 'refused')).toEqual(DEFAULTS);
    },
  );

  it('refuses a tenant that is no id', async () => {
    await expect(readGatewayPolicy(test.ledger, '..')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(writeGatewayPolicy(test.ledger, '..', {}, 'user:1')).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('the look that each call takes', () => {
  it('finds nothing for a tenant with neither key nor policy', async () => {
    expect(await readGatewayAdmission(test.ledger, newRef('nobody'))).toEqual({ key: null, policy: null });
  });

  it('is one statement for the key and the policy', async () => {
    const ref = newRef('admitted');
    await rotateIntoGrace(test.ledger, ref, await store(test.ledger, ref));
    await writeGatewayPolicy(
      test.ledger,
      'admitted',
      { platformFallback: 'never', monthlyBudgetUsd: '1.50' },
      'user:1',
    );
    const counted = countStatements(test.ledger);
    expect(await readGatewayAdmission(counted.ledger, ref)).toEqual({
      key: { state: 'grace', epoch: 1, seq: 2, version: 2, verdict: 'valid' },
      policy: { platformFallback: 'never', monthlyBudgetUsd: '1.5' },
    });
    expect(counted.count()).toBe(1);
  });

  it('finds the one without the other', async () => {
    const ref = newRef('keyed');
    await store(test.ledger, ref);
    expect(await readGatewayAdmission(test.ledger, ref)).toMatchObject({
      key: { state: 'active' },
      policy: null,
    });
    await writeGatewayPolicy(test.ledger, 'ruled', { platformFallback: 'always' }, 'user:1');
    expect(await readGatewayAdmission(test.ledger, newRef('ruled'))).toEqual({
      key: null,
      policy: { platformFallback: 'always', monthlyBudgetUsd: null },
    });
  });

  it('sees a revocation as soon as it was accepted', async () => {
    const ref = newRef('fenced');
    await store(test.ledger, ref);
    await accept(test.ledger, { kind: 'revoke', ref });
    expect(await readGatewayAdmission(test.ledger, ref)).toMatchObject({
      key: { state: 'revoked', epoch: 2 },
    });
  });

  it('looks at the named key alone', async () => {
    const ref = newRef('several');
    await store(test.ledger, ref);
    for (const other of [
      { ...ref, keyName: 'default' },
      { ...ref, serviceId: 'openai' },
      { ...ref, tenantId: 'else' },
    ]) {
      expect(await readGatewayAdmission(test.ledger, other)).toEqual({ key: null, policy: null });
    }
  });
});
