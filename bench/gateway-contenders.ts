/** Three ways to one answer of the simulator: straight, through Keyturn's gateway, through Portkey's. */
import { EMBEDDED_ISSUER } from '../src/all-roles';
import type { Lifecycle } from '../src/lifecycle';
import { oidcIssuer, oidcKeysUrl } from '../src/vault/identity-token';
import { findPortkey } from './gateway-install-portkey';
import { call } from './http-calls';
import type { Mode } from './mode';
import { forAll } from './run-loop';
import type { Bench } from './start-bench';
import { startChild } from './start-child';

export interface Contender {
  readonly name: 'direct' | 'keyturn' | 'portkey';
  readonly origin: string;
  readonly path: string;
  /** Of each of its callers in turn. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Null: there is no process between. */
  readonly pid: number | null;
}

/** The tenants whose keys Keyturn finds; nobody else calls in their name. */
export const TENANTS: readonly string[] = Array.from({ length: 16 }, (_, at) => `bench-gateway-${at}`);

const STORERS = 4;

/** Those that can be measured here; `direct` is the first. */
export async function startContenders(life: Lifecycle, bench: Bench, mode: Mode): Promise<Contender[]> {
  const direct = directContender(bench);
  const contenders = [direct, await startKeyturn(life, bench)];
  const script = await findPortkey(mode.name === 'smoke' ? 'as it is' : 'install');
  if (script === null) console.log('gateway: Portkey is not installed here: measured without it');
  else contenders.push(await startPortkey(life, direct, script));
  return contenders;
}

function directContender({ simulator }: Bench): Contender {
  return {
    name: 'direct',
    origin: simulator.origin,
    path: '/api/v1/chat/completions',
    headers: [headersOf(simulator.good['api_key'] ?? '')],
    pid: null,
  };
}

function headersOf(token: string): Record<string, string> {
  return { 'content-type': 'application/json', authorization: `Bearer ${token}` };
}

/** Its callers hold no key: their tenant's is stored, found, checked and metered for each call. */
async function startKeyturn(life: Lifecycle, bench: Bench): Promise<Contender> {
  const { roles, addresses, simulator, gatewayAppRole } = bench;
  await forAll(TENANTS, STORERS, (tenant) => {
    const body = { tenant_id: tenant, service_id: 'openrouter', api_keys: simulator.good };
    return call(bench, roles.url, { method: 'POST', path: '/byok/generate-keys', body, expect: 201 });
  });
  const { origin, pid } = await startChild(life, 'gateway-process.js', {
    env: {
      PORT: '0',
      LOG_LEVEL: 'error',
      DATABASE_URL: addresses.databaseUrl,
      VAULT_ADDR: addresses.vaultAddress,
      TEMPORAL_ADDRESS: addresses.temporalAddress,
      TEMPORAL_NAMESPACE: addresses.temporalNamespace,
      KEYTURN_VAULT_ROLE_ID: gatewayAppRole.roleId,
      KEYTURN_VAULT_SECRET_ID: gatewayAppRole.secretId,
      OIDC_ISSUER: oidcIssuer(EMBEDDED_ISSUER),
      OIDC_JWKS_URL: oidcKeysUrl(addresses.vaultAddress),
      KEYTURN_PROVIDER_ORIGINS: JSON.stringify({ openrouter: simulator.origin }),
    },
  });
  const tokens = await forAll(TENANTS, STORERS, (tenantId) => roles.mintToken({ role: 'service', tenantId }));
  return { name: 'keyturn', origin, path: '/v1/chat/completions', headers: tokens.map(headersOf), pid };
}

/**
 * Its caller sends the provider's key itself. As the provider `openai`, which passes streams on as they are: as
 * `openrouter` it leaves out members it does not know, the simulator's among them, and writes every event anew.
 */
async function startPortkey(life: Lifecycle, direct: Contender, script: string): Promise<Contender> {
  const { origin, pid } = await startChild(life, 'gateway-portkey-process.js', {
    args: [script],
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
    quiet: true,
  });
  const route = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${direct.origin}/api/v1` };
  const headers = direct.headers.map((own) => ({ ...own, ...route }));
  return { name: 'portkey', origin, path: '/v1/chat/completions', headers, pid };
}
