/** `keyturn gateway` as a process of its own, beside a service of a test, so that its memory and its end can be watched. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { EMBEDDED_ISSUER } from '../../src/all-roles';
import { oidcIssuer, oidcKeysUrl } from '../../src/vault/paths';
import { TOKEN_AUDIENCE } from '../../src/vault/identity-token';
import { baseEnv, spawnKeyturn } from './keyturn-process';
import type { TestService } from './service';
import { until } from './until';

export interface GatewayProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resident memory, in MiB. */
  residentMiB(): number;
  /** What it wrote to standard error. */
  said(): string;
  /** SIGTERM; resolves with the exit code when it is gone. */
  stop(): Promise<number | null>;
}

export async function startGatewayProcess(
  service: TestService,
  more: Record<string, string> = {},
): Promise<GatewayProcess> {
  const { addresses, credentials, config } = service.options;
  const { roleId, secretId } = credentials.gateway;
  const child = spawnKeyturn(['gateway'], {
    ...baseEnv(),
    DATABASE_URL: addresses.databaseUrl,
    VAULT_ADDR: addresses.vaultAddress,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: addresses.temporalNamespace,
    KEYTURN_VAULT_ROLE_ID: roleId,
    KEYTURN_VAULT_SECRET_ID: secretId,
    OIDC_ISSUER: oidcIssuer(EMBEDDED_ISSUER),
    OIDC_AUDIENCE: TOKEN_AUDIENCE,
    OIDC_JWKS_URL: oidcKeysUrl(addresses.vaultAddress),
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(config.providerOrigins),
    ...more,
  });
  let output = '';
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const url = await until('the gateway listens', async () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
    return /listening on (\S+)/.exec(output)?.[1];
  });
  return {
    url,
    process: child,
    residentMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    },
    said: () => said,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGTERM');
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    },
  };
}
