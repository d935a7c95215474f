/** How often a call is sent, with which credential, and what is made of refusals. */
import { gzipSync } from 'node:zlib';
import type { CallCredential, FallbackReason, GatewayPolicy } from '../../src/contract/gateway';
import { KeyturnError } from '../../src/contract/errors';
import type { RelayPorts } from '../../src/openrouter/relay-ports';
import { startRelay, TENANT_KEY, type RelayFixture, type Script } from './relay-fixture';

let relay: RelayFixture | undefined;
afterEach(async () => {
  await relay?.close();
  relay = undefined;
});

const CALL = '{"model":"a/b","max_tokens":1}';
const PRICED = {
  promptUsdPerToken: '0.000001',
  completionUsdPerToken: '0.000002',
  requestUsd: null,
  webSearchUsd: null,
  contextLength: 1000,
  maxCompletionTokens: null,
  maxOverridePromptUsd: null,
  maxOverrideCompletionUsd: null,
};
const NEW_KEY: CallCredential = { ...TENANT_KEY, apiKey: 'sk-or-v1-new', keyVersion: 4 };
const platform = (fallbackReason: FallbackReason | null): CallCredential => ({
  source: 'platform',
  apiKey: 'sk-or-v1-platform',
  keyVersion: null,
  epoch: null,
  fallbackReason,
});
const always: GatewayPolicy = { platformFallback: 'always', monthlyBudgetUsd: null };
const models: RelayPorts['models'] = { resolve: (model) => ({ model, resolvedFrom: null, row: PRICED }) };
type Credentials = RelayPorts['credentials'];
const credentials = (more: Partial<Credentials>): Credentials => ({
  choose: async () => ({ credential: TENANT_KEY, policy: always }),
  reread: async () => null,
  fallBack: async () => null,
  ...more,
});

/** Answers by key. */
const byKey =
  (answers: Readonly<Record<string, [number, string]>>): Script =>
  ({ headers }, response) => {
    const key = headers.authorization?.replace('Bearer sk-or-v1-', '') ?? '';
    const [status, message] = answers[key] ?? [200, 'ok'];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(status === 200 ? { id: 'gen-1', usage: { cost: 0.1 } } : { error: { message } }),
    );
  };
const keysUsed = (): (string | undefined)[] | undefined =>
  relay?.reached.map(({ headers }) => headers.authorization?.replace('Bearer sk-or-v1-', ''));
const ask = async (): Promise<[number, string]> => {
  const reply = await relay!.post(CALL);
  return [reply.statusCode, await reply.body.text()];
};

describe('after a 401', () => {
  const unknown: [number, string] = [401, 'User not found.'];

  test('the key is read once more, and the new one is used', async () => {
    relay = await startRelay(byKey({ tenant: unknown }), {
      ports: { credentials: credentials({ reread: async () => NEW_KEY }) },
    });
    expect((await ask())[0]).toBe(200);
    expect(keysUsed()).toEqual(['tenant', 'new']);
    expect(relay.noted.at(-1)).toMatchObject({ outcome: 'done', keyVersion: 4, costUsd: '0.1' });
  });

  test('the answer is passed on when the key is still the same, or the new one is refused, too', async () => {
    relay = await startRelay(byKey({ tenant: unknown, new: unknown }), {
      ports: { credentials: credentials({}) },
    });
    expect(await ask()).toEqual([401, expect.stringContaining('User not found.')]);
    expect(keysUsed()).toEqual(['tenant']);
    await relay.close();
    relay = await startRelay(byKey({ tenant: unknown, new: unknown }), {
      ports: { credentials: credentials({ reread: async () => NEW_KEY }) },
    });
    expect((await ask())[0]).toBe(401);
    expect(keysUsed()).toEqual(['tenant', 'new']);
    expect(relay.openCalls.count).toBe(0);
  });

  test('a key that turns out to be revoked is refused', async () => {
    const reread: Credentials['reread'] = async () => {
      throw new KeyturnError('key_revoked', 'gone');
    };
    relay = await startRelay(byKey({ tenant: unknown }), { ports: { credentials: credentials({ reread }) } });
    expect(await ask()).toEqual([409, 'key_revoked']);
    expect(relay.openCalls.count).toBe(0);
  });
});

describe('when the tenant’s key has nothing left', () => {
  const LIMIT = 'Key limit exceeded (total limit). Manage it using https://openrouter.ai/x';

  test.each([
    [402, 'Insufficient credits.', 'exhausted'],
    [403, LIMIT, 'exhausted'],
    [429, 'Rate limit exceeded', 'rate_limited'],
  ] as const)('%i leads to the platform’s', async (status, message, reason) => {
    const asked: FallbackReason[] = [];
    const fallBack: Credentials['fallBack'] = async (_policy, why) => {
      asked.push(why);
      return platform(why);
    };
    relay = await startRelay(byKey({ tenant: [status, message] }), {
      ports: { models, credentials: credentials({ fallBack }) },
    });
    expect((await ask())[0]).toBe(200);
    expect(asked).toEqual([reason]);
    expect(keysUsed()).toEqual(['tenant', 'platform']);
    expect(relay.noted.at(-1)).toMatchObject({
      credential: 'platform',
      fallbackReason: reason,
      outcome: 'done',
    });
    expect(relay.noted.at(-1)?.reservedUsd).toMatch(/^0\.0000\d+$/);
    expect(relay.openCalls.count).toBe(0);
  });

  test.each([
    [403, 'Your input was flagged'],
    [404, 'No endpoints found'],
    [500, 'Internal Server Error'],
  ])('%i for another reason does not', async (status, message) => {
    const fallBack = jest.fn(async () => platform('exhausted'));
    relay = await startRelay(byKey({ tenant: [status, message] }), {
      ports: { models, credentials: credentials({ fallBack }) },
    });
    expect(await ask()).toEqual([status, expect.stringContaining(message)]);
    expect(fallBack).not.toHaveBeenCalled();
  });

  test('compressed words are understood, too, and passed on as they came', async () => {
    const body = gzipSync(JSON.stringify({ error: { message: LIMIT } }));
    const fallBack = jest.fn(async () => null);
    relay = await startRelay(
      (_reached, response) =>
        void response.writeHead(403, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body),
      { ports: { credentials: credentials({ fallBack }) } },
    );
    const reply = await relay.post(CALL, { 'accept-encoding': 'gzip' });
    expect(Buffer.from(await reply.body.arrayBuffer()).equals(body)).toBe(true);
    expect(fallBack).toHaveBeenCalledWith(always, 'exhausted');
  });

  test('an error without an end is no answer', async () => {
    relay = await startRelay(
      (_reached, response) => void response.writeHead(402).end(Buffer.alloc(1024 * 1024, 'x')),
      { ports: { credentials: credentials({}) } },
    );
    expect(await ask()).toEqual([502, 'upstream_unavailable']);
  });

  test('a platform that is out of credit itself leaves the tenant its answer', async () => {
    relay = await startRelay(byKey({ tenant: [402, 'yours'], platform: [402, 'ours'] }), {
      ports: { models, credentials: credentials({ fallBack: async () => platform('exhausted') }) },
    });
    expect(await ask()).toEqual([402, expect.stringContaining('yours')]);
    expect(relay.noted.at(-1)).toMatchObject({ credential: 'tenant', outcome: 'refused' });
  });
});

describe('with the platform’s key', () => {
  const choose: Credentials['choose'] = async () => ({ credential: platform('missing'), policy: always });

  test.each([
    [401, 'User not found.'],
    [402, 'Insufficient credits.'],
    [403, 'Key limit exceeded (total limit).'],
  ])('%i is not the caller’s business, and costs nothing', async (status, message) => {
    relay = await startRelay(byKey({ platform: [status, message] }), {
      ports: { models, credentials: credentials({ choose }) },
    });
    expect(await ask()).toEqual([503, 'platform_key_unusable']);
    expect(relay.noted.at(-1)).toMatchObject({ outcome: 'refused', costUsd: '0', credential: 'platform' });
  });

  test('429 and 404 are', async () => {
    for (const status of [429, 404]) {
      relay = await startRelay(byKey({ platform: [status, 'x'] }), {
        ports: { models, credentials: credentials({ choose }) },
      });
      expect((await ask())[0]).toBe(status);
      await relay.close();
    }
    relay = undefined;
  });

  test('nothing is sent that was not granted', async () => {
    const reserve: RelayPorts['spend']['reserve'] = async () => ({
      granted: false,
      scope: 'tenant',
      spentUsd: '5',
      budgetUsd: '5',
    });
    relay = await startRelay(byKey({}), {
      ports: { models, credentials: credentials({ choose }), spend: { reserve } },
    });
    expect(await ask()).toEqual([402, 'budget_exceeded']);
    expect(relay.reached).toEqual([]);
    expect(relay.noted).toEqual([]);
  });
});
