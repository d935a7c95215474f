import {
  EXHAUSTED,
  INVALID,
  LIMITED,
  reply,
  UNDECIDED,
  VALID,
  WRONG_KIND,
  type ReplySheet,
} from './reply-case';

const models = { object: 'list', data: [] };
const modelList: ReplySheet['cases'] = [reply(200, models, VALID), reply(200, { data: {} }, UNDECIDED)];
const key = (data: object): object => ({
  data: { label: 'sk-or-v1-abc...123', limit: null, limit_remaining: null, ...data },
});

export const AI_REPLIES: Readonly<Record<string, ReplySheet>> = {
  openrouter: {
    bare: { 402: EXHAUSTED },
    cases: [
      reply(200, key({ is_management_key: false }), VALID, { url: 'https://openrouter.ai/api/v1/key' }),
      reply(200, key({ is_management_key: true, limit_remaining: 0 }), WRONG_KIND),
      reply(200, key({ is_provisioning_key: true }), WRONG_KIND),
      reply(200, key({ limit: 5, limit_remaining: 0 }), EXHAUSTED),
      reply(200, key({ limit: 5, limit_remaining: -0.01 }), EXHAUSTED),
      reply(200, key({ limit: 5, limit_remaining: 0.01 }), VALID),
      reply(403, { error: { code: 403, message: 'Key limit exceeded (total limit). Manage it' } }, EXHAUSTED),
      reply(
        403,
        { error: { code: 403, message: 'Only management keys can perform this operation' } },
        UNDECIDED,
      ),
    ],
  },
  openai: {
    cases: [
      ...modelList,
      reply(200, models, WRONG_KIND, { fields: { api_key: 'sk-admin-exampleT3BlbkFJexample' } }),
      reply(403, {}, WRONG_KIND, { fields: { api_key: 'sk-admin-exampleT3BlbkFJexample' } }),
      reply(401, {}, INVALID, { fields: { api_key: 'sk-admin-exampleT3BlbkFJexample' } }),
      reply(403, { error: { message: 'You have insufficient permissions for this operation.' } }, LIMITED),
      reply(403, { error: { message: 'Country not supported' } }, UNDECIDED),
      reply(429, { error: { code: 'insufficient_quota' } }, EXHAUSTED),
      reply(200, models, VALID, {
        fields: { organization_id: 'org-1', project_id: 'proj_1' },
        sent: ['openai-organization: org-1', 'openai-project: proj_1'],
      }),
    ],
  },
  anthropic: {
    cases: [
      ...modelList,
      reply(200, models, VALID, {
        url: 'https://api.anthropic.com/v1/models?limit=1',
        sent: ['anthropic-version: 2023-06-01'],
      }),
    ],
  },
  cohere: {
    bare: { 402: EXHAUSTED, 498: INVALID },
    cases: [reply(200, { valid: true }, VALID), reply(200, { valid: false }, INVALID)],
  },
  mistral: { bare: { 402: EXHAUSTED }, cases: modelList },
  'google-gemini': {
    cases: [
      reply(200, { models: [] }, VALID, {
        url: 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1',
        sent: [/^x-goog-api-key: AQ\./m],
      }),
      reply(400, { error: { details: [{ reason: 'API_KEY_INVALID' }] } }, INVALID),
      reply(400, { error: { details: [{ reason: 'OTHER' }] } }, UNDECIDED),
      reply(403, { error: { details: [{}, { reason: 'API_KEY_HTTP_REFERRER_BLOCKED' }] } }, LIMITED),
      reply(403, { error: { details: [{ reason: 'SERVICE_DISABLED' }] } }, LIMITED),
    ],
  },
  groq: { cases: modelList },
  deepseek: {
    bare: { 402: EXHAUSTED },
    cases: [reply(200, { is_available: true }, VALID), reply(200, { is_available: false }, EXHAUSTED)],
  },
  together: {
    bare: { 200: UNDECIDED },
    cases: [
      reply(200, { organization_id: 'o', project_id: 'p', project_slug: 's' }, VALID),
      reply(200, { error: { message: 'no' } }, UNDECIDED),
    ],
  },
  perplexity: { cases: [reply(200, { requests: [] }, VALID)] },
  xai: {
    cases: [
      reply(200, { api_key_blocked: false, api_key_disabled: false }, VALID),
      reply(200, { api_key_blocked: true, api_key_disabled: false }, INVALID),
      reply(200, { api_key_blocked: false, api_key_disabled: true }, INVALID),
      reply(200, { api_key_blocked: false, api_key_disabled: false, team_blocked: true }, LIMITED),
      reply(200, { api_key_blocked: false }, UNDECIDED),
      reply(200, { api_key_disabled: false }, UNDECIDED),
      reply(400, { code: 'x', error: 'Incorrect API key provided: xa***.' }, INVALID),
      reply(400, { code: 'x', error: 'Bad request' }, UNDECIDED),
    ],
  },
  fireworks: { bare: { 412: EXHAUSTED }, cases: modelList },
  huggingface: { cases: [reply(200, { name: 'a' }, VALID)] },
  replicate: { cases: [reply(200, { username: 'a' }, VALID)] },
  elevenlabs: {
    bare: { 401: UNDECIDED },
    cases: [
      reply(200, { user_id: 'u' }, VALID),
      reply(401, { detail: { status: 'missing_permissions' } }, LIMITED),
      reply(401, { detail: { status: 'quota_exceeded' } }, EXHAUSTED),
      reply(401, { detail: { status: 'invalid_api_key' } }, INVALID),
      reply(401, { detail: { status: 'detected_unusual_activity' } }, UNDECIDED),
    ],
  },
  'azure-openai': {
    cases: [
      ...modelList,
      reply(200, models, VALID, {
        fields: { endpoint: 'https://Acme-1.services.ai.azure.com/' },
        url: 'https://acme-1.services.ai.azure.com/openai/v1/models',
      }),
    ],
  },
};
