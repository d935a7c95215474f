/** Messages: Slack, Telegram, Vonage, MessageBird and Bird. */
import { authorization, basic, bearer, inPath } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeText, fakeUpper, fakeUuid } from './fake-values';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });
const slackError = (error: string): SimulatedReply => ok({ ok: false, error });

/** https://docs.slack.dev/reference/methods/auth.test : always 200, `ok` decides. */
export const slackBot: ServiceDefinition = {
  id: 'slack-bot',
  hosts: ['slack.com'],
  credentials: publish('slack-bot', ['revoked', 'inactive', 'expired', 'rateLimited', 'orgLogin'], (tag) => ({
    bot_token: `xoxb-${fakeDigits(`${tag} team`, 12)}-${fakeDigits(`${tag} bot`, 12)}-${fakeText(tag, 24)}`,
  })),
  routes: [
    {
      method: 'POST',
      path: '/api/auth.test',
      place: bearer('bot_token'),
      missing: slackError('not_authed'),
      replies: {
        dead: slackError('invalid_auth'),
        revoked: slackError('token_revoked'),
        inactive: slackError('account_inactive'),
        expired: slackError('token_expired'),
        rateLimited: slackError('ratelimited'),
        orgLogin: slackError('org_login_required'),
        good: ({ account }) => ({
          status: 200,
          headers: { 'x-oauth-scopes': 'chat:write,channels:read' },
          body: {
            ok: true,
            url: `https://${account}.slack.com/`,
            team: 'Simulated',
            user: 'simulated-bot',
            team_id: `T${fakeUpper(`slack ${account}`, 10)}`,
            user_id: `U${fakeUpper(`slack user ${account}`, 10)}`,
            bot_id: `B${fakeUpper(`slack bot ${account}`, 10)}`,
            is_enterprise_install: false,
          },
        }),
      },
    },
  ],
  notFound: {
    status: 404,
    headers: { 'content-type': 'text/html' },
    body: '<!DOCTYPE html><title>There’s been a glitch…</title>',
  },
  rateLimited: { status: 429, body: { ok: false, error: 'ratelimited' } },
  outage: { status: 503, body: { ok: false, error: 'service_unavailable' } },
};

const telegramError = (error_code: number, description: string, more: object = {}): SimulatedReply => ({
  status: error_code,
  body: { ok: false, error_code, description, ...more },
});

/** https://core.telegram.org/bots/api#getme */
export const telegramBot: ServiceDefinition = {
  id: 'telegram-bot',
  hosts: ['api.telegram.org'],
  credentials: publish('telegram-bot', [], (tag) => ({
    // The number is the bot's own: every token of one bot begins with it.
    bot_token: `${fakeDigits('telegram bot', 10)}:AA${fakeText(tag, 33)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/bot{bot_token}/getMe',
      place: inPath,
      replies: {
        dead: telegramError(401, 'Unauthorized'),
        good: ({ fields }) =>
          ok({
            ok: true,
            result: {
              id: Number((fields['bot_token'] ?? '').split(':')[0]),
              is_bot: true,
              first_name: 'Simulated',
              username: 'simulated_bot',
              can_join_groups: true,
              can_read_all_group_messages: false,
              supports_inline_queries: false,
            },
          }),
      },
    },
  ],
  notFound: telegramError(404, 'Not Found'),
  rateLimited: telegramError(429, 'Too Many Requests: retry after 5', { parameters: { retry_after: 5 } }),
  outage: telegramError(502, 'Bad Gateway'),
};

const vonageDead: SimulatedReply = {
  status: 401,
  body: { 'error-code': '401', 'error-code-label': 'authentication failed' },
};

/** https://developer.vonage.com/en/api/account */
export const vonage: ServiceDefinition = {
  id: 'vonage',
  hosts: ['rest.nexmo.com', 'api.nexmo.com'],
  credentials: publish('vonage', [], (tag) => ({
    api_key: fakeText('vonage key', 8),
    api_secret: fakeText(tag, 16),
  })),
  routes: [
    {
      method: 'GET',
      host: 'rest.nexmo.com',
      path: '/account/get-balance',
      place: basic('api_key', 'api_secret'),
      replies: { dead: vonageDead, good: ok({ value: 12.34, autoReload: false }) },
    },
    {
      method: 'GET',
      host: 'api.nexmo.com',
      path: '/accounts/{api_key}/secrets',
      place: basic('api_key', 'api_secret'),
      replies: {
        dead: {
          status: 401,
          body: {
            type: 'https://developer.nexmo.com/api-errors#unauthorized',
            title: 'Invalid credentials supplied',
            detail: 'You did not provide correct credentials.',
          },
        },
        good: ok({
          _embedded: { secrets: [{ id: fakeUuid('vonage secret'), created_at: '2026-01-01T00:00:00Z' }] },
        }),
      },
    },
  ],
  rateLimited: { status: 429, body: { 'error-code': '429', 'error-code-label': 'throttled' } },
};

/** https://developers.messagebird.com/api/balance/ */
export const messagebird: ServiceDefinition = {
  id: 'messagebird',
  hosts: ['rest.messagebird.com'],
  credentials: publish('messagebird', [], (tag) => ({ access_key: fakeText(tag, 25) })),
  routes: [
    {
      method: 'GET',
      path: '/balance',
      place: authorization('AccessKey', 'access_key'),
      replies: {
        dead: {
          status: 401,
          body: {
            errors: [
              { code: 2, description: 'Request not allowed (incorrect access_key)', parameter: 'access_key' },
            ],
          },
        },
        good: ok({ payment: 'prepaid', type: 'credits', amount: 12.34 }),
      },
    },
  ],
  notFound: { status: 404, body: { errors: [{ code: 98, description: 'API not found', parameter: null }] } },
};

const birdError = (status: number, code: string, message: string): SimulatedReply => ({
  status,
  body: { code, message },
});

/** https://docs.bird.com/api */
export const bird: ServiceDefinition = {
  id: 'bird',
  hosts: ['api.bird.com'],
  credentials: publish('bird', ['limited'], (tag) => ({
    access_key: fakeText(tag, 40),
    workspace_id: fakeUuid('bird workspace'),
  })),
  routes: [
    {
      method: 'GET',
      path: '/workspaces/{workspace_id}/channels',
      place: authorization('AccessKey', 'access_key'),
      replies: {
        dead: birdError(401, 'Unauthenticated', 'The access key is not valid.'),
        limited: birdError(403, 'PermissionDenied', 'The access key lacks the permission.'),
        good: ok({ results: [{ id: fakeUuid('bird channel'), platformId: 'sms' }], nextPageToken: '' }),
      },
    },
  ],
  notFound: birdError(404, 'NotFound', 'Not found'),
};
