import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import type { Fields, SimulatedService } from '../../src/simulator/service';
import { ASKS } from './documented-asks';
import { ask, basicHeader, type Answer, type Ask } from './speak-to-simulator';

/** What of an answer tells one verdict from another. */
const essence = ({ status, text }: Answer): string => `${status} ${text}`;

/** Status of the reply to a dead credential where it is not 401. */
const DEAD_STATUS: Readonly<Record<string, number>> = {
  cohere: 200,
  'google-gemini': 400,
  xai: 400,
  'payu-india': 200,
  braintree: 200,
  'google-ads': 400,
  'meta-ads': 200,
  'linkedin-ads': 200,
  'tiktok-ads': 200,
  'salesforce-client-credentials': 400,
  'salesforce-refresh-token': 200,
  'zoho-crm': 200,
  resend: 403,
  'slack-bot': 200,
  'google-analytics-service-account': 400,
  'segment-write-key': 404,
  zendesk: 200,
  'google-maps': 200,
  aws: 403,
  algolia: 403,
  typeform: 403,
};

describe('every simulated service', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const ids = Object.keys(ASKS);
  const service = (id: string): SimulatedService => simulator.find(id);
  const documented = (id: string, fields: Fields): Ask => ASKS[id]!(fields);
  const answerOf = (asked: Ask): Promise<Answer> => ask(simulator.origin, asked);

  it('is one of those the tests ask, and has an origin', () => {
    expect(simulator.services.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect(simulator.origins[id]).toBe(simulator.origin);
  });

  it('publishes values that no other credential shares', () => {
    const secretOf = simulator.services.flatMap(({ id, credentials }) =>
      Object.entries(credentials).map(
        ([variant, fields]) => [`${id}.${variant}`, JSON.stringify(fields)] as const,
      ),
    );
    expect(new Set(secretOf.map(([, value]) => value)).size).toBe(secretOf.length);
  });

  describe.each(ids)('%s', (id) => {
    it('accepts a good credential, and a second one', async () => {
      for (const variant of ['good', 'second']) {
        const answer = await answerOf(documented(id, service(id).credentials[variant]!));
        expect({ variant, status: answer.status }).toEqual({ variant, status: 200 });
      }
    });

    it('refuses the dead one in the documented way', async () => {
      const { good, dead } = service(id).credentials;
      const answer = await answerOf(documented(id, dead));
      expect(answer.status).toBe(DEAD_STATUS[id] ?? 401);
      expect(essence(answer)).not.toBe(essence(await answerOf(documented(id, good))));
    });

    it('refuses one that was never issued like the dead one', async () => {
      const { good, dead } = service(id).credentials;
      const unknown = Object.fromEntries(
        Object.entries(dead).map(([name, value]) => [name, value === good[name] ? value : changeLast(value)]),
      );
      expect((await answerOf(documented(id, unknown))).status).toBe(
        (await answerOf(documented(id, dead))).status,
      );
    });

    it('refuses another method, path and host', async () => {
      const asked = documented(id, service(id).credentials.good);
      const accepted = essence(await answerOf(asked));
      for (const wrong of [
        { ...asked, method: asked.method === 'POST' ? 'GET' : 'POST' },
        { ...asked, path: asked.path.replace(/(\?|$)/, '/nowhere$1') },
        { ...asked, host: `not-${asked.host}.example` },
      ]) {
        const answer = await answerOf(wrong);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(essence(answer)).not.toBe(accepted);
      }
    });

    it('refuses a credential in another place, and none at all', async () => {
      const asked = documented(id, service(id).credentials.good);
      const accepted = essence(await answerOf(asked));
      for (const wrong of misplaced(asked, service(id).credentials)) {
        expect(essence(await answerOf(wrong))).not.toBe(accepted);
      }
    });

    it('never records a credential', async () => {
      const { credentials } = service(id);
      const asked = documented(id, credentials.good);
      await answerOf(asked);
      await answerOf({
        ...asked,
        path: `${asked.path.split('?')[0]}/nowhere/${encodeURIComponent(JSON.stringify(credentials.good))}`,
      });
      const recorded = JSON.stringify(simulator.requests(id));
      expect(simulator.requests(id).length).toBeGreaterThan(0);
      for (const value of Object.values(credentials.good).filter((text) => text.length >= 16)) {
        if (!asked.host.includes(value) && !value.includes(asked.host)) expect(recorded).not.toContain(value);
      }
    });
  });

  /** The same request with its credential somewhere else, or nowhere. */
  function misplaced(asked: Ask, credentials: SimulatedService['credentials']): readonly Ask[] {
    const secret = Object.values(credentials.good).toSorted((a, b) => b.length - a.length)[0] ?? '';
    const withoutAuth = Object.fromEntries(
      Object.entries(asked.headers ?? {}).filter(
        ([name, value]) => name.toLowerCase() !== 'content-length' && !carries(value, credentials.good),
      ),
    );
    const bare = {
      ...asked,
      headers: withoutAuth,
      path: withoutValues(asked.path, credentials.good),
      ...(asked.body && { body: '' }),
    };
    return [
      bare,
      { ...bare, headers: { ...withoutAuth, 'x-some-other-key': encodeURIComponent(secret) } },
      { ...bare, headers: { ...withoutAuth, ...basicHeader(encodeURIComponent(secret), 'someone') } },
      {
        ...bare,
        path: `${bare.path}${bare.path.includes('?') ? '&' : '?'}elsewhere=${encodeURIComponent(secret)}`,
      },
    ];
  }

  /** Another value of the same form. */
  function changeLast(value: string): string {
    return value.replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === '1' ? '2' : '1'));
  }

  function carries(value: string, fields: Fields): boolean {
    return /^(basic|bearer|accesskey|token|aws4)/i.test(value) || Object.values(fields).includes(value);
  }

  function withoutValues(path: string, fields: Fields): string {
    return Object.values(fields).reduce((text, value) => text.split(value).join('x'), path);
  }
});
