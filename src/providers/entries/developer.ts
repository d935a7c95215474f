/** Code hosting and issue tracking. */
import { accept, oneStep, reject, undecided } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';
import { HOST_NAME } from './tenant-host';

const GITHUB_HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

const github = defineProvider({
  id: 'github',
  name: 'GitHub (personal access token)',
  category: 'developer',
  docsUrl: 'https://docs.github.com/en/rest/users/users#get-the-authenticated-user',
  fields: {
    token: secretField('Personal access token', `ghp_${'x'.repeat(36)}`, {
      pattern: /^(?:github_pat|ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36,255}$/,
    }),
  },
  hosts: ['api.github.com'],
  probe: {
    ways: [
      {
        // Installation tokens belong to no user.
        matching: { token: /^ghs_/ },
        steps: [
          {
            method: 'GET',
            url: 'https://api.github.com/installation/repositories',
            query: { per_page: '1' },
            auth: { scheme: 'bearer', token: '{token}' },
            headers: GITHUB_HEADERS,
            rules: [
              accept({ status: 200, body: { repositories: { is: 'array' } } }),
              reject({ status: 401 }),
            ],
          },
        ],
      },
      {
        steps: [
          {
            method: 'GET',
            url: 'https://api.github.com/user',
            auth: { scheme: 'bearer', token: '{token}' },
            headers: GITHUB_HEADERS,
            rules: [
              accept({ status: 200, body: { login: { is: 'string' } } }),
              reject({ status: 401 }),
              undecided({ status: 403, headers: { 'x-ratelimit-remaining': /^0$/ } }, 'rate_limited'),
            ],
            details: {
              login: 'login',
              scopes: { header: 'x-oauth-scopes' },
              expires_at: { header: 'github-authentication-token-expiration' },
            },
            account: ['id'],
          },
        ],
      },
    ],
  },
  rotation: 'manual',
  revocation: {
    meaning: 'GitHub revokes any token it is shown, for good, and tells its owner.',
    url: 'https://github.com/settings/tokens',
  },
});

const gitlab = defineProvider({
  id: 'gitlab',
  name: 'GitLab (personal access token)',
  category: 'developer',
  docsUrl: 'https://docs.gitlab.com/api/personal_access_tokens/',
  fields: {
    token: secretField('Personal access token', `glpat-${'x'.repeat(20)}`, {
      pattern: /^glpat-([0-9A-Za-z_-]{20}|[0-9A-Za-z_-]{27,300}\.[0-9a-z]{2}\.?[0-9a-z]{7,9})$/,
    }),
    host: plainField('Host', 'gitlab.com', { pattern: HOST_NAME }),
  },
  hosts: [HOST_NAME],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+host}/api/v4/personal_access_tokens/self',
    auth: { scheme: 'header', name: 'private-token', value: '{token}' },
    rules: [
      accept({ status: 200, body: { active: true } }),
      reject({ status: 200, body: { active: false } }),
      reject({ status: 401 }),
    ],
    details: { token_name: 'name', scopes: 'scopes', expires_at: 'expires_at' },
    account: ['user_id'],
  }),
  rotation: 'self-mint',
  revocation: {
    meaning: 'The token revokes itself; rotating it ends the old one at once.',
    url: 'https://gitlab.com/-/user_settings/personal_access_tokens',
  },
});

const jira = defineProvider({
  id: 'jira',
  aliases: ['atlassian'],
  name: 'Jira / Atlassian Cloud (e-mail and API token)',
  category: 'developer',
  docsUrl: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/',
  fields: {
    email: plainField('Account e-mail', 'user@example.com', { patternHint: /^[^@\s]+@[^@\s]+$/ }),
    api_token: secretField('API token', `ATATT3x${'x'.repeat(60)}=00000000`, {
      pattern: /^(ATATT[A-Za-z0-9+/=_-]+=[A-Za-z0-9]{8}|[A-Za-z0-9]{24})$/,
    }),
    site: plainField('Site', 'example', { pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/ }),
  },
  hosts: [/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.atlassian\.net$/],
  probe: oneStep({
    method: 'GET',
    url: 'https://{+site}.atlassian.net/rest/api/3/myself',
    auth: { scheme: 'basic', username: '{email}', password: '{api_token}' },
    rules: [accept({ status: 200, body: { accountId: { is: 'string' } } }), reject({ status: 401 })],
    details: { active: 'active' },
    account: ['accountId'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token is revoked in the account settings, or by an organization administrator.',
    url: 'https://id.atlassian.com/manage-profile/security/api-tokens',
  },
});

const atlassianAdmin = defineProvider({
  id: 'atlassian-admin',
  name: 'Atlassian organization (admin API key)',
  category: 'developer',
  docsUrl: 'https://developer.atlassian.com/cloud/admin/',
  fields: {
    api_key: secretField('Organization API key', `ATCTT3xFfG${'x'.repeat(60)}=00000000`, {
      pattern: /^ATCTT3xFfG[A-Za-z0-9+/=_-]+=[A-Za-z0-9]{8}$/,
    }),
    organization_id: plainField('Organization ID', '00000000-0000-0000-0000-000000000000', {
      required: false,
    }),
  },
  hosts: ['api.atlassian.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.atlassian.com/admin/v1/orgs',
    auth: { scheme: 'bearer', token: '{api_key}' },
    rules: [accept({ status: 200, body: { data: { is: 'array' } } }), reject({ status: 401 })],
    details: { organizations: 'data[].id' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the organization settings.',
    url: 'https://admin.atlassian.com',
  },
});

export const DEVELOPER_PROVIDERS = [github, gitlab, jira, atlassianAdmin];
