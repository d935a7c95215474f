/** Opened keys are kept for a while. The end of that while falls into calls that wait for one: they are served all the same. */
import { startService, type ApiReply, type TestService } from '../support/service';

let service: TestService;

beforeAll(async () => {
  // Shorter than any opening takes, so that it ends within each.
  service = await startService({
    KEYTURN_GATEWAY_CACHE_MS: '1',
    OPENROUTER_API_KEY: 'sk-or-v1-replaced-below',
  });
  const { good } = service.simulator.find('openrouter').credentials;
  service.simulator.setCredential('openrouter', { api_key: 'sk-or-v1-replaced-below' }, 'good');
  const stored = await service.call({
    path: '/byok/generate-keys',
    body: { tenant_id: service.tenant('keeper'), service_id: 'openrouter', api_keys: good },
  });
  expect(stored.status).toBe(201);
});

afterAll(() => service.stop());

function complete(tenant: string): Promise<ApiReply> {
  return service.call({
    path: '//v1/chat/completions',
    body: { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 },
    as: { role: 'service', tenantId: service.tenant(tenant) },
  });
}

test.each([
  ['keeper', 'tenant'],
  ['without-a-key', 'env'],
])(
  'calls of %s are served with the key of the %s while it is read again and again',
  async (tenant, source) => {
    for (let turn = 0; turn < 5; turn += 1) {
      const replies = await Promise.all([complete(tenant), complete(tenant), complete(tenant)]);
      for (const { status, headers } of replies) {
        expect([status, headers.get('x-keyturn-credential')]).toEqual([200, source]);
      }
    }
  },
);
