/** The one door to Vault or OpenBao: node-vault over our transport, with retries, token care and redacted errors. */
import { setTimeout as delay } from 'node:timers/promises';
import NodeVault from 'node-vault';
import type { Dispatcher } from 'undici';
import { KeyturnError } from '../contract/errors';
import { CORRELATION_HEADER, currentCorrelationId } from './correlation';
import { logIn, tokenOperations, type AppRoleCredentials, type VaultLogin } from './log-in';
import { API_VERSION, type VaultPath } from './paths';
import { errorTexts, refusalOf } from './read-refusal';
import { retryDelayMs } from './retry-rule';
import { keepTokenAlive, type TokenLifecycle, type VaultLog } from './token-lifecycle';
import { createTransport, type Transport, type TransportReply } from './transport';
import { assertVaultSettings, type VaultSettings } from './vault-settings';

export type { AppRoleCredentials, VaultLog, VaultLogin, VaultSettings };

export type VaultMethod = 'GET' | 'POST' | 'PUT' | 'LIST' | 'DELETE';

/** One request. Its path comes from paths.ts only. */
export interface VaultCall {
  readonly method: VaultMethod;
  readonly path: VaultPath;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Statuses above 299 that are answers, not errors. */
  readonly accept?: readonly number[];
  /** True when doing it twice is the same as once; GET, LIST and DELETE are so by nature. */
  readonly idempotent?: boolean;
  /** Send this token (null: none) instead of our own. */
  readonly token?: string | null;
}

export interface VaultReply {
  readonly status: number;
  /** Parsed JSON body, or null. */
  readonly body: unknown;
}

export interface VaultClient {
  /**
   * Thrown when the vault gives no usable answer (`vault_unavailable`), denies (`vault_denied`) or refuses
   * ({@link VaultRefusal}). After `vault_unavailable` a write that is not idempotent may have landed.
   */
  request(call: VaultCall): Promise<VaultReply>;
  readonly settings: VaultSettings;
  /** Seconds our token still lives, null when it never expires. */
  tokenTtlSeconds(): number | null;
  /** Revokes our own token and closes the connections. */
  close(): Promise<void>;
}

export interface ConnectVaultOptions {
  readonly settings: VaultSettings;
  readonly login: VaultLogin;
  readonly log?: VaultLog;
  /** Replaces the connection pool; the caller closes it. */
  readonly fetchDispatcher?: Dispatcher;
}

const SILENT: VaultLog = { info: () => undefined, warn: () => undefined };
/** All tries of one request together take at most this many times the timeout. */
const PATIENCE = 2;

/**
 * Logs in and keeps the token alive until {@link VaultClient.close}.
 * Thrown when a setting is wrong or nobody answers (`vault_unavailable`), or the login is refused (`vault_denied`).
 */
export async function connectVault(options: ConnectVaultOptions): Promise<VaultClient> {
  assertVaultSettings(options.settings);
  const transport = createTransport(options.settings, options.fetchDispatcher);
  const anonymous = createRequester(options.settings, transport);
  try {
    const operations = tokenOperations(anonymous, options.login);
    const first = await logIn(anonymous, options.login);
    const tokens = keepTokenAlive({ first, operations, log: options.log ?? SILENT });
    return Object.freeze({
      request: createRequester(options.settings, transport, tokens),
      settings: options.settings,
      tokenTtlSeconds: () => tokens.ttlSeconds(),
      close: async () => {
        await tokens.close();
        await transport.close();
      },
    });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Sends requests; with `tokens` under our token, else with what each call brings. */
export function createRequester(
  settings: VaultSettings,
  transport: Transport,
  tokens?: TokenLifecycle,
): VaultClient['request'] {
  const send = createSender(settings, transport);
  return async (call) => {
    const deadlineMs = Date.now() + PATIENCE * settings.timeoutMs;
    let replayed = false;
    for (let attempt = 1; ; attempt += 1) {
      const token = call.token === undefined ? (tokens?.current() ?? null) : call.token;
      const outcome = await attemptOnce(send, call, token);
      if (outcome.reply !== null && isAnswer(outcome.reply, call)) {
        return { status: outcome.reply.statusCode, body: outcome.reply.body };
      }
      const ownToken = tokens !== undefined && call.token === undefined ? token : null;
      if (outcome.reply?.statusCode === 403 && ownToken !== null && !replayed && tokens !== undefined) {
        replayed = await tokens.replaceIfDead(ownToken);
        if (replayed) continue;
      }
      const waitMs = retryDelayMs({
        status: outcome.reply?.statusCode ?? null,
        errors: errorTexts(outcome.reply?.body),
        retryAfterSeconds: outcome.reply?.retryAfterSeconds ?? null,
        attempt,
        idempotent: call.idempotent ?? ['GET', 'LIST', 'DELETE'].includes(call.method),
      });
      if (waitMs === null || Date.now() + waitMs >= deadlineMs) throw failureOf(outcome, call, token);
      await delay(waitMs, undefined, { ref: true });
    }
  };
}

type Sender = (call: VaultCall, token: string | null) => Promise<TransportReply>;
type Attempt =
  | { readonly reply: TransportReply; readonly error: null }
  | { readonly reply: null; readonly error: KeyturnError };

async function attemptOnce(send: Sender, call: VaultCall, token: string | null): Promise<Attempt> {
  try {
    return { reply: await send(call, token), error: null };
  } catch (error) {
    if (error instanceof KeyturnError && error.code === 'vault_unavailable') return { reply: null, error };
    throw error;
  }
}

function isAnswer(reply: TransportReply, call: VaultCall): boolean {
  return (
    (reply.statusCode >= 200 && reply.statusCode < 300) || (call.accept?.includes(reply.statusCode) ?? false)
  );
}

function failureOf(attempt: Attempt, call: VaultCall, token: string | null): KeyturnError {
  if (attempt.reply === null) return attempt.error;
  return refusalOf(attempt.reply, { method: call.method, path: call.path, sent: [call.body, token] });
}

function createSender(settings: VaultSettings, transport: Transport): Sender {
  const library = NodeVault({
    endpoint: settings.address,
    apiVersion: API_VERSION,
    debug: () => undefined,
    ...transport,
  });
  // node-vault fills these from VAULT_TOKEN, VAULT_PREFIX and VAULT_NAMESPACE; only our settings count.
  Object.assign(library, { token: '', pathPrefix: '', namespace: settings.namespace ?? '' });
  library.handleVaultResponse = (reply) => Promise.resolve(reply);
  let lastIndex: string | null = null;
  // HashiCorp Vault refuses the header outright where its configuration does not allow it.
  let mayForward = true;

  return async function send(call, token) {
    const headers: Record<string, string> = {};
    if (token !== null) headers['X-Vault-Token'] = token;
    const correlationId = currentCorrelationId();
    if (correlationId !== null) headers[CORRELATION_HEADER] = correlationId;
    if (lastIndex !== null) headers['X-Vault-Index'] = lastIndex;
    headers['X-Vault-Inconsistent'] = 'forward-active-node';
    // Another process may have made the last write, whose index we do not know: let the active node answer.
    const isRead = call.method === 'GET' || call.method === 'LIST';
    if (isRead && mayForward && token !== null) headers['X-Vault-Forward'] = 'active-node';
    const reply = (await library.request({
      method: call.method,
      path: `/${call.path}`,
      headers,
      ...(call.body === undefined ? {} : { json: call.body }),
    })) as TransportReply;
    if (!isRead && reply.index !== null) lastIndex = reply.index;
    if (headers['X-Vault-Forward'] !== undefined && isForwardRefusal(reply)) {
      mayForward = false;
      return send(call, token);
    }
    return reply;
  };
}

function isForwardRefusal(reply: TransportReply): boolean {
  return (
    reply.statusCode >= 400 && errorTexts(reply.body).some((text) => /forwarding via header/i.test(text))
  );
}
