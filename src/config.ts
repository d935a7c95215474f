/** The only reader of the environment. Each setting is described once; the README's table is made from here. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KeyturnError } from './contract/errors';

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(86_400_000);
const usd = z.string().regex(/^\d{1,12}(?:\.\d{1,9})?$/, 'must be an amount in USD');
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Every setting: variable → schema with its description. Secrets have no defaults. */
export const SETTINGS = {
  NODE_ENV: z
    .string()
    .default('development')
    .describe('`production` refuses the conveniences of development'),
  PORT: port.default(8001).describe('port of the HTTP service'),
  HOST: z.string().default('127.0.0.1').describe('address the HTTP service binds to'),
  LOG_LEVEL: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('least level logged'),
  KEYTURN_HOME: z
    .string()
    .default('.keyturn')
    .describe('folder of the embedded servers: data, credentials, logs'),
  PATH: z.string().default('').describe('folders searched for servers that were not downloaded'),
  KEYTURN_CACHE: z.string().optional().describe('folder where downloaded servers are kept'),
  KEYTURN_TEMPORAL_BIN: z
    .string()
    .optional()
    .describe('a `temporal` CLI to use instead of the downloaded one'),
  KEYTURN_BAO_BIN: z.string().optional().describe('a `bao` binary to use instead of the downloaded one'),
  KEYTURN_TEMPORAL_PORT: port.optional().describe('port of the embedded Temporal server (7233)'),
  KEYTURN_TEMPORAL_UI_PORT: port.optional().describe('port of its Web UI (8233)'),
  KEYTURN_VAULT_PORT: port.optional().describe('port of the embedded OpenBao (8200)'),
  KEYTURN_POSTGRES_PORT: port.optional().describe('port of the embedded PostgreSQL (5433)'),
  DATABASE_URL: z.string().optional().describe('PostgreSQL of the ledger; without it one is started'),
  VAULT_ADDR: z.url().optional().describe('address of Vault or OpenBao, as the roles reach it'),
  VAULT_NAMESPACE: z.string().optional().describe('Vault namespace'),
  VAULT_CACERT: z.string().optional().describe('file of the CA that signed the vault’s certificate'),
  VAULT_TOKEN: z.string().optional().describe('token that `keyturn setup` provisions with; no role uses it'),
  KEYTURN_CREDENTIALS_DIR: z
    .string()
    .optional()
    .describe('folder where `keyturn setup` keeps the roles’ secret ids'),
  KEYTURN_URL: z.url().optional().describe('address of a running service, for `keyturn keys import`'),
  KEYTURN_TOKEN: z.string().optional().describe('bearer token for it'),
  KEYTURN_BACKUP_PASSPHRASE: z
    .string()
    .min(12)
    .optional()
    .describe('passphrase of `keyturn backup` and `restore`; asked for when absent'),
  KEYTURN_VAULT_ROLE_ID: z.string().optional().describe('AppRole id of this role'),
  KEYTURN_VAULT_SECRET_ID: z.string().optional().describe('AppRole secret id of this role'),
  KEYTURN_VAULT_SECRET_ID_FILE: z.string().optional().describe('file that holds the secret id'),
  KEYTURN_VAULT_KV_MOUNT: z.string().default('bizosaas').describe('mount of the KV v2 engine'),
  KEYTURN_VAULT_TRANSIT_MOUNT: z.string().default('transit').describe('mount of the transit engine'),
  KEYTURN_VAULT_TRANSIT_KEY: z.string().default('keyturn').describe('transit key that seals credentials'),
  KEYTURN_VAULT_FINGERPRINT_KEY: z.string().default('keyturn-fp').describe('transit key of fingerprints'),
  KEYTURN_VAULT_ANCHOR_KEY: z
    .string()
    .default('keyturn-anchor')
    .describe('transit key that signs audit anchors'),
  KEYTURN_VAULT_TIMEOUT_MS: milliseconds.default(5_000).describe('longest one call to the vault may take'),
  TEMPORAL_ADDRESS: z.string().optional().describe('Temporal frontend, host:port'),
  TEMPORAL_NAMESPACE: z.string().default('keyturn').describe('Temporal namespace'),
  KEYTURN_TASK_QUEUE: z
    .string()
    .min(1)
    .max(200)
    .default('keyturn')
    .describe('Temporal task queue of the worker'),
  TEMPORAL_API_KEY: z.string().optional().describe('API key of Temporal Cloud'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional().describe('CA of the Temporal frontend'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional().describe('client certificate for mTLS'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional().describe('its key'),
  TEMPORAL_UI_URL: z.url().optional().describe('Web UI that links point to'),
  OIDC_ISSUER: z.string().optional().describe('issuer of the bearer tokens'),
  OIDC_AUDIENCE: z.string().default('keyturn-api').describe('audience the tokens must carry'),
  OIDC_JWKS_URL: z.url().optional().describe('keys of the issuer; else found by its discovery document'),
  KEYTURN_SIMULATOR_MODELS: z
    .string()
    .optional()
    .describe(
      'file with OpenRouter’s answer to GET /models, for the demo’s simulator instead of its own dozen',
    ),
  KEYTURN_PROVIDER_ORIGINS: z
    .string()
    .optional()
    .describe('JSON: service id → origin to use instead of the provider’s'),
  KEYTURN_ALLOW_PROVIDER_ORIGINS: flag.default(false).describe('`true` allows that in production'),
  KEYTURN_WAIT_MS: milliseconds
    .default(10_000)
    .describe('longest a mutation waits for its result before 202'),
  KEYTURN_PROBE_TIMEOUT_MS: milliseconds.default(10_000).describe('longest one call to a provider may take'),
  KEYTURN_PROBES_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('calls a second a worker makes to one provider'),
  KEYTURN_RECONCILE_MS: milliseconds.default(5_000).describe('time between two passes of the reconciler'),
  KEYTURN_RECONCILE_AFTER_MS: milliseconds
    .default(15_000)
    .describe('age at which an operation without a run is looked at'),
  KEYTURN_SWEEP_MS: milliseconds
    .default(600_000)
    .describe('time between two sweeps for what stopped runs left in the vault'),
  KEYTURN_ANCHOR_MS: milliseconds.default(5_000).describe('time between two anchors of the audit trail'),
  KEYTURN_STICKY_TIMEOUT_MS: milliseconds
    .default(5_000)
    .describe('time after which a dead worker’s workflows move on'),
  KEYTURN_RESOLVE_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(600)
    .describe('reads of a key through /byok/resolve a minute, for one tenant and service'),
  OPENROUTER_API_KEY: z
    .string()
    .optional()
    .describe('the platform’s own OpenRouter key, used while the vault has none; the demo’s, too'),
  KEYTURN_TENANT_BUDGET_USD: usd
    .default('5')
    .describe(
      'most the platform’s OpenRouter key pays a month for one tenant, unless its policy says otherwise',
    ),
  KEYTURN_PLATFORM_BUDGET_USD: usd
    .default('100')
    .describe('most the platform’s OpenRouter key pays a month for all tenants together'),
  KEYTURN_BUDGET_WARNING_PERCENT: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(80)
    .describe('part of a budget at which a warning is logged'),
  KEYTURN_GATEWAY_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(256 * 1024 * 1024)
    .default(32 * 1024 * 1024)
    .describe('greatest request the gateway passes on'),
  KEYTURN_GATEWAY_HEADERS_MS: milliseconds
    .default(300_000)
    .describe('longest the gateway waits for the head of an answer'),
  KEYTURN_GATEWAY_FIRST_DATA_MS: milliseconds
    .default(300_000)
    .describe('longest it waits after that for something else than comments'),
  KEYTURN_GATEWAY_IDLE_MS: milliseconds.default(120_000).describe('longest silence within an answer'),
  KEYTURN_GATEWAY_CACHE_MS: milliseconds
    .default(15_000)
    .describe(
      'longest the gateway keeps an opened key; each call still asks the ledger whether it is served',
    ),
  KEYTURN_GATEWAY_FENCE_MS: milliseconds
    .default(500)
    .describe('time between two looks for revocations that end calls under way'),
  KEYTURN_GATEWAY_PRICE_MS: milliseconds
    .default(15_000)
    .describe('time between two searches for the cost of calls that ended without telling it'),
  KEYTURN_DRAIN_MS: milliseconds
    .default(20_000)
    .describe('longest a call through the gateway may go on after SIGTERM'),
  KEYTURN_MODELS_REFRESH_MS: milliseconds
    .default(300_000)
    .describe('age at which the model list is fetched anew'),
  KEYTURN_VALIDATE_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(60)
    .describe('validate-key requests a minute and tenant'),
} as const;

const schema = z.object(SETTINGS);
export type Config = Omit<Readonly<z.infer<typeof schema>>, 'OPENROUTER_API_KEY'> & {
  readonly providerOrigins: Readonly<Record<string, string>>;
  /** `OPENROUTER_API_KEY`. A function, so that whoever prints the configuration does not print the key. */
  readonly openRouterKey: () => string | undefined;
};

const originsSchema = z.record(z.string(), z.url());

/** Thrown when a setting is wrong: `configuration`, naming the variable and what it must be, never its value. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(SETTINGS).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new KeyturnError('configuration', `the configuration is wrong: ${faults.join('; ')}`);
  }
  const config = parsed.data;
  const providerOrigins = parseOrigins(config.KEYTURN_PROVIDER_ORIGINS);
  const production = config.NODE_ENV === 'production';
  if (production && Object.keys(providerOrigins).length > 0 && !config.KEYTURN_ALLOW_PROVIDER_ORIGINS) {
    throw new KeyturnError(
      'configuration',
      'KEYTURN_PROVIDER_ORIGINS sends keys elsewhere; in production it also needs KEYTURN_ALLOW_PROVIDER_ORIGINS=true',
    );
  }
  if (production && /--(inspect|heapsnapshot|heap-prof|abort-on-uncaught)/.test(env['NODE_OPTIONS'] ?? '')) {
    throw new KeyturnError(
      'configuration',
      'NODE_OPTIONS opens the memory of the process, where keys are; take the inspector, snapshots and dumps out of it in production',
    );
  }
  if (production && env['DEBUG']) {
    throw new KeyturnError(
      'configuration',
      'DEBUG makes libraries print what they send; unset it in production',
    );
  }
  const { OPENROUTER_API_KEY, ...printable } = config;
  const openRouterKey = (): string | undefined => OPENROUTER_API_KEY;
  return Object.freeze({ ...printable, ...secretIdOf(config), providerOrigins, openRouterKey });
}

/** The demo's: quiet, and on free ports unless they are set. `forced` wins over the environment. */
export function readDemoConfig(forced: NodeJS.ProcessEnv, env: NodeJS.ProcessEnv = process.env): Config {
  const quiet = {
    LOG_LEVEL: 'error',
    PORT: '0',
    KEYTURN_TEMPORAL_PORT: '0',
    KEYTURN_TEMPORAL_UI_PORT: '0',
    KEYTURN_VAULT_PORT: '0',
    KEYTURN_POSTGRES_PORT: '0',
  };
  return readConfig({ ...quiet, ...env, ...forced });
}

function parseOrigins(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    return originsSchema.parse(JSON.parse(text));
  } catch {
    throw new KeyturnError(
      'configuration',
      'KEYTURN_PROVIDER_ORIGINS must be a JSON object: service id → origin',
    );
  }
}

function secretIdOf(config: z.infer<typeof schema>): { KEYTURN_VAULT_SECRET_ID?: string } {
  const path = config.KEYTURN_VAULT_SECRET_ID_FILE;
  if (path === undefined) return {};
  try {
    return { KEYTURN_VAULT_SECRET_ID: readFileSync(path, 'utf8').trim() };
  } catch {
    throw new KeyturnError('configuration', `KEYTURN_VAULT_SECRET_ID_FILE: ${path} cannot be read`);
  }
}
