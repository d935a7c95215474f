/** Customer relationship management. */
import { accept, limit, oneStep, reject } from '../probe-plan';
import { defineProvider, secretField } from '../provider';

const hubspot = defineProvider({
  id: 'hubspot',
  name: 'HubSpot (private app token)',
  category: 'crm',
  docsUrl: 'https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview',
  fields: {
    access_token: secretField('Private app access token', 'pat-na1-00000000-0000-0000-0000-000000000000', {
      patternHint: /^pat-[a-z]{2}[0-9]-[A-Za-z0-9]{8}(-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}$/,
    }),
  },
  hosts: ['api.hubapi.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.hubapi.com/account-info/v3/details',
    auth: { scheme: 'bearer', token: '{access_token}' },
    rules: [
      accept({ status: 200, body: { portalId: { is: 'number' } } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
    ],
    details: {
      account_type: 'accountType',
      time_zone: 'timeZone',
      data_hosting_location: 'dataHostingLocation',
    },
    account: ['portalId'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is rotated in the app settings and expires now or after a chosen time.',
    url: 'https://app.hubspot.com/private-apps',
  },
});

export const CRM_PROVIDERS = [hubspot];
