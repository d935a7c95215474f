import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import type { Fields } from '../../src/simulator/service';
import { ASKS } from './documented-asks';
import { ask, bearerHeader, type Answer, type Ask } from './speak-to-simulator';

describe('traps the providers lay', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const fieldsOf = (id: string, variant: string): Fields => simulator.find(id).credentials[variant]!;
  const send = (asked: Ask): Promise<Answer> => ask(simulator.origin, asked);
  const probe = (id: string, variant: string): Promise<Answer> => send(ASKS[id]!(fieldsOf(id, variant)));

  it.each([
    // 200, and the credential is bad.
    ['slack-bot', 'dead', 200, '"ok":false,"error":"invalid_auth"'],
    ['slack-bot', 'revoked', 200, '"error":"token_revoked"'],
    ['braintree', 'dead', 200, '"errorClass":"AUTHENTICATION"'],
    ['tiktok-ads', 'dead', 200, '"code":40105'],
    ['tiktok-ads', 'rateLimited', 200, '"code":40100'],
    ['google-maps', 'dead', 200, 'The provided API key is invalid'],
    ['google-maps', 'exhausted', 200, 'OVER_QUERY_LIMIT'],
    ['zoho-crm', 'dead', 200, '"error":"invalid_code"'],
    ['zendesk', 'dead', 200, '"id":null'],
    ['salesforce-refresh-token', 'dead', 200, '"active":false'],
    ['cohere', 'dead', 200, '"valid":false'],
    ['meta-ads', 'dead', 200, '"is_valid":false'],
    ['linkedin-ads', 'dead', 200, '"active":false'],
    ['payu-india', 'dead', 200, 'Invalid merchant key'],
    ['payu-india', 'badSignature', 200, 'Invalid Hash'],
    ['xai', 'blocked', 200, '"api_key_blocked":true'],
    ['adyen', 'inactive', 200, '"active":false'],
    ['gitlab', 'inactive', 200, '"active":false'],
    ['cloudflare-user-token', 'disabled', 200, '"status":"disabled"'],
    ['twilio-auth-token', 'suspended', 200, '"status":"suspended"'],
    // 200 with a status of 0 inside, and the credential is good.
    ['payu-india', 'good', 200, '0 out of 1 Transactions'],
    // 4xx, and the credential is good.
    ['resend', 'limited', 401, 'restricted_api_key'],
    ['elevenlabs', 'limited', 401, 'missing_permissions'],
    ['woocommerce', 'writeOnly', 401, 'does not have read permissions'],
    ['brevo', 'foreignAddress', 401, 'unrecognised IP address'],
    ['hubspot', 'limited', 403, 'MISSING_SCOPES'],
    ['sendgrid', 'limited', 403, 'access forbidden'],
    ['github', 'rateLimited', 403, 'API rate limit exceeded'],
    ['openai', 'exhausted', 429, 'insufficient_quota'],
    // 4xx other than 401, and the credential is bad.
    ['google-gemini', 'dead', 400, 'API_KEY_INVALID'],
    ['xai', 'dead', 400, 'Incorrect API key'],
    ['resend', 'dead', 403, 'invalid_api_key'],
    ['aws', 'dead', 403, 'InvalidClientTokenId'],
    ['aws', 'badSignature', 403, 'SignatureDoesNotMatch'],
    ['aws', 'expired', 403, 'ExpiredToken'],
    ['salesforce-client-credentials', 'misconfigured', 400, 'invalid_grant'],
  ])('%s, %s: %i %s', async (id, variant, status, excerpt) => {
    const answer = await probe(id, variant);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(excerpt);
  });

  it('puts secrets into the replies of those who do', async () => {
    const twilio = fieldsOf('twilio-auth-token', 'good');
    expect((await probe('twilio-auth-token', 'good')).text).toContain(twilio['auth_token']);
    const elevenlabs = fieldsOf('elevenlabs', 'good');
    expect((await probe('elevenlabs', 'good')).text).toContain(elevenlabs['api_key']);
    const postmark = fieldsOf('postmark-server', 'good')['server_token'] ?? '';
    const server = await send({
      host: 'api.postmarkapp.com',
      path: '/server',
      headers: { 'x-postmark-server-token': postmark },
    });
    expect(server.text).toContain(postmark);
  });

  /** Second steps: host and path as asked with the token of the first. */
  const steps: Record<string, (token: string, fields: Fields) => Ask> = {
    'google-ads': (token, fields) => ({
      host: 'googleads.googleapis.com',
      path: '/v26/customers:listAccessibleCustomers',
      headers: { ...bearerHeader(token), 'developer-token': fields['developer_token'] ?? '' },
    }),
    'google-analytics-service-account': (token) => ({
      host: 'analyticsadmin.googleapis.com',
      path: '/v1beta/accountSummaries?pageSize=1',
      headers: bearerHeader(token),
    }),
    'salesforce-client-credentials': (token, fields) => ({
      host: fields['my_domain_host'] ?? '',
      path: '/services/oauth2/userinfo',
      headers: bearerHeader(token),
    }),
    'zoho-crm': (token) => ({
      host: 'www.zohoapis.com',
      path: '/crm/v7/users?type=CurrentUser',
      headers: { authorization: `Zoho-oauthtoken ${token}` },
    }),
    paypal: (token) => ({
      host: 'api-m.paypal.com',
      path: '/v1/identity/oauth2/userinfo?schema=paypalv1.1',
      headers: bearerHeader(token),
    }),
  };

  describe.each(Object.keys(steps))('%s in two steps', (id) => {
    const second = async (variant: string): Promise<Answer> => {
      const { access_token: token } = (await probe(id, variant)).json as { access_token: string };
      return send(steps[id]!(token, fieldsOf(id, variant)));
    };

    it('accepts the token it made, and no other', async () => {
      expect((await second('good')).status).toBe(200);
      expect((await send(steps[id]!('made-up-token', fieldsOf(id, 'good')))).status).toBeGreaterThanOrEqual(
        401,
      );
    });

    it('refuses the token once its credential is dead', async () => {
      const fields = fieldsOf(id, 'second');
      const { access_token: token } = (await probe(id, 'second')).json as { access_token: string };
      simulator.setCredential(id, fields, 'dead');
      expect((await send(steps[id]!(token, fields))).status).toBeGreaterThanOrEqual(401);
    });
  });

  it('tells a developer token apart from the access token', async () => {
    const { access_token: token } = (await probe('google-ads', 'badDeveloperToken')).json as {
      access_token: string;
    };
    const answer = await send(steps['google-ads']!(token, fieldsOf('google-ads', 'badDeveloperToken')));
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('DEVELOPER_TOKEN_INVALID');
  });

  it('keeps a credential to its region or environment', async () => {
    const elsewhere: [string, string, string][] = [
      ['sendgrid', 'regionEu', 'api.eu.sendgrid.com'],
      ['mailgun', 'regionEu', 'api.eu.mailgun.net'],
      ['intercom', 'regionEu', 'api.eu.intercom.io'],
      ['posthog', 'regionEu', 'eu.posthog.com'],
      ['paypal', 'otherEnvironment', 'api-m.sandbox.paypal.com'],
      ['square', 'otherEnvironment', 'connect.squareupsandbox.com'],
    ];
    for (const [id, variant, host] of elsewhere) {
      const asked = ASKS[id]!(fieldsOf(id, variant));
      expect((await send({ ...asked, host })).status).toBe(200);
      expect((await send(asked)).status).toBe(401);
    }
  });

  it('checks the signature of AWS over what was sent', async () => {
    const asked = ASKS['aws']!(fieldsOf('aws', 'session'));
    expect((await send(asked)).text).toContain('arn:aws:iam::');
    const tampered = await send({
      ...asked,
      headers: { ...asked.headers, 'x-amz-date': '20260101T000000Z' },
    });
    expect(tampered.text).toContain('SignatureDoesNotMatch');
  });

  it("checks the signature of Google's assertion", async () => {
    const asked = ASKS['google-analytics-service-account']!(
      fieldsOf('google-analytics-service-account', 'good'),
    );
    const flipped = asked.body?.replace(/.{8}$/, 'AAAAAAAA') ?? '';
    expect((await send({ ...asked, body: flipped })).text).toContain('invalid_grant');
  });
});
