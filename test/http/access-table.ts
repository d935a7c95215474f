/** Who may call what, and one request of each kind to ask it with. */
import type { Reach } from '../../src/http/describe-access';
import type { ApiCall } from '../support/service';

/** Columns as in ROLES: tenant, service, operator, platform, admin. */
export const EXPECTED: Readonly<Record<string, readonly Reach[]>> = {
  generateKeys: ['own', 'no', 'no', 'no', 'any'],
  listServices: ['yes', 'yes', 'yes', 'yes', 'yes'],
  validateKey: ['own', 'no', 'any', 'no', 'any'],
  rotateKey: ['own', 'no', 'no', 'no', 'any'],
  revokeKey: ['own', 'no', 'any', 'no', 'any'],
  listKeys: ['own', 'no', 'any', 'no', 'any'],
  listOperations: ['own', 'no', 'any', 'no', 'any'],
  getOperation: ['own', 'no', 'any', 'no', 'any'],
  finishRotation: ['own', 'no', 'any', 'no', 'any'],
  rollbackRotation: ['own', 'no', 'any', 'no', 'any'],
  cancelOperation: ['own', 'no', 'any', 'no', 'any'],
  listAudit: ['own', 'no', 'any', 'no', 'any'],
  verifyAudit: ['own', 'no', 'any', 'no', 'any'],
  listModels: ['yes', 'yes', 'yes', 'yes', 'yes'],
  getModel: ['yes', 'yes', 'yes', 'yes', 'yes'],
  createCompletion: ['no', 'own', 'no', 'any', 'any'],
  createChatCompletion: ['no', 'own', 'no', 'any', 'any'],
  createEmbeddings: ['no', 'own', 'no', 'any', 'any'],
  listOpenAiModels: ['yes', 'yes', 'yes', 'yes', 'yes'],
  getOpenAiModel: ['yes', 'yes', 'yes', 'yes', 'yes'],
  readUsage: ['own', 'own', 'any', 'no', 'any'],
  readGatewayPolicy: ['own', 'no', 'any', 'no', 'any'],
  writeGatewayPolicy: ['no', 'no', 'no', 'no', 'any'],
  healthz: ['yes', 'yes', 'yes', 'yes', 'yes'],
  readyz: ['yes', 'yes', 'yes', 'yes', 'yes'],
  metrics: ['no', 'no', 'yes', 'no', 'yes'],
  vaultHealth: ['no', 'no', 'yes', 'no', 'yes'],
  resolveKey: ['no', 'own', 'no', 'no', 'no'],
  offboardTenant: ['no', 'no', 'no', 'no', 'yes'],
};
export const OPEN = ['healthz', 'readyz'];

/** What a refusal does: it leaves a trace, and looks nothing up. */
export const TRACE = ['ledger.appendAudit'];

export interface Target {
  readonly tenantId: string;
  readonly operationId: string;
}
export type Whose = 'own' | 'foreign' | 'unknown';

const POLICY = { platform_fallback: 'when_missing' };

/** One request per route that changes nothing, and what it answers to those who may ask. */
export const REQUESTS: Readonly<
  Record<string, { ask: (target: Target) => ApiCall; answers: string; unknown?: string }>
> = {
  generateKeys: { ask: post('generate-keys', { api_keys: {} }), answers: '422 invalid_fields' },
  listServices: { ask: () => ({ path: '/byok/services' }), answers: '200' },
  validateKey: { ask: post('validate-key', { service_id: 'stripe' }), answers: '404 key_not_found' },
  rotateKey: { ask: post('rotate-key', {}), answers: '422 new_key_required' },
  revokeKey: {
    ask: ({ tenantId }) => ({
      method: 'DELETE',
      path: '/byok/revoke-key',
      body: { tenant_id: tenantId, service_id: 'stripe' },
    }),
    answers: '404 key_not_found',
  },
  listKeys: { ask: list('/byok/keys'), answers: '200' },
  listOperations: { ask: list('/byok/operations'), answers: '200' },
  getOperation: { ask: operation('GET', ''), answers: '200', unknown: '404 operation_not_found' },
  finishRotation: {
    ask: operation('POST', '/finish'),
    answers: '409 not_in_grace',
    unknown: '404 operation_not_found',
  },
  rollbackRotation: {
    ask: operation('POST', '/rollback'),
    answers: '409 not_in_grace',
    unknown: '404 operation_not_found',
  },
  cancelOperation: {
    ask: operation('POST', '/cancel'),
    answers: '409 already_promoted',
    unknown: '404 operation_not_found',
  },
  listAudit: { ask: list('/audit'), answers: '200' },
  verifyAudit: { ask: list('/audit/verify'), answers: '200' },
  listModels: { ask: () => ({ path: '/openrouter/models?limit=1' }), answers: '200' },
  getModel: { ask: () => ({ path: '/openrouter/models/openai/gpt-4o-mini' }), answers: '200' },
  createCompletion: { ask: relay('/openrouter/completions'), answers: '400 malformed_json' },
  createChatCompletion: { ask: relay('//v1/chat/completions'), answers: '400 malformed_json' },
  createEmbeddings: { ask: relay('//v1/embeddings'), answers: '400 malformed_json' },
  listOpenAiModels: { ask: () => ({ path: '//v1/models' }), answers: '200' },
  getOpenAiModel: { ask: () => ({ path: '//v1/models/openai/gpt-4o-mini' }), answers: '200' },
  readUsage: { ask: ({ tenantId }) => ({ path: `/openrouter/usage/${tenantId}` }), answers: '200' },
  readGatewayPolicy: { ask: ({ tenantId }) => ({ path: `/openrouter/policy/${tenantId}` }), answers: '200' },
  writeGatewayPolicy: {
    ask: ({ tenantId }) => ({ method: 'PUT', path: `/openrouter/policy/${tenantId}`, body: POLICY }),
    answers: '200',
  },
  healthz: { ask: () => ({ path: '//healthz' }), answers: '200' },
  readyz: { ask: () => ({ path: '//readyz' }), answers: '200' },
  metrics: { ask: () => ({ path: '//metrics' }), answers: '200' },
  vaultHealth: { ask: () => ({ path: '/vault/health' }), answers: '200' },
  resolveKey: {
    ask: ({ tenantId }) => ({ path: `/byok/resolve?tenant_id=${tenantId}&service_id=openrouter` }),
    answers: '200',
    unknown: '404 key_not_found',
  },
  offboardTenant: {
    ask: ({ tenantId }) => ({ method: 'DELETE', path: `/byok/tenants/${tenantId}` }),
    answers: '200',
  },
};

function post(route: string, more: object): (target: Target) => ApiCall {
  return ({ tenantId }) => ({
    path: `/byok/${route}`,
    body: { tenant_id: tenantId, service_id: 'openrouter', ...more },
  });
}
function relay(path: string): (target: Target) => ApiCall {
  return ({ tenantId }) => ({ path: `${path}?tenant_id=${tenantId}`, body: '{' });
}
function list(path: string): (target: Target) => ApiCall {
  return ({ tenantId }) => ({ path: `${path}?tenant_id=${tenantId}` });
}
function operation(method: string, verb: string): (target: Target) => ApiCall {
  return ({ operationId }) => ({ method, path: `/byok/operations/${operationId}${verb}` });
}
