/** Who pays: each policy with each reason, the platform's key in vault and environment, and its budget. */
import { randomBytes } from 'node:crypto';
import { connectVault, type VaultClient } from '../../src/vault/vault-client';
import { removePlatformSecret, writePlatformSecret } from '../../src/vault/platform-secrets';
import { chatBody, GatewayActions, servedBy } from '../support/gateway-actions';
import { startService, until, type ApiReply, type TestService } from '../support/service';

const newKey = (): string => `sk-or-v1-${randomBytes(32).toString('hex')}`;
const KIND = 'openrouter-api-key';
const environmentKey = newKey();
const CACHE_MS = 150;

let service: TestService;
let operator: VaultClient;
beforeAll(async () => {
  service = await startService({
    OPENROUTER_API_KEY: environmentKey,
    KEYTURN_GATEWAY_CACHE_MS: String(CACHE_MS),
    KEYTURN_GATEWAY_PRICE_MS: '200',
    KEYTURN_PLATFORM_BUDGET_USD: '1000',
  });
  issue(environmentKey);
  operator = await connectVault({
    settings: service.vault.gateway.settings,
    login: { appRole: service.options.credentials.operator },
  });
  await removePlatformSecret(operator, KIND);
});
afterAll(async () => {
  await removePlatformSecret(operator, KIND);
  await operator.close();
  await service.stop();
});
beforeEach(() => service.simulator.openrouter.forget());

function issue(key: string, variant = 'good'): void {
  service.simulator.setCredential('openrouter', { api_key: key }, variant, 'the-platform');
}
const tenant = (name: string): GatewayActions =>
  new GatewayActions(service, service.tenant(`${name}-${randomBytes(2).toString('hex')}`));

/** How a tenant comes into each state, and what its own key is answered with. */
const STATES: Readonly<Record<string, { prepare: (acme: GatewayActions) => Promise<unknown>; own: string }>> =
  {
    missing: { prepare: async () => undefined, own: '404 key_not_found' },
    'without credit': { prepare: (acme) => acme.storeKey('unpaid'), own: '402' },
    'over its limit': { prepare: (acme) => acme.storeKey('exhausted'), own: '403' },
    'rate-limited': { prepare: (acme) => acme.storeKey('throttled'), own: '429' },
    revoked: {
      prepare: async (acme) => {
        await acme.storeKey();
        await acme.key.revoke();
      },
      own: '409 key_revoked',
    },
    invalid: { prepare: (acme) => acme.storeKey('dead'), own: '401' },
    good: { prepare: (acme) => acme.storeKey(), own: '200' },
  };

/** The reason the platform pays for, or `own`: the tenant's own answer. Columns: never, when_missing, when_exhausted, always. */
const MATRIX: Readonly<Record<string, readonly string[]>> = {
  missing: ['own', 'missing', 'missing', 'missing'],
  'without credit': ['own', 'own', 'exhausted', 'exhausted'],
  'over its limit': ['own', 'own', 'exhausted', 'exhausted'],
  'rate-limited': ['own', 'own', 'own', 'rate_limited'],
  revoked: ['own', 'own', 'own', 'revoked'],
  invalid: ['own', 'own', 'own', 'own'],
  good: ['own', 'own', 'own', 'own'],
};
const POLICIES = ['never', 'when_missing', 'when_exhausted', 'always'] as const;
const CELLS = Object.entries(MATRIX).flatMap(([state, row]) =>
  row.map((outcome, i) => [state, POLICIES[i] ?? '', outcome] as const),
);

function outcomeOf({ status, body }: ApiReply): string {
  return typeof body.code === 'string' ? `${status} ${body.code}` : String(status);
}

describe.each(CELLS)('a tenant whose key is %s, under the policy %s', (state, platform_fallback, outcome) => {
  test(outcome === 'own' ? 'is answered for itself' : `is served by the platform: ${outcome}`, async () => {
    const acme = tenant('cell');
    const { prepare, own } = STATES[state]!;
    await prepare(acme);
    await acme.policy({ platform_fallback });
    service.simulator.openrouter.forget();
    const reply = await acme.chat();
    const seen = acme.seen();
    if (outcome === 'own') {
      expect(outcomeOf(reply)).toBe(own);
      expect(seen).not.toContain(environmentKey);
      return;
    }
    expect([reply.status, servedBy(reply)]).toEqual([
      200,
      { credential: 'env', version: null, reason: outcome },
    ]);
    expect(seen.at(-1)).toBe(environmentKey);
    const { sums } = await acme.sums(1, 'group_by=credential,status');
    expect(sums).toEqual([expect.objectContaining({ credential: 'env', status: '200', requests: 1 })]);
    const [entry] = await until('the trail tells of it', async () => {
      const found = (await acme.trail()).filter(({ action }) => action === 'gateway.use');
      return found.length > 0 && found;
    });
    expect(entry?.['details']).toMatchObject({ credential: 'env', fallback_reason: outcome });
  });
});

test('a tenant nobody decided anything for has the policy when_missing', async () => {
  const acme = tenant('default');
  const { body } = await service.call({ path: `/openrouter/policy/${acme.tenantId}` });
  expect(body).toMatchObject({ platform_fallback: 'when_missing', effective_monthly_budget_usd: '5' });
  expect(servedBy(await acme.chat())).toMatchObject({ credential: 'env', reason: 'missing' });
});

test('a stream falls back before its first byte', async () => {
  const acme = tenant('stream');
  await acme.storeKey('unpaid');
  await acme.policy({ platform_fallback: 'when_exhausted' });
  const stream = await acme.stream('chunks-3');
  expect(stream.headers.get('x-keyturn-fallback-reason')).toBe('exhausted');
  expect(await stream.text()).toMatch(/data: \[DONE\]\s+$/);
  expect((await acme.sums(1)).sums).toEqual([
    expect.objectContaining({ credential: 'env', unpriced_requests: 0 }),
  ]);
});

describe('the platform’s key', () => {
  test('in the vault goes before the one in the environment, and is read again after a 401', async () => {
    const acme = tenant('vault');
    const [first, second] = [newKey(), newKey()];
    issue(first);
    await writePlatformSecret(operator, KIND, { api_key: first });
    await until('the gateway uses it', async () => servedBy(await acme.chat()).credential === 'platform');
    issue(second);
    issue(first, 'dead');
    await writePlatformSecret(operator, KIND, { api_key: second });
    service.simulator.openrouter.forget();
    expect(servedBy(await acme.chat())).toMatchObject({ credential: 'platform', reason: 'missing' });
    expect(acme.seen().at(-1)).toBe(second);
    await removePlatformSecret(operator, KIND);
    await until('the environment’s is used', async () => servedBy(await acme.chat()).credential === 'env');
  });

  test.each(['dead', 'unpaid', 'exhausted'])(
    'that is %s is told as the platform’s trouble',
    async (variant) => {
      const acme = tenant('trouble');
      issue(environmentKey, variant);
      try {
        const reply = await acme.chat();
        expect(outcomeOf(reply)).toBe('503 platform_key_unusable');
        expect(JSON.stringify(reply.body)).not.toMatch(/User not found|credits|[0-9a-f]{64}/);
        expect(reply.headers.get('retry-after')).not.toBeNull();
      } finally {
        issue(environmentKey);
      }
      // It cost nothing: nothing stays reserved.
      await until('nothing is reserved', async () => (await acme.usage()).body.budget.reserved_usd === '0');
    },
  );
});

describe('the platform’s budget', () => {
  const call = (acme: GatewayActions, more: object = {}): Promise<ApiReply> =>
    acme.chat({ max_tokens: 100, ...more });

  test('is reserved before a call and settled after it', async () => {
    const acme = tenant('settled');
    const reply = await call(acme);
    expect(reply.headers.get('x-keyturn-budget')).toMatch(/^0\.\d+\/5$/);
    const { total } = await acme.sums(1);
    const { budget } = (await acme.usage()).body;
    expect(budget).toMatchObject({ reserved_usd: '0', budget_usd: '5', spent_usd: total.cost_usd });
    expect(Number(budget.spent_usd)).toBe(reply.body.usage.cost);
  });

  test('is never exceeded, by no number of calls at once', async () => {
    const acme = tenant('crowd');
    const one = Number((await call(tenant('price'))).headers.get('x-keyturn-budget')?.split('/')[0]);
    const budget = (one * 3.5).toFixed(9);
    await acme.policy({ monthly_budget_usd: budget });
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => call(acme, { metadata: { simulate: 'slow-300' } })),
    );
    const outcomes = replies.map(outcomeOf);
    expect(outcomes.filter((outcome) => outcome === '200')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === '402 budget_exceeded')).toHaveLength(27);
    const refused = replies.find(({ status }) => status === 402);
    expect(refused?.body).toMatchObject({ scope: 'tenant', budget_usd: String(Number(budget)) });
    const { sums } = await acme.sums(3);
    expect(sums).toEqual([expect.objectContaining({ requests: 3, status: '200' })]);
  });

  test('once used up stops everything but free models', async () => {
    const acme = tenant('broke');
    await acme.policy({ monthly_budget_usd: '0' });
    expect(outcomeOf(await call(acme))).toBe('402 budget_exceeded');
    const free = await call(acme, { model: 'meta-llama/llama-3.3-70b-instruct:free' });
    expect([free.status, servedBy(free).credential]).toEqual([200, 'env']);
  });

  test('pays for no model whose price is not known, and the tenant’s own key does', async () => {
    const [poor, rich] = [tenant('poor'), tenant('rich')];
    await rich.storeKey();
    expect(outcomeOf(await call(poor, { model: 'openrouter/auto' }))).toBe('422 price_unknown');
    const { model: _model, ...unnamed } = chatBody();
    const as = { role: 'service', tenantId: poor.tenantId };
    expect(outcomeOf(await service.call({ path: '//v1/chat/completions', body: unnamed, as }))).toBe(
      '422 price_unknown',
    );
    expect((await call(rich, { model: 'openrouter/auto' })).status).toBe(200);
  });

  test('that does not suffice leaves the tenant its own answer', async () => {
    const acme = tenant('both');
    await acme.storeKey('unpaid');
    await acme.policy({ platform_fallback: 'when_exhausted', monthly_budget_usd: '0' });
    const reply = await call(acme);
    expect([reply.status, servedBy(reply).credential]).toEqual([402, 'tenant']);
    expect(reply.headers.get('x-keyturn-fallback-refused')).toBe('budget_exceeded');
    expect(reply.body.error.message).toContain('Insufficient credits');
  });

  test('a call that breaks off keeps its reservation until its cost is known', async () => {
    const acme = tenant('held');
    await acme.breakOff('endless gap-20 generation-after-3');
    const reserved = async (): Promise<number> => Number((await acme.usage()).body.budget.reserved_usd);
    expect(await reserved()).toBeGreaterThan(0);
    await until('it is settled', async () => (await reserved()) === 0);
    const { total, budget } = await acme.sums(1);
    expect(budget).toMatchObject({ spent_usd: total.cost_usd });
    expect(Number(total.cost_usd)).toBeGreaterThan(0);
  });
});
