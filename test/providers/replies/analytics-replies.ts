import { INVALID, LIMITED, reply, UNDECIDED, VALID, type ReplyCase, type ReplySheet } from './reply-case';

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

/** The assertion's first claim as it stands in the JWT: https://developers.google.com/identity/protocols/oauth2/scopes */
const CLAIM = '{"scope":"https://www.googleapis.com/auth/analytics.readonly"';
const SCOPE_CLAIM = new RegExp(
  `&assertion=[^.]+\\.${Buffer.from(CLAIM.slice(0, CLAIM.length - (CLAIM.length % 3))).toString('base64url')}`,
);

export const ANALYTICS_REPLIES: Readonly<Record<string, ReplySheet>> = {
  'google-analytics-service-account': {
    bare: { 401: UNDECIDED },
    cases: [
      afterToken(200, { accountSummaries: [] }, VALID, {
        url: 'https://analyticsadmin.googleapis.com/v1beta/accountSummaries?pageSize=1',
        sent: ['authorization: Bearer issued'],
      }),
      afterToken(200, {}, LIMITED),
      afterToken(200, { accountSummaries: 'no' }, UNDECIDED),
      afterToken(200, 'not JSON', UNDECIDED),
      afterToken(403, {}, LIMITED),
      afterToken(401, {}, UNDECIDED),
      reply(200, { id_token: 'x' }, UNDECIDED),
      reply(201, { access_token: 'issued' }, UNDECIDED),
      reply(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, INVALID, {
        sent: [
          SCOPE_CLAIM,
          /^grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=eyJ[\w.-]+$/m,
        ],
      }),
      reply(
        400,
        {
          error: 'invalid_grant',
          error_description:
            'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
        },
        UNDECIDED,
      ),
      reply(400, { error: 'invalid_scope' }, UNDECIDED),
      reply(401, { error: 'invalid_client' }, INVALID),
    ],
  },
  'mixpanel-service-account': {
    cases: [
      reply(200, { status: 'ok', results: {} }, VALID, { url: 'https://mixpanel.com/api/app/me' }),
      reply(200, { results: {} }, VALID, {
        fields: { region: 'eu' },
        url: 'https://eu.mixpanel.com/api/app/me',
      }),
      reply(200, { results: {} }, VALID, {
        fields: { region: 'in' },
        url: 'https://in.mixpanel.com/api/app/me',
      }),
    ],
  },
  amplitude: {
    cases: [
      reply(200, { data: [] }, VALID, { url: 'https://amplitude.com/api/2/events/list' }),
      reply(200, { data: [] }, VALID, {
        fields: { region: 'eu' },
        url: 'https://analytics.eu.amplitude.com/api/2/events/list',
      }),
    ],
  },
  posthog: {
    bare: { 403: LIMITED },
    cases: [
      ['us', 'us.posthog.com'],
      ['eu', 'eu.posthog.com'],
      ['https://analytics.example.com', 'analytics.example.com'],
    ].map(([host = '', address]) =>
      reply(200, { id: 'a' }, VALID, {
        fields: { host },
        url: `https://${address}/api/personal_api_keys/@current/`,
      }),
    ),
  },
  'segment-public-api': {
    cases: [
      reply(200, { data: { workspace: { id: 'w' } } }, VALID, { url: 'https://api.segmentapis.com/' }),
      reply(200, { data: { workspace: {} } }, VALID, {
        fields: { region: 'eu' },
        url: 'https://eu1.api.segmentapis.com/',
      }),
    ],
  },
  'segment-write-key': {
    bare: { 401: UNDECIDED, 404: INVALID },
    cases: [
      reply(200, { integrations: {} }, VALID, {
        url: `https://cdn.segment.com/v1/projects/${'x'.repeat(32)}/settings`,
      }),
    ],
  },
  plausible: {
    bare: { 402: LIMITED },
    cases: [
      reply(200, { results: [] }, VALID, {
        url: 'https://plausible.io/api/v2/query',
        sent: [
          '{"site_id":"example.com","metrics":["visitors"],"date_range":"day"}',
          'content-type: application/json',
        ],
      }),
      reply(200, { results: [] }, VALID, {
        fields: { host: 'https://stats.example.com' },
        url: 'https://stats.example.com/api/v2/query',
      }),
    ],
  },
};
