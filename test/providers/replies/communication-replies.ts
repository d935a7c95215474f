import { createHmac } from 'node:crypto';
import { INVALID, LIMITED, RATE_LIMITED, reply, UNDECIDED, VALID, type ReplySheet } from './reply-case';

const sid = `AC${'0'.repeat(32)}`;
/** https://developers.facebook.com/docs/graph-api/guides/secure-requests */
const PROOF = createHmac('sha256', 'a'.repeat(32))
  .update(`EAA${'x'.repeat(120)}`)
  .digest('hex');
const graphError = (code: number): object => ({ error: { type: 'OAuthException', code } });

export const COMMUNICATION_REPLIES: Readonly<Record<string, ReplySheet>> = {
  'twilio-auth-token': {
    cases: [
      reply(200, { sid, status: 'active' }, VALID, {
        url: `https://api.twilio.com/2010-04-01/Accounts/${sid}.json`,
      }),
      reply(200, { sid, status: 'suspended' }, LIMITED),
      reply(200, { sid, status: 'closed' }, LIMITED),
      reply(200, { sid: `AC${'1'.repeat(32)}`, status: 'active' }, UNDECIDED),
      reply(200, { sid: `AC${'1'.repeat(32)}`, status: 'closed' }, UNDECIDED),
    ],
  },
  'twilio-api-key': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { services: [] }, VALID, { url: 'https://verify.twilio.com/v2/Services?PageSize=1' }),
      reply(401, { code: 20003 }, INVALID),
      reply(403, { code: 20003 }, UNDECIDED),
      reply(401, { code: 70051 }, UNDECIDED),
    ],
  },
  sendgrid: {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { scopes: ['mail.send'] }, VALID, { url: 'https://api.sendgrid.com/v3/scopes' }),
      reply(200, { scopes: [] }, VALID, {
        fields: { region: 'global' },
        url: 'https://api.sendgrid.com/v3/scopes',
      }),
      reply(200, { scopes: [] }, VALID, {
        fields: { region: 'eu' },
        url: 'https://api.eu.sendgrid.com/v3/scopes',
      }),
    ],
  },
  resend: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { data: [] }, VALID, { url: 'https://api.resend.com/domains?limit=1' }),
      reply(401, { name: 'restricted_api_key' }, LIMITED),
      reply(401, { name: 'missing_api_key' }, UNDECIDED),
      reply(403, { name: 'invalid_api_key' }, INVALID),
      reply(401, { name: 'invalid_api_key' }, INVALID),
      reply(400, { message: 'API key is invalid' }, INVALID),
      reply(400, { message: 'bad limit' }, UNDECIDED),
    ],
  },
  mailgun: {
    cases: [
      reply(200, { items: [] }, VALID, { url: 'https://api.mailgun.net/v3/domains?limit=1' }),
      reply(200, { items: [] }, VALID, {
        fields: { region: 'eu' },
        url: 'https://api.eu.mailgun.net/v3/domains?limit=1',
        sent: [
          `authorization: Basic ${Buffer.from(`api:${'0'.repeat(32)}-00000000-00000000`).toString('base64')}`,
        ],
      }),
    ],
  },
  'postmark-server': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { InactiveMails: 0, Bounces: [] }, VALID),
      reply(401, { ErrorCode: 10 }, INVALID),
      reply(422, { ErrorCode: 10 }, UNDECIDED),
    ],
  },
  'postmark-account': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { TotalCount: 0 }, VALID, { url: 'https://api.postmarkapp.com/domains?count=1&offset=0' }),
      reply(401, { ErrorCode: 10 }, INVALID),
      reply(422, { ErrorCode: 10 }, UNDECIDED),
    ],
  },
  brevo: {
    cases: [
      reply(200, { email: 'a@example.com' }, VALID),
      reply(
        401,
        { message: 'We have detected you are using an unrecognised IP address 192.0.2.1' },
        UNDECIDED,
      ),
      reply(401, { message: 'Key not found' }, INVALID),
    ],
  },
  mailchimp: {
    cases: [
      reply(200, { health_status: "Everything's Chimpy!" }, VALID, {
        fields: { api_key: `${'0'.repeat(32)}-us21` },
        url: 'https://us21.api.mailchimp.com/3.0/ping',
      }),
    ],
  },
  'slack-bot': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { ok: true }, VALID),
      ...['invalid_auth', 'not_authed', 'token_revoked', 'account_inactive', 'token_expired'].map((error) =>
        reply(200, { ok: false, error }, INVALID),
      ),
      reply(200, { ok: false, error: 'ratelimited' }, RATE_LIMITED),
      reply(200, { ok: false, error: 'org_login_required' }, UNDECIDED),
      reply(200, { ok: false, error: 'ekm_access_denied' }, UNDECIDED),
    ],
  },
  'telegram-bot': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { ok: true, result: { id: 1 } }, VALID, {
        url: `https://api.telegram.org/bot123456789:${'x'.repeat(35)}/getMe`,
      }),
      reply(401, { ok: false, error_code: 401 }, INVALID),
      reply(404, { ok: false, error_code: 404 }, INVALID),
      reply(400, { ok: false }, UNDECIDED),
    ],
  },
  'whatsapp-cloud': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { id: '1' }, VALID, { url: 'https://graph.facebook.com/v22.0/me' }),
      reply(401, graphError(190), INVALID),
      reply(400, graphError(190), INVALID),
      reply(403, graphError(10), LIMITED),
      reply(400, graphError(200), LIMITED),
      reply(400, graphError(4), RATE_LIMITED),
      reply(403, graphError(4), RATE_LIMITED),
      reply(200, { id: '1' }, VALID, {
        fields: { app_secret: 'a'.repeat(32) },
        url: `https://graph.facebook.com/v22.0/me?appsecret_proof=${PROOF}`,
      }),
      reply(400, graphError(80007), RATE_LIMITED),
      reply(400, graphError(1), UNDECIDED),
    ],
  },
  vonage: { cases: [reply(200, { value: 3.5, autoReload: false }, VALID)] },
  messagebird: {
    cases: [
      reply(200, { payment: 'prepaid', amount: 1 }, VALID, { sent: [/^authorization: AccessKey x+$/m] }),
    ],
  },
  bird: {
    bare: { 403: LIMITED },
    cases: [
      reply(200, { results: [] }, VALID, {
        url: 'https://api.bird.com/workspaces/00000000-0000-0000-0000-000000000000/channels?limit=1',
        sent: [/^authorization: AccessKey x+$/m],
      }),
    ],
  },
};
