/** Smaller sales tools. */
import { accept, oneStep, reject } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const freshsales = defineProvider({
  id: 'freshsales',
  aliases: ['freshworks-crm'],
  name: 'Freshsales (Freshworks CRM)',
  category: 'crm',
  docsUrl: 'https://developers.freshworks.com/crm/api',
  fields: {
    api_key: secretField('API key', 'x'.repeat(22), { pattern: /^[A-Za-z0-9_-]{22}$/ }),
    domain: plainField('Bundle alias', 'example', { pattern: /^[a-z0-9][a-z0-9-]{0,62}$/ }),
  },
  hosts: [/^[a-z0-9][a-z0-9-]{0,62}\.myfreshworks\.com$/],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+domain}.myfreshworks.com/crm/sales/api/sales_accounts/filters',
    auth: { scheme: 'header', name: 'authorization', value: 'Token token={api_key}' },
    rules: [accept({ status: 200, body: { filters: { is: 'array' } } }), reject({ status: 401 })],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'A user has one key; resetting it in the profile ends the old one.',
    url: 'https://crmsupport.freshworks.com/support/solutions/articles/50000002503',
  },
});

const close = defineProvider({
  id: 'close',
  aliases: ['close-crm'],
  name: 'Close',
  category: 'crm',
  docsUrl: 'https://developer.close.com/',
  fields: {
    api_key: secretField('API key', `api_${'x'.repeat(22)}.${'x'.repeat(22)}`, {
      pattern: /^api_[A-Za-z0-9.]{45}$/,
    }),
  },
  hosts: ['api.close.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.close.com/api/v1/me/',
    auth: { scheme: 'basic', username: '{api_key}', password: '' },
    rules: [accept({ status: 200, body: { id: { is: 'string' } } }), reject({ status: 401 })],
    details: { organizations: 'organizations[].id' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the settings.',
    url: 'https://app.close.com/settings/developer/api-keys/',
  },
});

const copper = defineProvider({
  id: 'copper',
  name: 'Copper',
  category: 'crm',
  docsUrl: 'https://developer.copper.com/',
  fields: {
    api_key: secretField('API key', '0'.repeat(32), { pattern: /^[a-z0-9]{32}$/ }),
    user_email: plainField('E-mail of the user who made the key', 'user@example.com'),
  },
  hosts: ['api.copper.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.copper.com/developer_api/v1/users/me',
    auth: { scheme: 'header', name: 'x-pw-accesstoken', value: '{api_key}' },
    headers: { 'x-pw-application': 'developer_api', 'x-pw-useremail': '{user_email}' },
    rules: [
      accept({ status: 200, body: { id: { is: 'number' }, email: { sameAs: 'user_email' } } }),
      reject({ status: 401 }),
    ],
  }),
  rotation: 'manual',
  revocation: { meaning: 'The key is deleted in the settings.', url: 'https://app.copper.com' },
});

export const SALES_TOOL_PROVIDERS = [freshsales, close, copper];
