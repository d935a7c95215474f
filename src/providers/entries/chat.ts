/** Chat, campaigns and telephony. */
import { accept, limit, oneStep, reject, undecided } from '../probe-plan';
import { defineProvider, plainField, secretField } from '../provider';

const mailchimp = defineProvider({
  id: 'mailchimp',
  name: 'Mailchimp Marketing',
  category: 'communication',
  docsUrl: 'https://mailchimp.com/developer/marketing/docs/fundamentals/',
  fields: {
    api_key: secretField('API key', `${'0'.repeat(32)}-us1`, { pattern: /^[0-9a-f]{32}-us[0-9]{1,2}$/ }),
  },
  hosts: [/^us[0-9]{1,2}\.api\.mailchimp\.com$/],
  // The key itself names the data centre.
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://{+data_center}.api.mailchimp.com/3.0/ping',
      auth: { scheme: 'basic', username: 'keyturn', password: '{api_key}' },
      rules: [accept({ status: 200, body: { health_status: { is: 'string' } } }), reject({ status: 401 })],
    },
    { data_center: { from: 'api_key', match: /-(us[0-9]{1,2})$/ } },
  ),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is revoked in the account settings.',
    url: 'https://admin.mailchimp.com/account/api/',
  },
});

const slackBot = defineProvider({
  id: 'slack-bot',
  aliases: ['slack'],
  name: 'Slack (bot token)',
  category: 'communication',
  docsUrl: 'https://docs.slack.dev/reference/methods/auth.test',
  fields: {
    bot_token: secretField('Bot user OAuth token', 'xoxb-0-0-example', {
      patternHint: /^(xoxe\.)?xoxb-[0-9]+-[0-9A-Za-z-]+$/,
    }),
  },
  hosts: ['slack.com'],
  probe: oneStep({
    method: 'POST',
    url: 'https://slack.com/api/auth.test',
    auth: { scheme: 'bearer', token: '{bot_token}' },
    // Slack answers 200 to bad tokens.
    rules: [
      accept({ status: 200, body: { ok: true } }),
      reject({
        status: 200,
        body: {
          error: ['invalid_auth', 'not_authed', 'token_revoked', 'account_inactive', 'token_expired'],
        },
      }),
      undecided({ status: 200, body: { error: 'ratelimited' } }, 'rate_limited'),
    ],
    details: { team: 'team', workspace: 'url', scopes: { header: 'x-oauth-scopes' } },
    account: ['team_id'],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The token revokes itself by API, or the app is removed.',
    url: 'https://api.slack.com/apps',
  },
});

const telegramBot = defineProvider({
  id: 'telegram-bot',
  aliases: ['telegram'],
  name: 'Telegram bot',
  category: 'communication',
  docsUrl: 'https://core.telegram.org/bots/api#getme',
  fields: {
    bot_token: secretField('Bot token', `123456789:${'x'.repeat(35)}`, {
      pattern: /^[0-9]{8,10}:[A-Za-z0-9_-]{35}$/,
    }),
  },
  hosts: ['api.telegram.org'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.telegram.org/bot{bot_token}/getMe',
    auth: { scheme: 'none' },
    rules: [accept({ status: 200, body: { ok: true } }), reject({ status: [401, 404], body: { ok: false } })],
    details: { username: 'result.username', can_join_groups: 'result.can_join_groups' },
    account: ['result.id'],
    retryAfter: 'parameters.retry_after',
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'A new token from BotFather ends the old one at once.',
    url: 'https://t.me/BotFather',
  },
});

const whatsappCloud = defineProvider({
  id: 'whatsapp-cloud',
  aliases: ['whatsapp'],
  name: 'WhatsApp Cloud API (Meta)',
  category: 'communication',
  docsUrl: 'https://developers.facebook.com/docs/whatsapp/cloud-api',
  fields: {
    access_token: secretField('System user access token', `EAA${'x'.repeat(120)}`, {
      pattern: /^EAA[A-Za-z0-9]+$/,
    }),
    phone_number_id: plainField('Phone number ID', '0'.repeat(15), {
      required: false,
      patternHint: /^[0-9]{6,20}$/,
    }),
    app_id: plainField('App ID', '0'.repeat(15), { required: false, pattern: /^[0-9]{15,18}$/ }),
    app_secret: secretField('App secret', '0'.repeat(32), {
      required: false,
      hintable: false,
      pattern: /^[a-f0-9]{32}$/,
    }),
  },
  hosts: ['graph.facebook.com'],
  probe: oneStep(
    {
      method: 'GET',
      url: 'https://graph.facebook.com/v22.0/me',
      query: { appsecret_proof: '{proof}' },
      auth: { scheme: 'bearer', token: '{access_token}' },
      rules: [
        accept({ status: 200, body: { id: { is: 'string' } } }),
        reject({ status: [400, 401], body: { 'error.code': 190 } }),
        limit({ status: [400, 403], body: { 'error.code': [10, 200] } }),
        undecided({ status: [400, 403], body: { 'error.code': [4, 80007] } }, 'rate_limited'),
      ],
      account: ['id'],
    },
    { proof: { hmacSha256: { key: '{app_secret}', message: '{access_token}' } } },
  ),
  rotation: 'admin-mint',
  revocation: {
    meaning: 'The token of the system user is revoked.',
    url: 'https://business.facebook.com/settings/system-users',
  },
});

const vonage = defineProvider({
  id: 'vonage',
  aliases: ['nexmo'],
  name: 'Vonage (Nexmo)',
  category: 'communication',
  docsUrl: 'https://developer.vonage.com/account/secret-management',
  fields: {
    api_key: plainField('API key', 'example0', { patternHint: /^[A-Za-z0-9_-]{8}$/ }),
    api_secret: secretField('API secret', 'Example000000000', { patternHint: /^.{8,25}$/ }),
  },
  hosts: ['rest.nexmo.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://rest.nexmo.com/account/get-balance',
    auth: { scheme: 'basic', username: '{api_key}', password: '{api_secret}' },
    rules: [accept({ status: 200, body: { value: { is: 'number' } } }), reject({ status: 401 })],
    details: { auto_reload: 'autoReload' },
  }),
  rotation: 'two-slot',
  revocation: {
    meaning: 'The secret is deleted; an account has up to two.',
    url: 'https://dashboard.nexmo.com/settings',
  },
  propagationSeconds: 10,
});

const messagebird = defineProvider({
  id: 'messagebird',
  name: 'MessageBird (classic REST)',
  category: 'communication',
  docsUrl: 'https://developers.messagebird.com/api/',
  fields: {
    access_key: secretField('Access key', 'x'.repeat(25), { pattern: /^[A-Za-z0-9_-]{25}$/ }),
  },
  hosts: ['rest.messagebird.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://rest.messagebird.com/balance',
    auth: { scheme: 'header', name: 'authorization', value: 'AccessKey {access_key}' },
    rules: [accept({ status: 200, body: { amount: { is: 'number' } } }), reject({ status: 401 })],
    details: { payment: 'payment' },
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the dashboard.',
    url: 'https://dashboard.messagebird.com/en/developers/access',
  },
});

const bird = defineProvider({
  id: 'bird',
  name: 'Bird',
  category: 'communication',
  docsUrl: 'https://docs.bird.com/api/api-access/api-authorization',
  fields: {
    access_key: secretField('Access key', 'x'.repeat(36), { pattern: /^[A-Za-z0-9]+$/ }),
    workspace_id: plainField('Workspace ID', '00000000-0000-0000-0000-000000000000', {
      pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    }),
  },
  hosts: ['api.bird.com'],
  probe: oneStep({
    method: 'GET',
    url: 'https://api.bird.com/workspaces/{workspace_id}/channels',
    query: { limit: '1' },
    auth: { scheme: 'header', name: 'authorization', value: 'AccessKey {access_key}' },
    rules: [
      accept({ status: 200, body: { results: { is: 'array' } } }),
      reject({ status: 401 }),
      limit({ status: 403 }),
    ],
  }),
  rotation: 'manual',
  revocation: {
    meaning: 'The key is deleted in the organization settings.',
    url: 'https://app.bird.com/settings/access-keys',
  },
});

export const CHAT_PROVIDERS = [mailchimp, slackBot, telegramBot, whatsappCloud, vonage, messagebird, bird];
