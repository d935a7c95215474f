/** `keyturn backup FILE` and `keyturn restore FILE`. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { restoreHome, type Restored } from '../backup/restore-home';
import { writeBackup } from '../backup/write-backup';
import { readConfig } from '../config';
import { vaultSettingsOf } from '../connections';
import { KeyturnError } from '../contract/errors';
import { embeddedOptionsOf } from '../start';
import { askPassphrase } from './ask-passphrase';
import { withHome } from './reach-home';

const say = (line: string): void => console.error(line);

/** Adds both commands. */
export function addBackupCommands(program: Command): void {
  program
    .command('backup')
    .argument('<file>', 'a new file')
    .description('write vault, ledger and their keys to a file under a passphrase; the service may run')
    .action(backup);
  program
    .command('restore')
    .argument('<file>', 'what `keyturn backup` wrote')
    .description('make a home from a backup; KEYTURN_HOME must be empty')
    .action(restore);
}

async function backup(path: string): Promise<void> {
  const config = readConfig();
  const file = resolve(path);
  if (existsSync(file)) throw new KeyturnError('configuration', `${file} exists already: name a new file`);
  if (!existsSync(join(config.KEYTURN_HOME, 'vault', 'raft'))) {
    throw new KeyturnError(
      'configuration',
      `${resolve(config.KEYTURN_HOME)} holds no vault: set KEYTURN_HOME to the home that is to be saved`,
    );
  }
  const passphrase = await askPassphrase(config, { twice: true });
  await withHome({ config, only: ['vault', 'postgres'], say }, async (reached) => {
    const { home, databaseUrl, vaultAddress, credentials } = reached;
    const vault = vaultSettingsOf(config, vaultAddress);
    // Null only where PostgreSQL was not asked for.
    await writeBackup({ home, databaseUrl: databaseUrl ?? '', vault, credentials }, { file, passphrase });
  });
  console.log(
    `Backup written to ${file}. It holds the seal key: whoever has file and passphrase has every key.`,
  );
  console.log('Workflow histories are not in it.');
}

async function restore(path: string): Promise<void> {
  const config = readConfig();
  const { home, binaries, databaseUrl } = embeddedOptionsOf(config);
  const passphrase = await askPassphrase(config, { twice: false });
  const restored = await restoreHome({
    file: resolve(path),
    passphrase,
    home: resolve(home),
    embedded: { ...(binaries && { binaries }), databaseUrl },
    vaultSettings: (address) => vaultSettingsOf(config, address),
    taskQueue: config.KEYTURN_TASK_QUEUE,
    say,
  });
  report(restored, resolve(home));
}

function report({ manifest, keys, problems, audit, gracePeriods }: Restored, home: string): void {
  console.log(
    `Restored to ${home}, as of ${manifest.created_at}: ${keys} keys, the vault opens what it sealed.`,
  );
  console.log(
    audit.ok ? 'The audit trail is whole.' : 'The audit trail is NOT whole; see `keyturn audit verify`.',
  );
  for (const problem of problems) console.log(`BAD  ${problem}`);
  console.log(`${gracePeriods} grace periods run on, to the end they had.`);
  console.log(
    'Lost: what happened since then, and the histories of workflows. Operations that were open are finished or ' +
      'closed within a minute of `keyturn start`. Keys that were revoked since then are back: revoke them again.',
  );
  if (!audit.ok || problems.length > 0) process.exitCode = 1;
}
