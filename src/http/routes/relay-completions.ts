/** Completions and embeddings, passed on to OpenRouter with the tenant's own key. */
import { z } from 'zod';
import { KeyturnError } from '../../contract/errors';
import { DEFAULT_KEY_NAME } from '../../contract/ids';
import type { GatewayEndpoint } from '../../contract/gateway';
import type { RelayPort } from '../gateway-ports';
import { defineRelay, type Route } from '../route';
import { tenantId } from '../schemas';

/** The service of the catalogue whose keys the gateway uses. */
const SERVICE_ID = 'openrouter';

const query = z.strictObject({
  tenant_id: tenantId.optional().meta({
    description: 'the tenant whose key is used; a token that is bound to a tenant may leave it out',
  }),
});

const asked = z.looseObject({
  model: z.string().optional().meta({ description: 'an id of OpenRouter’s list, or an alias' }),
});

const answered = {
  200: {
    description:
      'OpenRouter’s own answer, byte by byte; other statuses and their bodies are passed on likewise. ' +
      'x-keyturn-credential tells whose key served it',
    schema: z.looseObject({}),
  },
};

/** POST /openrouter/completions, /v1/chat/completions and /v1/embeddings. */
export function relayRoutes(port: RelayPort): readonly Route[] {
  const route = (facts: {
    path: string;
    operationId: string;
    summary: string;
    endpoint: GatewayEndpoint;
  }): Route =>
    defineRelay({
      method: 'post',
      path: facts.path,
      operationId: facts.operationId,
      summary: facts.summary,
      tag: 'Gateway',
      access: { roles: ['service', 'platform', 'admin'], tenant: 'named' },
      mutates: false,
      body: asked,
      query,
      responses: answered,
      tenantOf: (input, principal) => input.query.tenant_id ?? principal.tenantId,
      maxBodyBytes: port.maxBodyBytes,
      async relay({ query, principal, body, raw }, response) {
        const tenant = query.tenant_id ?? principal.tenantId;
        if (tenant === null) {
          throw new KeyturnError('invalid_request', 'tenant_id: is missing', { field: 'tenant_id' });
        }
        await port.relay(
          {
            ref: { tenantId: tenant, serviceId: SERVICE_ID, keyName: DEFAULT_KEY_NAME },
            principal: principal.subject,
            endpoint: facts.endpoint,
            headers: raw.headers,
            body,
          },
          response,
        );
      },
    });
  return [
    route({
      path: '/openrouter/completions',
      operationId: 'createCompletion',
      summary: 'A chat completion with the tenant’s key',
      endpoint: 'chat.completions',
    }),
    route({
      path: '//v1/chat/completions',
      operationId: 'createChatCompletion',
      summary: 'The same, for clients of OpenAI’s API',
      endpoint: 'chat.completions',
    }),
    route({
      path: '//v1/embeddings',
      operationId: 'createEmbeddings',
      summary: 'Embeddings, for clients of OpenAI’s API',
      endpoint: 'embeddings',
    }),
  ];
}
