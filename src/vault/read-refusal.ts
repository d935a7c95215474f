/** Turns an answer that is not a success into an error of ours, without anything that was sent. */
import { KeyturnError } from '../contract/errors';
import type { TransportReply } from './transport';
import { VaultRefusal } from './vault-errors';
import { VAULT_SETTING_NAMES } from './vault-settings';

const MAX_MESSAGE_LENGTH = 200;
const SHORTEST_REDACTED = 4;

/** The texts of the reply's `errors`. */
export function errorTexts(body: unknown): readonly string[] {
  const errors = (body as { errors?: unknown } | null)?.errors;
  return Array.isArray(errors) ? errors.filter((text): text is string => typeof text === 'string') : [];
}

/** The error for `reply`. `sent` is what the request carried: none of its strings survives in the message. */
export function refusalOf(
  reply: TransportReply,
  call: { method: string; path: string; sent: readonly unknown[] },
): KeyturnError {
  const where = { method: call.method, path: call.path.split('?', 1)[0] ?? '' };
  const status = reply.statusCode;
  const text = redact(errorTexts(reply.body)[0] ?? 'no reason given', call.sent);
  if (status === 403) {
    return new KeyturnError(
      'vault_denied',
      `The vault denies ${where.method} ${where.path}: the role's policy lacks it`,
      {
        ...where,
        vaultStatus: status,
      },
    );
  }
  if (status === 503) {
    return new KeyturnError('vault_unavailable', `The vault is sealed or in maintenance (503): ${text}`, {
      ...where,
      vaultStatus: status,
    });
  }
  if (status >= 300 && status < 400) {
    const setting = VAULT_SETTING_NAMES.address;
    const message = `The vault answers with a redirect (${status}), which is not followed; ${setting} must name the active node or a balancer`;
    return new KeyturnError('vault_unavailable', message, { ...where, vaultStatus: status, setting });
  }
  if (status >= 500 || status === 412 || status === 429 || status === 472 || status === 473) {
    return new KeyturnError('vault_unavailable', `The vault cannot answer now (${status}): ${text}`, {
      ...where,
      vaultStatus: status,
    });
  }
  return new VaultRefusal(status, text, where);
}

function redact(message: string, sent: readonly unknown[]): string {
  let clean = message.replace(/\s+/g, ' ');
  for (const secret of stringsIn(sent)) {
    if (secret.length >= SHORTEST_REDACTED) clean = clean.replaceAll(secret, '[redacted]');
  }
  return clean.slice(0, MAX_MESSAGE_LENGTH);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}
