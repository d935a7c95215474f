/** Help desks. */
import { accept, oneStep, reject } from '../probe-plan';
import { choiceField, defineProvider, plainField, secretField } from '../provider';

const zendesk = defineProvider({
  id: 'zendesk',
  name: 'Zendesk (e-mail and API token)',
  category: 'support',
  docsUrl: 'https://developer.zendesk.com/api-reference/introduction/security-and-auth/',
  fields: {
    email: plainField('Agent e-mail', 'agent@example.com', { patternHint: /^[^@\s]+@[^@\s]+$/ }),
    api_token: secretField('API token', 'x'.repeat(40), { pattern: /^[A-Za-z0-9]{40}$/ }),
    subdomain: plainField('Subdomain', 'example', { pattern: /^[a-z0-9][a-z0-9-]{0,62}$/ }),
  },
  hosts: [/^[a-z0-9][a-z0-9-]{0,62}\.zendesk\.com$/],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+subdomain}.zendesk.com/api/v2/users/me.json',
    auth: { scheme: 'basic', username: '{email}/token', password: '{api_token}' },
    rules: [
      accept({ status: 200, body: { 'user.id': { is: 'number' }, 'user.email': { sameAs: 'email' } } }),
      // Bad credentials are answered as a guest without an id.
      reject({ status: 200, body: { 'user.id': null } }),
      reject({ status: 401 }),
    ],
    details: { role: 'user.role', suspended: 'user.suspended' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the Admin Center; several can exist at a time.',
    url: 'https://support.zendesk.com/hc/en-us/articles/4408889192858',
  },
});

const intercom = defineProvider({
  id: 'intercom',
  name: 'Intercom',
  category: 'support',
  docsUrl: 'https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin',
  fields: {
    access_token: secretField('Access token', `${'x'.repeat(59)}=`, { pattern: /^[A-Za-z0-9+/]{59}=$/ }),
    region: choiceField('Region', ['us', 'eu', 'au']),
  },
  hosts: ['api.intercom.io', 'api.eu.intercom.io', 'api.au.intercom.io'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/me',
      auth: { scheme: 'bearer', token: '{access_token}' },
      headers: { 'intercom-version': '2.14' },
      rules: [accept({ status: 200, body: { type: 'admin' } }), reject({ status: 401 })],
      details: { app_name: 'app.name', app_region: 'app.region' },
      account: ['app.id_code'],
    },
    {
      host: {
        from: 'region',
        choose: { us: 'api.intercom.io', eu: 'api.eu.intercom.io', au: 'api.au.intercom.io' },
      },
    },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is regenerated in the Developer Hub.',
    url: 'https://app.intercom.com/a/apps/_/developer-hub',
  },
});

export const SUPPORT_PROVIDERS = [zendesk, intercom];
