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

const installation = { token: `ghs_${'x'.repeat(36)}` };
const sts = (account: unknown): object => ({
  GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: account } },
});
const stsError = (Code: string, Message = ''): object => ({ Error: { Code, Message } });
const cloudflare: ReplySheet['cases'] = [
  reply(200, { success: true, result: { status: 'active' } }, VALID),
  reply(200, { success: false, result: { status: 'active' } }, UNDECIDED),
  reply(200, { success: true, result: { status: 'disabled' } }, INVALID),
  reply(200, { success: true, result: { status: 'expired' } }, INVALID),
  reply(200, { success: true, result: { status: 'odd' } }, UNDECIDED),
];
const maps = (status: string, error_message?: string): object => ({ status, error_message, results: [] });

export const OTHER_REPLIES: Readonly<Record<string, ReplySheet>> = {
  shopify: {
    cases: [
      reply(200, { access_scopes: [{ handle: 'read_products' }] }, VALID, {
        url: 'https://example.myshopify.com/admin/oauth/access_scopes.json',
      }),
    ],
  },
  woocommerce: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, [], VALID, {
        fields: { site_url: 'https://shop.example.com/store/' },
        url: 'https://shop.example.com/store/wp-json/wc/v3/products/categories?per_page=1',
      }),
      reply(200, [], VALID, {
        fields: { site_url: 'https://shop.example.com:8443' },
        url: 'https://shop.example.com:8443/wp-json/wc/v3/products/categories?per_page=1',
      }),
      reply(
        401,
        { code: 'woocommerce_rest_authentication_error', message: 'Consumer secret is invalid.' },
        INVALID,
      ),
      reply(
        401,
        {
          code: 'woocommerce_rest_authentication_error',
          message: 'The API key provided does not have read permissions.',
        },
        LIMITED,
      ),
      reply(
        401,
        { code: 'woocommerce_rest_cannot_view', message: 'Sorry, you cannot list resources.' },
        INVALID,
      ),
      reply(401, { code: 'other', message: 'no read permissions' }, UNDECIDED),
      reply(403, { code: 'woocommerce_rest_cannot_view' }, LIMITED),
      reply(403, { code: 'waf' }, UNDECIDED),
    ],
  },
  github: {
    cases: [
      reply(200, { login: 'octocat', id: 1 }, VALID, {
        url: 'https://api.github.com/user',
        sent: [
          'accept: application/vnd.github+json',
          'x-github-api-version: 2022-11-28',
          'user-agent: keyturn',
        ],
      }),
      {
        replies: [{ status: 403, body: {}, headers: { 'x-ratelimit-remaining': '0' } }],
        expected: RATE_LIMITED,
      },
      {
        replies: [{ status: 403, body: {}, headers: { 'x-ratelimit-remaining': '10' } }],
        expected: UNDECIDED,
      },
      {
        replies: [{ status: 404, body: {}, headers: { 'x-ratelimit-remaining': '0' } }],
        expected: UNDECIDED,
      },
      reply(200, { repositories: [] }, VALID, {
        fields: installation,
        url: 'https://api.github.com/installation/repositories?per_page=1',
        sent: [
          'method: GET',
          `authorization: Bearer ${installation.token}`,
          'accept: application/vnd.github+json',
          'x-github-api-version: 2022-11-28',
        ],
      }),
      reply(200, {}, UNDECIDED, { fields: installation }),
      reply(401, {}, INVALID, { fields: installation }),
      reply(403, {}, UNDECIDED, { fields: installation }),
    ],
  },
  gitlab: {
    cases: [
      reply(200, { active: true, revoked: false }, VALID, {
        url: 'https://gitlab.com/api/v4/personal_access_tokens/self',
        sent: [/^private-token: glpat-x+$/m],
      }),
      reply(200, { active: true }, VALID, {
        fields: { host: 'git.example.org' },
        url: 'https://git.example.org/api/v4/personal_access_tokens/self',
      }),
      reply(200, { active: false, revoked: true }, INVALID),
    ],
  },
  jira: {
    cases: [
      reply(200, { accountId: 'a' }, VALID, { url: 'https://example.atlassian.net/rest/api/3/myself' }),
    ],
  },
  'atlassian-admin': { cases: [reply(200, { data: [] }, VALID)] },
  notion: {
    bare: { 403: LIMITED },
    cases: [reply(200, { object: 'user', type: 'bot' }, VALID, { sent: ['notion-version: 2022-06-28'] })],
  },
  airtable: { cases: [reply(200, { id: 'usr1' }, VALID)] },
  calendly: { cases: [reply(200, { resource: { uri: 'https://api.calendly.com/users/A' } }, VALID)] },
  typeform: {
    cases: [
      reply(200, { user_id: 'u' }, VALID, { url: 'https://api.typeform.com/me' }),
      reply(200, { user_id: 'u' }, VALID, { fields: { region: 'us' }, url: 'https://api.typeform.com/me' }),
      reply(200, { user_id: 'u' }, VALID, {
        fields: { region: 'eu' },
        url: 'https://api.eu.typeform.com/me',
      }),
      reply(403, { code: 'AUTHENTICATION_FAILED' }, INVALID),
      reply(400, { code: 'AUTHENTICATION_FAILED' }, UNDECIDED),
    ],
  },
  asana: {
    cases: [
      reply(200, { data: { gid: '1' } }, VALID, {
        url: 'https://app.asana.com/api/1.0/users/me?opt_fields=gid%2Cname',
      }),
    ],
  },
  zendesk: {
    cases: [
      reply(200, { user: { id: 1, email: 'agent@example.com' } }, VALID, {
        url: 'https://example.zendesk.com/api/v2/users/me.json',
      }),
      reply(200, { user: { id: 1, email: 'other@example.com' } }, UNDECIDED),
      reply(200, { user: { email: 'agent@example.com' } }, UNDECIDED),
      reply(200, { user: { id: null, name: 'Anonymous user', email: 'invalid@example.com' } }, INVALID),
    ],
  },
  intercom: {
    cases: [
      ['us', 'api.intercom.io'],
      ['eu', 'api.eu.intercom.io'],
      ['au', 'api.au.intercom.io'],
    ].map(([region = '', host]) =>
      reply(200, { type: 'admin', app: { id_code: 'a' } }, VALID, {
        fields: { region },
        url: `https://${host}/me`,
        sent: ['intercom-version: 2.14'],
      }),
    ),
  },
  'google-maps': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, maps('INVALID_REQUEST', "Missing the 'address' parameter."), VALID, {
        url: `https://maps.googleapis.com/maps/api/geocode/json?key=AIza${'x'.repeat(35)}`,
      }),
      reply(200, maps('OK'), VALID),
      reply(200, maps('ZERO_RESULTS'), VALID),
      reply(200, maps('OVER_QUERY_LIMIT'), EXHAUSTED),
      reply(200, maps('OVER_DAILY_LIMIT'), EXHAUSTED),
      reply(200, maps('REQUEST_DENIED', 'The provided API key is invalid.'), INVALID),
      reply(200, maps('REQUEST_DENIED', 'The provided API key is expired.'), INVALID),
      reply(200, maps('UNKNOWN_ERROR', 'The provided API key is invalid.'), UNDECIDED),
      reply(
        200,
        maps('REQUEST_DENIED', 'API keys with referer restrictions cannot be used with this API.'),
        LIMITED,
      ),
      reply(200, maps('REQUEST_DENIED', 'This API project is not authorized to use this API.'), LIMITED),
      reply(200, maps('REQUEST_DENIED', 'You must enable Billing on the Google Cloud Project.'), LIMITED),
      reply(200, maps('UNKNOWN_ERROR', 'You must enable Billing'), UNDECIDED),
      reply(200, maps('REQUEST_DENIED', 'Something else.'), UNDECIDED),
    ],
  },
  'cloudflare-user-token': {
    cases: [
      ...cloudflare,
      reply(200, { success: true, result: { status: 'active' } }, VALID, {
        url: 'https://api.cloudflare.com/client/v4/user/tokens/verify',
      }),
    ],
  },
  'cloudflare-account-token': {
    cases: [
      ...cloudflare,
      reply(200, { success: true, result: { status: 'active' } }, VALID, {
        url: `https://api.cloudflare.com/client/v4/accounts/${'0'.repeat(32)}/tokens/verify`,
      }),
    ],
  },
  aws: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, sts('123456789012'), VALID, {
        url: 'https://sts.us-east-1.amazonaws.com/',
        sent: [
          /Credential=AKIAEXAMPLE000000000\/[0-9]{8}\/us-east-1\/sts\/aws4_request/,
          'Action=GetCallerIdentity&Version=2011-06-15',
        ],
      }),
      reply(200, sts('123456789012'), VALID, {
        fields: { region: 'eu-west-1', session_token: 'session' },
        url: 'https://sts.eu-west-1.amazonaws.com/',
        sent: [/\/eu-west-1\/sts\/aws4_request/, 'x-amz-security-token: session'],
      }),
      ...['cn-north-1', 'cn-northwest-1'].map((region) =>
        reply(200, sts('1'), VALID, { fields: { region }, url: `https://sts.${region}.amazonaws.com.cn/` }),
      ),
      reply(403, stsError('InvalidClientTokenId'), INVALID),
      reply(403, stsError('ExpiredToken'), INVALID),
      reply(403, stsError('RequestExpired'), UNDECIDED),
      reply(
        403,
        stsError('SignatureDoesNotMatch', 'Signature expired: 20260101T000000Z is now earlier than'),
        UNDECIDED,
      ),
      reply(403, stsError('RequestExpired', 'Signature expired'), UNDECIDED),
      ...(
        [
          [
            { status: 403, body: stsError('SignatureDoesNotMatch', 'The request signature we calculated') },
            INVALID,
          ],
          [{ status: 200, body: sts('1') }, VALID],
        ] as const
      ).map(([second, expected]): ReplyCase => ({
        replies: [{ status: 403, body: stsError('SignatureDoesNotMatch', 'The request signature') }, second],
        expected,
      })),
      reply(400, stsError('SignatureDoesNotMatch', 'Signature expired'), UNDECIDED),
    ],
  },
  algolia: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { acl: ['search'] }, VALID, {
        url: `https://example000.algolia.net/1/keys/${'0'.repeat(32)}`,
        sent: ['x-algolia-application-id: EXAMPLE000'],
      }),
      reply(403, { message: 'Invalid Application-ID or API key' }, INVALID),
      reply(403, { message: 'Method not allowed with this API key' }, UNDECIDED),
      reply(401, { message: 'Invalid Application-ID or API key' }, UNDECIDED),
    ],
  },
};
