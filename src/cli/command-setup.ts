/** `keyturn setup`: existing servers made ready for the roles of a split deployment. */
import type { Command } from 'commander';
import { readConfig } from '../config';
import { createLogger } from '../log';
import { setUp } from '../setup';
import { installRuntime } from '../temporal/install-runtime';

/** Adds the command. */
export function addSetupCommand(program: Command): void {
  program
    .command('setup')
    .description('migrate the ledger, make the Temporal namespace, provision the vault; safe to repeat')
    .action(async () => {
      const config = readConfig();
      const log = createLogger(config.LOG_LEVEL);
      installRuntime(log);
      await setUp(config, log, (line) => console.log(line));
    });
}
