/** Random credentials of the embedded servers: made once per home, readable by its owner only. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';

/** Every part of Keyturn that logs in to the vault, each with an AppRole of its own. */
export const VAULT_ROLES = ['provisioner', 'api', 'worker', 'gateway', 'issuer', 'operator'] as const;
export type VaultRole = (typeof VAULT_ROLES)[number];

/** What an AppRole login takes. */
export interface AppRoleCredentials {
  readonly roleId: string;
  readonly secretId: string;
}

export interface EmbeddedCredentials {
  readonly vault: Readonly<Record<VaultRole, AppRoleCredentials>>;
  readonly postgres: { readonly superuserPassword: string; readonly password: string };
}

const appRole = z.object({ roleId: z.string().min(1), secretId: z.string().min(1) });
const schema = z.object({
  vault: z.object(
    Object.fromEntries(VAULT_ROLES.map((role) => [role, appRole])) as Record<VaultRole, typeof appRole>,
  ),
  postgres: z.object({ superuserPassword: z.string().min(1), password: z.string().min(1) }),
});

/** Reads the file, or makes it. Thrown when it is damaged: the servers would refuse newly made credentials. */
export function loadOrMakeCredentials(file: string): EmbeddedCredentials {
  if (existsSync(file)) return read(file);
  const credentials: EmbeddedCredentials = {
    vault: Object.fromEntries(
      VAULT_ROLES.map((role) => [role, { roleId: randomUUID(), secretId: randomUUID() }]),
    ) as Record<VaultRole, AppRoleCredentials>,
    postgres: {
      superuserPassword: randomBytes(24).toString('hex'),
      password: randomBytes(24).toString('hex'),
    },
  };
  writeFileSync(`${file}.next`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return credentials;
}

function read(file: string): EmbeddedCredentials {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    value = null; // Without the parser's error: it quotes the text, which is secret.
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new KeyturnError('configuration', `${file} is damaged: restore it from a backup`);
}
