/** Meta's Graph API: ads and WhatsApp. */
import { bearer, both, either, query, type CredentialPlace } from './credential-places';
import { publish, type Call, type Route, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeText } from './fake-values';
import type { SimulatedReply, SimulatedRequest } from './service';

/** https://developers.facebook.com/docs/graph-api/guides/error-handling */
function graphError(status: number, code: number, message: string, type = 'OAuthException'): SimulatedReply {
  return { status, body: { error: { message, type, code, fbtrace_id: 'simulated' } } };
}

const invalidToken = (status: number): SimulatedReply =>
  graphError(status, 190, 'Invalid OAuth access token - Cannot parse access token');
const noToken = graphError(
  400,
  2500,
  'An active access token must be used to query information about the current user.',
);
const common = {
  notFound: graphError(400, 2500, 'Unknown path components'),
  wrongMethod: graphError(400, 100, 'Unsupported request method'),
  rateLimited: graphError(429, 4, 'Application request limit reached'),
  outage: graphError(500, 2, 'An unexpected error has occurred. Please retry your request later.'),
};

const callerOf = ({ headers, query: sent }: SimulatedRequest): string =>
  sent.get('access_token') ?? (headers['authorization'] ?? '').replace(/^bearer /i, '');

/** Who asks: `app_id|app_secret`, or a token of the same app. */
const caller: CredentialPlace = {
  read(request) {
    const value = callerOf(request);
    const [appId, appSecret] = value.split('|');
    if (appId && appSecret) return { app_id: appId, app_secret: appSecret };
    return value ? { access_token: value } : null;
  },
};

const tokenSent = either(bearer('access_token'), query('access_token', 'access_token'));

/** 200 for any token of the right caller: `is_valid` decides. */
function debugToken({ fields, variant, account }: Call): SimulatedReply {
  const alive = variant !== 'dead';
  return {
    status: 200,
    body: {
      data: {
        ...(alive
          ? {
              app_id: fields['app_id'] ?? '0',
              type: 'SYSTEM_USER',
              application: 'Simulated',
              user_id: fakeDigits(`meta ${account}`, 17),
            }
          : {
              error: {
                code: 190,
                message: 'Error validating access token: the session has been invalidated.',
                subcode: 460,
              },
            }),
        is_valid: alive,
        expires_at: 0,
        data_access_expires_at: 0,
        issued_at: 1_767_225_600,
        scopes: alive ? ['ads_read', 'business_management'] : [],
      },
    },
  };
}

const debugRoute = (version: string): Route => ({
  method: 'GET',
  path: `/${version}/debug_token`,
  place: both(query('input_token', 'access_token'), caller),
  missing: graphError(400, 100, '(#100) The parameter input_token is required'),
  replies: {
    good: debugToken,
    // A caller that is itself no valid token is refused before the token is looked at.
    dead: (call) => (callerOf(call.request).includes('|') ? debugToken(call) : invalidToken(400)),
    wrongApp: graphError(
      400,
      101,
      'Error validating application. Cannot get application info due to a system error.',
    ),
    expired: (call) => debugToken({ ...call, variant: 'dead' }),
  },
});

const meReply = ({ account }: Call): SimulatedReply => ({
  status: 200,
  body: { id: fakeDigits(`meta ${account}`, 17), name: 'Simulated system user' },
});

const token = (tag: string): string => `EAA${fakeText(tag, 120)}`;

/** https://developers.facebook.com/docs/graph-api/reference/debug_token */
export const metaAds: ServiceDefinition = {
  id: 'meta-ads',
  hosts: ['graph.facebook.com'],
  credentials: {
    ...publish('meta-ads', ['expired', 'wrongApp'], (tag) => ({
      access_token: token(tag),
      app_id: fakeDigits('meta app', 16),
      app_secret: fakeHex(tag.endsWith('wrongApp') ? 'meta wrong' : 'meta right', 32),
    })),
    /** Good, and the tenant gave no application. */
    tokenOnly: { access_token: token('meta-ads tokenOnly') },
    deadTokenOnly: { access_token: token('meta-ads deadTokenOnly') },
  },
  routes: [
    {
      ...debugRoute('v25.0'),
      replies: { ...debugRoute('v25.0').replies, deadTokenOnly: invalidToken(400) },
    },
    {
      method: 'GET',
      path: '/v25.0/me',
      place: tokenSent,
      missing: noToken,
      replies: {
        good: meReply,
        dead: invalidToken(400),
        expired: invalidToken(400),
        deadTokenOnly: invalidToken(400),
      },
    },
    {
      method: 'GET',
      path: '/v25.0/me/adaccounts',
      place: tokenSent,
      missing: noToken,
      replies: {
        good: {
          status: 200,
          body: { data: [{ account_id: fakeDigits('meta ad account', 15), account_status: 1 }] },
        },
        dead: invalidToken(400),
        expired: invalidToken(400),
        deadTokenOnly: invalidToken(400),
      },
    },
  ],
  ...common,
};

/** https://developers.facebook.com/docs/whatsapp/cloud-api */
export const whatsappCloud: ServiceDefinition = {
  id: 'whatsapp-cloud',
  hosts: ['graph.facebook.com'],
  credentials: publish('whatsapp-cloud', ['limited'], (tag) => ({ access_token: token(tag) })),
  routes: [
    {
      method: 'GET',
      path: '/v22.0/me',
      place: bearer('access_token'),
      missing: noToken,
      replies: {
        good: meReply,
        dead: invalidToken(401),
        limited: graphError(403, 10, '(#10) Application does not have permission for this action'),
      },
    },
    debugRoute('v22.0'),
  ],
  ...common,
};
