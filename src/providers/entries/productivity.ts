/** Productivity tools. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const notion = defineProvider({
  id: 'notion',
  name: 'Notion (internal integration)',
  category: 'productivity',
  docsUrl: 'https://developers.notion.com/reference/get-self',
  fields: {
    token: secretField('Integration secret', `ntn_${'x'.repeat(46)}`, {
      patternHint: /^(ntn_|secret_)[A-Za-z0-9]{40,60}$/,
    }),
  },
  hosts: ['api.notion.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.notion.com/v1/users/me',
    auth: { scheme: 'bearer', token: '{token}' },
    headers: { 'notion-version': '2022-06-28' },
    rules: [
      accept({ status: 200, body: { object: 'user' } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
    ],
    details: { workspace_name: 'bot.workspace_name' },
    // Not the bot's own id: another integration of the same workspace has another.
    account: ['bot.workspace_id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The secret is refreshed in the integration settings.',
    url: 'https://www.notion.so/profile/integrations',
  },
});

const airtable = defineProvider({
  id: 'airtable',
  name: 'Airtable (personal access token)',
  category: 'productivity',
  docsUrl: 'https://airtable.com/developers/web/api/get-user-id-scopes',
  fields: {
    token: secretField('Personal access token', `pat${'x'.repeat(14)}.${'0'.repeat(64)}`, {
      pattern: /^pat[A-Za-z0-9]{14}\.[a-f0-9]{64}$/,
    }),
  },
  hosts: ['api.airtable.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.airtable.com/v0/meta/whoami',
    auth: { scheme: 'bearer', token: '{token}' },
    rules: [accept({ status: 200, body: { id: { is: 'string' } } }), reject({ status: 401 })],
    details: { scopes: 'scopes' },
    account: ['id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted, or regenerated, which ends the old one.',
    url: 'https://airtable.com/create/tokens',
  },
});

const calendly = defineProvider({
  id: 'calendly',
  name: 'Calendly (personal access token)',
  category: 'productivity',
  docsUrl: 'https://developer.calendly.com/api-docs',
  fields: {
    token: secretField('Personal access token', `eyJ${'x'.repeat(100)}.eyJ${'x'.repeat(100)}.x`, {
      pattern: /^eyJ[A-Za-z0-9_-]{100,300}\.eyJ[A-Za-z0-9_-]{100,300}\.[A-Za-z0-9_-]+$/,
    }),
  },
  hosts: ['api.calendly.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.calendly.com/users/me',
    auth: { scheme: 'bearer', token: '{token}' },
    rules: [accept({ status: 200, body: { 'resource.uri': { is: 'string' } } }), reject({ status: 401 })],
    details: { timezone: 'resource.timezone' },
    account: ['resource.current_organization'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is revoked in the integrations page.',
    url: 'https://calendly.com/integrations/api_webhooks',
  },
});

const typeform = defineProvider({
  id: 'typeform',
  name: 'Typeform (personal token)',
  category: 'productivity',
  docsUrl: 'https://www.typeform.com/developers/get-started/personal-access-token/',
  fields: {
    token: secretField('Personal access token', `tfp_${'x'.repeat(44)}`, {
      pattern: /^tfp_[A-Za-z0-9_]{40,59}$/,
    }),
    region: plainField('Region', 'us', { required: false, choices: ['us', 'eu'] }),
  },
  hosts: ['api.typeform.com', 'api.eu.typeform.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+host}/me',
      auth: { scheme: 'bearer', token: '{token}' },
      rules: [
        accept({ status: 200, body: { user_id: { is: 'string' } } }),
        reject({ status: 401 }),
        reject({ status: 403, body: { code: 'AUTHENTICATION_FAILED' } }),
      ],
      account: ['user_id'],
    },
    { host: { from: 'region', choose: { eu: 'api.eu.typeform.com' }, otherwise: 'api.typeform.com' } },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is deleted in the account settings.',
    url: 'https://admin.typeform.com/user/tokens',
  },
});

const asana = defineProvider({
  id: 'asana',
  name: 'Asana (personal access token)',
  category: 'productivity',
  docsUrl: 'https://developers.asana.com/docs/personal-access-token',
  fields: {
    token: secretField('Personal access token', `1/${'0'.repeat(16)}:${'0'.repeat(32)}`, {
      patternHint: /^[0-9]+\/[0-9]{16,}(?:\/[0-9]{16,})?:[A-Za-z0-9]{32,}$/,
    }),
  },
  hosts: ['app.asana.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://app.asana.com/api/1.0/users/me',
    query: { opt_fields: 'gid,name' },
    auth: { scheme: 'bearer', token: '{token}' },
    rules: [accept({ status: 200, body: { 'data.gid': { is: 'string' } } }), reject({ status: 401 })],
    account: ['data.gid'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is revoked in the developer console.',
    url: 'https://app.asana.com/0/my-apps',
  },
});

export const PRODUCTIVITY_PROVIDERS = [notion, airtable, calendly, typeform, asana];
