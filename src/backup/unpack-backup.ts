/** From a backup file to the files of a home that is being made. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyturnError } from '../contract/errors';
import { HOME_SCHEMA, writeRestoredState } from '../embedded/home';
import { refuseUnknown } from '../ledger/migrate-ledger';
import type { BackupFile } from './backup-file';
import type { Manifest } from './parts';
import { HOME_FILES, LEDGER_PART, VAULT_PART } from './write-backup';

const NEEDED = ['credentials.json', 'seal.key', VAULT_PART, LEDGER_PART];
/** Folder, below the home that is being made, of what the servers are yet to take in. */
export const INCOMING = 'incoming';

/**
 * Reads the whole file, changing nothing.
 * Thrown: `configuration` when it is damaged or cannot become `home`; `ledger_unavailable` when it is newer.
 */
export async function examineBackup(file: BackupFile, home: string): Promise<Manifest> {
  const manifest = await file.read(async () => undefined);
  const missing = NEEDED.filter((part) => manifest.parts[part] === undefined);
  if (missing.length > 0) throw wrong(`the backup lacks ${missing.join(', ')}`);
  if (manifest.home_schema > HOME_SCHEMA) {
    const { keyturn } = manifest.versions;
    throw wrong(`the backup was made by a newer Keyturn (${keyturn}): restore it with that version`);
  }
  refuseUnknown(manifest.migrations);
  const auditLog = manifest.audit_log;
  if (auditLog.startsWith('/') && auditLog !== join(home, 'logs', 'vault-audit.log')) {
    throw wrong(
      `the vault of this backup holds on to its audit log at ${auditLog}: set KEYTURN_HOME to ${dirname(dirname(auditLog))}`,
    );
  }
  return manifest;
}

/** Writes the parts of an examined file below `stage`. */
export async function unpackBackup(file: BackupFile, stage: string): Promise<void> {
  await mkdir(join(stage, INCOMING), { recursive: true, mode: 0o700 });
  await mkdir(join(stage, 'vault'), { mode: 0o700 });
  const paths = new Map<string, string>();
  const manifest = await file.read(async (part, data) => {
    let path = paths.get(part);
    if (path === undefined) {
      path = join(stage, HOME_FILES[part] ?? join(INCOMING, incomingName(part)));
      paths.set(part, path);
      await writeFile(path, '', { mode: 0o600 });
    }
    await appendFile(path, data);
  });
  writeRestoredState(stage, manifest.audit_log);
}

function incomingName(part: string): string {
  if (part === VAULT_PART || part === LEDGER_PART) return part;
  throw wrong('the backup has a part that this release does not know');
}

function wrong(message: string): KeyturnError {
  return new KeyturnError('configuration', message);
}
