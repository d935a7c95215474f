/** The passphrase of a backup: from the environment, else from the terminal, unseen. Never an argument: those show in `ps`. */
import type { Config } from '../config';
import { KeyturnError } from '../contract/errors';
import { askUnseen } from './ask-unseen';

const SHORTEST = 12;

/** `twice` for a new file. Thrown: `configuration` when there is nobody to ask, or what is given does not do. */
export async function askPassphrase(config: Config, options: { twice: boolean }): Promise<string> {
  if (config.KEYTURN_BACKUP_PASSPHRASE !== undefined) return config.KEYTURN_BACKUP_PASSPHRASE;
  if (!process.stdin.isTTY) {
    throw new KeyturnError('configuration', 'set KEYTURN_BACKUP_PASSPHRASE, or run this in a terminal');
  }
  const first = await askUnseen('Passphrase of the backup: ');
  if (first.length < SHORTEST)
    throw new KeyturnError('configuration', `the passphrase must have at least ${SHORTEST} characters`);
  if (options.twice && (await askUnseen('Once more: ')) !== first)
    throw new KeyturnError('configuration', 'the two passphrases differ');
  return first;
}
