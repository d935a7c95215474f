/** Clients of the gateway as people use them: what their tests have in common. */
import { randomBytes } from 'node:crypto';
import { GatewayActions } from './gateway-actions';
import { startService, type TestService } from './service';

export const EMBEDDING_MODEL = 'openai/text-embedding-3-small';
const QUESTION = 'Say something.';
/** What the simulated models say to {@link MESSAGES}. */
export const ANSWER = 'Say something. (simulé 漢字 😀)';
export const MESSAGES = [{ role: 'user' as const, content: QUESTION }];
/** An alias of ours, and what the simulator's list has for it. */
export const ALIASES = [
  ['claude-3.5-sonnet', 'anthropic/claude-sonnet-5'],
  ['gpt-4-turbo', 'openai/gpt-4-turbo'],
] as const;

/** A whole Keyturn, and a tenant that has stored a key. */
export interface ClientFixture {
  readonly service: TestService;
  readonly acme: GatewayActions;
  /** The plain key of the tenant. */
  readonly key: string;
  /** Of a service of the tenant. */
  readonly token: string;
  /** A tenant that nobody else uses. */
  tenant(name: string): GatewayActions;
  tokenOf(tenant: GatewayActions): Promise<string>;
  /** A token of a tenant whose key was revoked. */
  revoked(): Promise<string>;
}

export async function startClientFixture(): Promise<ClientFixture> {
  const service = await startService({
    KEYTURN_GATEWAY_FENCE_MS: '100',
    KEYTURN_GATEWAY_CACHE_MS: '60000',
  });
  const tenant = (name: string): GatewayActions =>
    new GatewayActions(service, service.tenant(`${name}-${randomBytes(2).toString('hex')}`));
  const tokenOf = ({ tenantId }: GatewayActions): Promise<string> =>
    service.mintToken({ role: 'service', tenantId });
  const acme = tenant('acme');
  const key = await acme.storeKey();
  return {
    service,
    acme,
    key,
    token: await tokenOf(acme),
    tenant,
    tokenOf,
    async revoked() {
      const gone = tenant('gone');
      await gone.storeKey();
      await gone.key.revoke();
      return tokenOf(gone);
    },
  };
}

/** A `fetch` that counts. */
export function counting(): { fetch: typeof fetch; count: () => number } {
  let made = 0;
  return {
    fetch: (input, init) => {
      made += 1;
      return fetch(input, init);
    },
    count: () => made,
  };
}

/** All of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}
