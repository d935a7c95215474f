/** The vault's whole store (raft) as one file: sealed by its seal key, of no use without it. */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { KeyturnError } from '../contract/errors';
import { logInForShell } from './log-in-for-shell';
import type { AppRoleCredentials } from './log-in';
import { API_VERSION, appRolePath, FIXED_PATHS, policyPath } from './paths';
import { openPool } from './transport';
import type { VaultClient } from './vault-client';
import type { VaultSettings } from './vault-settings';

const RESTORER = 'keyturn-restorer';
/** The server builds the snapshot before it sends the first byte, and takes one in before it answers. */
const BUILD_BOUND_MS = 120_000;

/** A snapshot that is complete at the server and still to be read. */
export interface OpenSnapshot {
  readonly content: Readable;
  close(): Promise<void>;
}

/**
 * Asks for a snapshot under the provisioner's role. When this resolves, what it holds is fixed.
 * Thrown when the role may not (`vault_denied`) or the vault cannot (`vault_unavailable`).
 */
export async function openSnapshot(
  settings: VaultSettings,
  provisioner: AppRoleCredentials,
): Promise<OpenSnapshot> {
  const { token, pool } = await enter(settings, provisioner);
  try {
    const { statusCode, body } = await pool.request(requestOf(settings, token, { method: 'GET' }));
    if (statusCode === 200) return { content: body, close: () => pool.destroy() };
    await body.dump();
    throw refusal(statusCode, 'give a snapshot');
  } catch (error) {
    await pool.destroy();
    throw plain(error);
  }
}

/**
 * Replaces everything in an empty vault by a snapshot made under the same seal key; the server must be restarted
 * then. `restorer` is what {@link makeRestorer} answered.
 * Thrown when the snapshot is damaged or of another seal key (`vault_unavailable`).
 */
export async function restoreSnapshot(
  settings: VaultSettings,
  restorer: AppRoleCredentials,
  content: Readable,
): Promise<void> {
  const { token, pool } = await enter(settings, restorer);
  try {
    const { statusCode, body } = await pool.request(
      requestOf(settings, token, { method: 'POST', body: content }),
    );
    await body.dump();
    if (statusCode !== 204)
      throw refusal(statusCode, 'take the snapshot: it is damaged, or of another seal key');
  } catch (error) {
    throw plain(error);
  } finally {
    await pool.destroy();
  }
}

/**
 * Makes a role that may restore, in an empty vault; it goes with the rest of the store when it has done so. No
 * standing role holds that right. `provisioner` is logged in as such.
 */
export async function makeRestorer(provisioner: VaultClient): Promise<AppRoleCredentials> {
  const credentials = { roleId: randomUUID(), secretId: randomUUID() };
  const policy = `path "${FIXED_PATHS.raftSnapshot}" { capabilities = ["update"] }`;
  const writes = [
    [policyPath(RESTORER), { policy }],
    [appRolePath(RESTORER), { token_policies: [RESTORER], token_ttl: '10m', token_type: 'batch' }],
    [appRolePath(RESTORER, 'role-id'), { role_id: credentials.roleId }],
    [appRolePath(RESTORER, 'custom-secret-id'), { secret_id: credentials.secretId }],
  ] as const;
  for (const [path, body] of writes) await provisioner.request({ method: 'POST', path, body });
  return credentials;
}

async function enter(settings: VaultSettings, appRole: AppRoleCredentials) {
  const token = await logInForShell(settings, appRole);
  return { token, pool: openPool(settings) };
}

function requestOf(
  settings: VaultSettings,
  token: string,
  what: Pick<Dispatcher.RequestOptions, 'method' | 'body'>,
): Dispatcher.RequestOptions {
  return {
    ...what,
    path: `/${API_VERSION}/${FIXED_PATHS.raftSnapshot}`,
    headers: {
      'x-vault-token': token,
      'x-vault-request': 'true',
      ...(settings.namespace === undefined ? {} : { 'x-vault-namespace': settings.namespace }),
    },
    headersTimeout: BUILD_BOUND_MS,
    bodyTimeout: BUILD_BOUND_MS,
  };
}

function refusal(status: number, what: string): KeyturnError {
  if (status === 403)
    return new KeyturnError('vault_denied', `The vault denies to ${what}`, { vaultStatus: status });
  return new KeyturnError('vault_unavailable', `The vault does not ${what} (${status})`, {
    vaultStatus: status,
  });
}

/** An error of the connection may hold headers: only ours go on. */
function plain(error: unknown): KeyturnError {
  if (error instanceof KeyturnError) return error;
  return new KeyturnError('vault_unavailable', 'The connection to the vault broke off during the snapshot');
}
