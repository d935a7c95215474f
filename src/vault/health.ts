/** Why the vault cannot be used, told apart, each with its cure. For start-up and /vault/health. */
import { isKeyturnError, type KeyturnError } from '../contract/errors';
import { FIXED_PATHS, mountInfoPath, transitPath } from './paths';
import { dataOf, objectOf } from './read-reply';
import { createTransport } from './transport';
import { createRequester, type VaultClient } from './vault-client';
import { assertVaultSettings, VAULT_SETTING_NAMES, type VaultSettings } from './vault-settings';

export const VaultStatus = {
  ok: 'ok',
  sealed: 'sealed',
  uninitialised: 'uninitialised',
  unreachable: 'unreachable',
  /** Our login or token is refused. */
  denied: 'denied',
  wrong_mount: 'wrong_mount',
  kv_version_1: 'kv_version_1',
  standby: 'standby',
  error: 'error',
} as const;
export type VaultStatus = (typeof VaultStatus)[keyof typeof VaultStatus];

export interface VaultHealth {
  readonly status: VaultStatus;
  /** What was seen, and what to do. */
  readonly message: string;
  /** The server's version, when it told. */
  readonly version?: string;
  readonly latencyMs: number;
}

type Finding = Omit<VaultHealth, 'latencyMs'>;

/** Statuses sys/health speaks in (docs of OpenBao and Vault: standby, DR and performance standby included). */
const HEALTH_STATUSES = [400, 404, 429, 472, 473, 500, 501, 503];

/** Asks the server, and with `vault` also for our token and mount. Never throws. */
export async function readVaultHealth(options: {
  settings: VaultSettings;
  vault?: VaultClient;
}): Promise<VaultHealth> {
  const startMs = performance.now();
  const finding = await examine(options).catch((error: unknown) => findingOf(error, options.settings));
  return { ...finding, latencyMs: Math.round(performance.now() - startMs) };
}

async function examine({
  settings,
  vault,
}: {
  settings: VaultSettings;
  vault?: VaultClient;
}): Promise<Finding> {
  assertVaultSettings(settings);
  const server = await examineServer(settings);
  if (server.status !== 'ok' || vault === undefined) return server;
  return { ...server, ...(await examineMount(vault)) };
}

/** sys/health lives in the root namespace, and asks without a token. */
async function examineServer(settings: VaultSettings): Promise<Finding> {
  const { namespace: _root, ...rootSettings } = settings;
  const transport = createTransport(settings);
  try {
    const request = createRequester(rootSettings, transport);
    const reply = await request({
      method: 'GET',
      path: FIXED_PATHS.health,
      token: null,
      accept: HEALTH_STATUSES,
    });
    return judgeServer(reply.status, objectOf(reply.body), settings);
  } finally {
    await transport.close();
  }
}

function judgeServer(
  status: number,
  body: Readonly<Record<string, unknown>>,
  settings: VaultSettings,
): Finding {
  const { address } = VAULT_SETTING_NAMES;
  const version = typeof body['version'] === 'string' ? { version: body['version'] } : {};
  if (typeof body['initialized'] !== 'boolean') {
    return {
      status: 'error',
      message: `What answers at ${settings.address} is no vault (${status}); check ${address}`,
    };
  }
  if (!body['initialized']) {
    return {
      status: 'uninitialised',
      message: 'The vault was never initialised; run `bao operator init` (or `vault operator init`)',
      ...version,
    };
  }
  if (body['sealed'] === true) {
    return {
      status: 'sealed',
      message: 'The vault is sealed; unseal it (`bao operator unseal`) or restart it when it unseals itself',
      ...version,
    };
  }
  if (status === 200) return { status: 'ok', message: 'The vault answers', ...version };
  if ([429, 472, 473].includes(status)) {
    return {
      status: 'standby',
      message: `${settings.address} is a standby (${status}); point ${address} at the active node or a balancer`,
      ...version,
    };
  }
  return { status: 'error', message: `The vault's health answer is ${status}; see its log`, ...version };
}

/** Any token with a right below a mount may read what the mount is; others, and all for a missing one, get 403. */
async function examineMount(vault: VaultClient): Promise<Finding> {
  const { kvMount } = vault.settings;
  const setting = VAULT_SETTING_NAMES.kvMount;
  const reply = await vault.request({ method: 'GET', path: mountInfoPath(kvMount), accept: [403, 404] });
  if (reply.status !== 200)
    return (await tokenFinding(vault)) ?? wrongMount(kvMount, 'is missing, or not ours');
  const mount = dataOf(reply.body);
  if (mount['type'] !== 'kv') return wrongMount(kvMount, `is of type ${String(mount['type'])}, not kv`);
  if (objectOf(mount['options'])['version'] !== '2') {
    const cure = `run \`bao kv enable-versioning ${kvMount}\` or point ${setting} at a KV version 2 mount`;
    return { status: 'kv_version_1', message: `The mount ${kvMount} is KV version 1; ${cure}` };
  }
  return { status: 'ok', message: 'The vault answers, our token and mount are good' };
}

function wrongMount(kvMount: string, problem: string): Finding {
  return {
    status: 'wrong_mount',
    message: `The mount ${kvMount} ${problem}; check ${VAULT_SETTING_NAMES.kvMount}`,
  };
}

/** Null when the token is one of ours: then it is the mount that is wrong. */
async function tokenFinding(vault: VaultClient): Promise<Finding | null> {
  const { settings } = vault;
  const path = FIXED_PATHS.capabilitiesSelf;
  const verbs = ['encrypt', 'decrypt', 'keys'] as const;
  const paths = verbs.map((verb) =>
    transitPath(settings, verb, verb === 'keys' ? settings.anchorKey : settings.transitKey),
  );
  const reply = await vault.request({ method: 'POST', path, body: { paths }, idempotent: true });
  const held = dataOf(reply.body);
  const isOurs = paths.some((one) => Array.isArray(held[one]) && !held[one].includes('deny'));
  return isOurs ? null : denied('Our token has none of the rights of a Keyturn role');
}

function denied(problem: string): Finding {
  const { roleId, secretId, token } = VAULT_SETTING_NAMES;
  return {
    status: 'denied',
    message: `${problem}; check ${roleId} and ${secretId} (or ${token}) and the policies`,
  };
}

function findingOf(error: unknown, settings: VaultSettings): Finding {
  if (!isKeyturnError(error)) return { status: 'error', message: 'The health check itself failed' };
  if (error.code === 'vault_denied') return denied('The vault refuses our login or token');
  const reason = error.details['reason'];
  if (typeof reason !== 'string') return { status: 'error', message: withAuditHint(error) };
  const cure =
    reason === 'ENOTFOUND' || reason === 'EAI_AGAIN' ? ': the host name does not resolve from here' : '';
  const message = `No vault answers at ${settings.address} (${reason}${cure}); start it or correct ${VAULT_SETTING_NAMES.address}`;
  return { status: 'unreachable', message };
}

/** With its audit log blocked the vault answers 500 to everything but its health question. */
function withAuditHint(error: KeyturnError): string {
  const hint =
    error.details['vaultStatus'] === 500
      ? "; a full or blocked audit device does this: see the vault's log and disk"
      : '';
  return error.message + hint;
}
