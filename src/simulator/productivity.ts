/** Notes, tables, calendars and forms: Notion, Airtable, Calendly, Typeform, Asana. */
import { bearer } from './credential-places';
import { publish, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeHex, fakeLetters, fakeText, fakeUpper, fakeUuid } from './fake-values';
import { atHosts } from './regional-routes';
import type { SimulatedReply } from './service';

const ok = (body: unknown): SimulatedReply => ({ status: 200, body });

const notionError = (status: number, code: string, message: string): SimulatedReply => ({
  status,
  body: { object: 'error', status, code, message, request_id: fakeUuid('notion request') },
});

/** https://developers.notion.com/reference/get-self */
export const notion: ServiceDefinition = {
  id: 'notion',
  hosts: ['api.notion.com'],
  credentials: publish('notion', ['limited'], (tag) => ({ token: `ntn_${fakeText(tag, 46)}` })),
  routes: [
    {
      method: 'GET',
      path: '/v1/users/me',
      requires: ({ headers }) =>
        headers['notion-version']
          ? null
          : notionError(
              400,
              'missing_version',
              'Notion-Version header failed validation: Notion-Version header should be defined.',
            ),
      place: bearer('token'),
      replies: {
        dead: notionError(401, 'unauthorized', 'API token is invalid.'),
        limited: notionError(403, 'restricted_resource', 'Insufficient permissions for this endpoint.'),
        good: ({ account }) =>
          ok({
            object: 'user',
            id: fakeUuid(`notion ${account}`),
            name: 'Simulated',
            avatar_url: null,
            type: 'bot',
            bot: { owner: { type: 'workspace', workspace: true }, workspace_name: 'Simulated' },
          }),
      },
    },
  ],
  notFound: notionError(400, 'invalid_request_url', 'Invalid request URL.'),
  rateLimited: notionError(
    429,
    'rate_limited',
    'You have been rate limited. Please try again in a few minutes.',
  ),
  outage: notionError(503, 'service_unavailable', 'Notion is unavailable, please try again later.'),
};

const airtableError = (status: number, type: string, message: string): SimulatedReply => ({
  status,
  body: { error: { type, message } },
});

/** https://airtable.com/developers/web/api/get-user-id-scopes */
export const airtable: ServiceDefinition = {
  id: 'airtable',
  hosts: ['api.airtable.com'],
  credentials: publish('airtable', ['revoked'], (tag) => ({
    token: `pat${fakeText(tag, 14)}.${fakeHex(tag, 64)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/v0/meta/whoami',
      place: bearer('token'),
      replies: {
        dead: airtableError(401, 'AUTHENTICATION_REQUIRED', 'Authentication required'),
        revoked: airtableError(
          403,
          'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
          'Invalid permissions, or the requested model was not found.',
        ),
        good: ({ account }) => ok({ id: `usr${fakeText(`airtable ${account}`, 14)}` }),
      },
    },
  ],
  notFound: { status: 404, body: { error: 'NOT_FOUND' } },
  rateLimited: {
    status: 429,
    body: {
      errors: [{ error: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded. Please try again later' }],
    },
  },
};

/** A token in the form of a JWT; nothing is signed. */
function jwtShaped(tag: string): string {
  const part = (name: string): string =>
    Buffer.from(`{"simulated":"${fakeLetters(`${tag} ${name}`, 100)}"}`).toString('base64url');
  return `eyJ${part('head').slice(3)}.eyJ${part('body').slice(3)}.${fakeText(`${tag} signature`, 86)}`;
}

const calendlyError = (status: number, title: string, message: string): SimulatedReply => ({
  status,
  body: { title, message },
});

/** https://developer.calendly.com/api-docs/005832c83aeae-get-current-user */
export const calendly: ServiceDefinition = {
  id: 'calendly',
  hosts: ['api.calendly.com'],
  credentials: publish('calendly', ['forbidden'], (tag) => ({ token: jwtShaped(tag) })),
  routes: [
    {
      method: 'GET',
      path: '/users/me',
      place: bearer('token'),
      replies: {
        dead: calendlyError(401, 'Unauthenticated', 'The access token is invalid'),
        forbidden: calendlyError(
          403,
          'Permission Denied',
          'You do not have permission to access this resource.',
        ),
        good: ({ account }) =>
          ok({
            resource: {
              uri: `https://api.calendly.com/users/${fakeUpper(`calendly ${account}`, 16)}`,
              name: 'Simulated',
              email: 'simulated@example.com',
              timezone: 'UTC',
              current_organization: `https://api.calendly.com/organizations/${fakeUpper(`calendly org ${account}`, 16)}`,
            },
          }),
      },
    },
  ],
  notFound: calendlyError(404, 'Resource Not Found', 'The server could not find the requested resource.'),
  rateLimited: calendlyError(429, 'Too Many Requests', 'Rate limit exceeded'),
};

const typeformError = (status: number, code: string, description: string): SimulatedReply => ({
  status,
  body: { code, description },
});
const typeformToken = (tag: string): string => `tfp_${fakeText(tag, 50)}`;

/** https://www.typeform.com/developers/create/reference/retrieve-own-account/ */
export const typeform: ServiceDefinition = {
  id: 'typeform',
  hosts: ['api.typeform.com', 'api.eu.typeform.com'],
  credentials: {
    ...publish('typeform', ['revoked'], (tag) => ({ token: typeformToken(tag), region: 'us' })),
    regionEu: { token: typeformToken('typeform regionEu'), region: 'eu' },
  },
  routes: atHosts(
    'region',
    { us: 'api.typeform.com', eu: 'api.eu.typeform.com' },
    {
      method: 'GET',
      path: '/me',
      place: bearer('token'),
      missing: typeformError(
        401,
        'AUTHENTICATION_FAILED',
        'Authentication credentials not found on the Request Headers',
      ),
      replies: {
        dead: typeformError(403, 'AUTHENTICATION_FAILED', 'Authentication failed'),
        revoked: typeformError(401, 'AUTHENTICATION_FAILED', 'Authentication failed'),
        good: ({ account }) =>
          ok({
            user_id: fakeUpper(`typeform ${account}`, 26),
            email: 'simulated@example.com',
            alias: account,
            language: 'en',
          }),
      },
    },
  ),
  notFound: typeformError(404, 'NOT_FOUND', 'Resource not found'),
  rateLimited: typeformError(429, 'TOO_MANY_REQUESTS', 'Request limit reached'),
};

const asanaError = (status: number, message: string): SimulatedReply => ({
  status,
  body: {
    errors: [
      {
        message,
        help: 'For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors',
      },
    ],
  },
});

/** https://developers.asana.com/reference/getuser */
export const asana: ServiceDefinition = {
  id: 'asana',
  hosts: ['app.asana.com'],
  credentials: publish('asana', ['forbidden'], (tag) => ({
    token: `1/${fakeDigits(tag, 16)}:${fakeHex(tag, 32)}`,
  })),
  routes: [
    {
      method: 'GET',
      path: '/api/1.0/users/me',
      place: bearer('token'),
      replies: {
        dead: asanaError(401, 'Not Authorized'),
        forbidden: asanaError(403, 'Forbidden'),
        good: ({ account }) =>
          ok({
            data: {
              gid: fakeDigits(`asana ${account}`, 16),
              name: 'Simulated',
              email: 'simulated@example.com',
            },
          }),
      },
    },
  ],
  notFound: asanaError(404, 'No matching route for request'),
  rateLimited: asanaError(429, 'You have made too many requests recently. Please, be chill.'),
};
