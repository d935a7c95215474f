/** The AppRoles of a split deployment: role ids have fixed names, secret ids lie in one folder per role. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyturnError } from './contract/errors';
import type { VaultRole } from './vault/provision-access';
import type { AppRoleCredentials } from './vault/vault-client';

/** Thrown when `{directory}/{role}/secret-id` cannot be read. */
export function readCredentials(directory: string, role: VaultRole): AppRoleCredentials {
  const file = fileOf(directory, role);
  try {
    return { roleId: `keyturn-${role}`, secretId: readFileSync(file, 'utf8').trim() };
  } catch {
    throw new KeyturnError(
      'invalid_request',
      `${file} cannot be read: run keyturn setup, or check KEYTURN_CREDENTIALS_DIR`,
      {
        field: 'KEYTURN_CREDENTIALS_DIR',
      },
    );
  }
}

/** The same, made first (0600) where it is missing. Thrown when the folder cannot be written. */
export function readOrMakeCredentials(directory: string, role: VaultRole): AppRoleCredentials {
  const file = fileOf(directory, role);
  if (!existsSync(file)) {
    try {
      mkdirSync(join(directory, role), { recursive: true, mode: 0o700 });
      writeFileSync(file, `${randomUUID()}\n`, { mode: 0o600, flag: 'wx' });
    } catch {
      throw new KeyturnError(
        'invalid_request',
        `${file} cannot be written: check KEYTURN_CREDENTIALS_DIR and its owner`,
        {
          field: 'KEYTURN_CREDENTIALS_DIR',
        },
      );
    }
  }
  return readCredentials(directory, role);
}

function fileOf(directory: string, role: VaultRole): string {
  return join(directory, role, 'secret-id');
}
