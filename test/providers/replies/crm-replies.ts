import { INVALID, LIMITED, RATE_LIMITED, reply, UNDECIDED, VALID, type ReplySheet } from './reply-case';

export const CRM_REPLIES: Readonly<Record<string, ReplySheet>> = {
  hubspot: {
    bare: { 403: LIMITED },
    cases: [reply(200, { portalId: 1 }, VALID), reply(200, { portalId: 'x' }, UNDECIDED)],
  },
  'salesforce-client-credentials': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { access_token: 'issued', id: 'https://login.salesforce.com/id/00D/005' }, VALID, {
        url: 'https://example.my.salesforce.com/services/oauth2/token',
        sent: [/^grant_type=client_credentials&client_id=3MVG9x+&client_secret=X+$/m],
      }),
      reply(400, { error: 'invalid_client' }, INVALID),
      reply(401, { error: 'invalid_client' }, INVALID),
      reply(400, { error: 'invalid_client_id' }, INVALID),
      reply(400, { error: 'invalid_grant' }, UNDECIDED),
      reply(400, { error: 'app_not_found' }, UNDECIDED),
    ],
  },
  'salesforce-refresh-token': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { active: true }, VALID, {
        url: 'https://example.my.salesforce.com/services/oauth2/introspect',
        sent: [/^token=5Aep861x+&token_type_hint=refresh_token&client_id=3MVG9x+$/m],
      }),
      reply(200, { active: true }, VALID, {
        fields: { consumer_secret: 'Y'.repeat(64), my_domain_host: 'login.salesforce.com' },
        url: 'https://login.salesforce.com/services/oauth2/introspect',
        sent: [/&client_secret=Y{64}$/m],
      }),
      reply(200, { active: false }, INVALID),
      reply(400, { error: 'invalid_token' }, INVALID),
      reply(400, { error: 'invalid_grant' }, INVALID),
      reply(401, { error: 'invalid_client_id' }, INVALID),
      reply(400, { error: 'invalid_request' }, UNDECIDED),
      reply(401, { error: 'invalid_client' }, INVALID),
    ],
  },
  pipedrive: {
    cases: [
      reply(200, { success: true, data: { id: 1 } }, VALID),
      reply(200, { success: false, data: { id: 1 } }, UNDECIDED),
      reply(200, { success: true, data: {} }, UNDECIDED),
    ],
  },
  'zoho-crm': {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { access_token: 'issued', api_domain: 'https://www.zohoapis.com' }, VALID, {
        url: 'https://accounts.zoho.com/oauth/v2/token',
        sent: [/^grant_type=refresh_token&client_id=1000.EXAMPLE&client_secret=0+&refresh_token=1000\./m],
      }),
      reply(200, { access_token: 'issued' }, VALID, {
        fields: { data_center: 'com.au' },
        url: 'https://accounts.zoho.com.au/oauth/v2/token',
      }),
      reply(200, { error: 'invalid_code', access_token: 'issued' }, INVALID),
      reply(200, { error: 'invalid_client' }, INVALID),
      reply(400, { error: 'invalid_client_secret' }, INVALID),
      reply(401, { error: 'invalid_client' }, INVALID),
      reply(200, { error: 'Access Denied', access_token: 'issued' }, RATE_LIMITED),
      reply(400, { error: 'Access Denied' }, RATE_LIMITED),
      reply(200, { error: 'general_error' }, UNDECIDED),
    ],
  },
  freshsales: {
    cases: [
      reply(200, { filters: [] }, VALID, {
        url: 'https://example.myfreshworks.com/crm/sales/api/sales_accounts/filters',
        sent: [/^authorization: Token token=x+$/m],
      }),
    ],
  },
  close: { cases: [reply(200, { id: 'user_1' }, VALID)] },
  copper: {
    cases: [
      reply(200, { id: 1, email: 'User@example.com' }, VALID, {
        sent: ['x-pw-application: developer_api', 'x-pw-useremail: user@example.com'],
      }),
      reply(200, { id: 1, email: 'other@example.com' }, UNDECIDED),
      reply(200, { email: 'user@example.com' }, UNDECIDED),
    ],
  },
};
