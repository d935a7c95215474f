import { createHmac } from 'node:crypto';
import {
  EXHAUSTED,
  INVALID,
  LIMITED,
  RATE_LIMITED,
  reply,
  UNDECIDED,
  VALID,
  type ReplyCase,
  type ReplySheet,
} from './reply-case';

const afterToken = (
  status: number,
  body: unknown,
  expected: string,
  more: Partial<ReplyCase> = {},
): ReplyCase => ({
  replies: [
    { status: 200, body: { access_token: 'issued' } },
    { status, body },
  ],
  expected,
  ...more,
});
const adsError = (code: string, kind = 'authorizationError'): object => ({
  error: { details: [{ errors: [{ errorCode: { [kind]: code } }] }] },
});
const appPair = { app_id: '0'.repeat(15), app_secret: 'a'.repeat(32) };
const graphError = (code: number): object => ({ error: { type: 'OAuthException', code } });
/** https://developers.facebook.com/docs/graph-api/guides/secure-requests */
const PROOF = createHmac('sha256', appPair.app_secret)
  .update(`EAA${'x'.repeat(120)}`)
  .digest('hex');
const clientPair = { client_id: 'x'.repeat(14), client_secret: 'y'.repeat(16) };

export const ADVERTISING_REPLIES: Readonly<Record<string, ReplySheet>> = {
  'google-ads': {
    bare: { 401: UNDECIDED },
    cases: [
      afterToken(200, { resourceNames: ['customers/1'] }, VALID, {
        url: 'https://googleads.googleapis.com/v26/customers:listAccessibleCustomers',
        sent: ['authorization: Bearer issued', /^developer-token: x{22}$/m],
      }),
      afterToken(200, {}, LIMITED),
      afterToken(200, { resourceNames: 'no' }, UNDECIDED),
      afterToken(200, 'not JSON', UNDECIDED),
      afterToken(401, {}, INVALID),
      afterToken(401, adsError('NOT_ADS_USER', 'authenticationError'), LIMITED),
      afterToken(403, adsError('DEVELOPER_TOKEN_INVALID', 'authenticationError'), INVALID),
      afterToken(403, adsError('DEVELOPER_TOKEN_NOT_APPROVED'), LIMITED),
      afterToken(403, adsError('DEVELOPER_TOKEN_PROHIBITED'), LIMITED),
      afterToken(403, adsError('OTHER'), UNDECIDED),
      afterToken(404, {}, UNDECIDED),
      reply(200, { expires_in: 1 }, UNDECIDED),
      reply(201, { access_token: 'issued' }, UNDECIDED),
      reply(400, { error: 'invalid_grant' }, INVALID, {
        sent: [/^grant_type=refresh_token&client_id=[^&]+&client_secret=GOCSPX-x+&refresh_token=1%2F%2Fx+$/m],
      }),
      reply(400, { error: 'invalid_request' }, UNDECIDED),
      reply(401, { error: 'invalid_client' }, INVALID),
    ],
  },
  'meta-ads': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { data: { is_valid: true } }, VALID, {
        fields: appPair,
        url: `https://graph.facebook.com/v25.0/debug_token?input_token=EAA${'x'.repeat(120)}`,
        sent: [`authorization: Bearer ${appPair.app_id}|${appPair.app_secret}`],
      }),
      reply(200, { data: { is_valid: false } }, INVALID, { fields: appPair }),
      reply(400, graphError(190), INVALID, { fields: appPair }),
      reply(400, graphError(101), INVALID, { fields: appPair }),
      reply(400, graphError(100), UNDECIDED, { fields: appPair }),
      reply(200, {}, UNDECIDED, { fields: appPair }),
      reply(401, graphError(190), INVALID, { fields: appPair }),
      reply(403, graphError(4), RATE_LIMITED, { fields: appPair }),
      ...[4, 17, 32, 613].map((code) => reply(400, graphError(code), RATE_LIMITED, { fields: appPair })),
      reply(200, { id: '1' }, VALID, { url: 'https://graph.facebook.com/v25.0/me?fields=id%2Cname' }),
      reply(200, { id: '1' }, VALID, {
        fields: { app_secret: appPair.app_secret },
        url: `https://graph.facebook.com/v25.0/me?fields=id%2Cname&appsecret_proof=${PROOF}`,
      }),
      reply(401, graphError(190), INVALID),
      reply(400, graphError(100), UNDECIDED),
      reply(403, graphError(200), LIMITED),
      reply(400, graphError(10), LIMITED),
      reply(403, graphError(4), RATE_LIMITED),
      ...[4, 17, 32, 613].map((code) => reply(400, graphError(code), RATE_LIMITED)),
    ],
  },
  'linkedin-ads': {
    bare: { 403: LIMITED },
    simulated403: UNDECIDED,
    cases: [
      reply(200, { id: 'a' }, VALID, {
        url: 'https://api.linkedin.com/v2/me',
        sent: ['method: GET', /^authorization: Bearer AQx+$/m],
      }),
      reply(200, { active: true }, VALID, {
        fields: clientPair,
        url: 'https://www.linkedin.com/oauth/v2/introspectToken',
        sent: [/^client_id=x{14}&client_secret=y{16}&token=AQx+$/m],
      }),
      reply(200, { active: false, status: 'revoked' }, INVALID, { fields: clientPair }),
      reply(401, {}, INVALID, { fields: clientPair }),
      reply(200, {}, UNDECIDED, { fields: clientPair }),
      reply(403, {}, UNDECIDED, { fields: clientPair }),
    ],
  },
  'x-twitter': {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { data: { project_id: '1' } }, VALID),
      reply(429, { type: 'https://api.twitter.com/2/problems/usage-capped' }, EXHAUSTED),
    ],
  },
  'tiktok-ads': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { code: 0 }, VALID, {
        url: `https://business-api.tiktok.com/open_api/v1.3/oauth2/advertiser/get/?app_id=${'0'.repeat(19)}&secret=${'0'.repeat(40)}`,
        sent: [`access-token: ${'0'.repeat(40)}`],
      }),
      ...[40101, 40102, 40104, 40105].map((code) => reply(200, { code }, INVALID)),
      ...[40001, 40106].map((code) => reply(200, { code }, LIMITED)),
      ...[40016, 40100, 40133].map((code) => reply(200, { code }, RATE_LIMITED)),
      reply(200, { code: 50000 }, UNDECIDED),
    ],
  },
  'pinterest-ads': {
    bare: { 401: UNDECIDED, 403: LIMITED },
    cases: [
      reply(200, { username: 'a' }, VALID),
      reply(401, { code: 2 }, INVALID),
      reply(401, { code: 3 }, UNDECIDED),
    ],
  },
};
