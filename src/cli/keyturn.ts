#!/usr/bin/env node
/** The `keyturn` command. */
import { Command } from 'commander';
import { readConfig } from '../config';
import { isKeyturnError } from '../contract/errors';
import { createLogger } from '../log';
import { startAllInOne } from '../start';
import { installRuntime } from '../temporal/install-runtime';
import { printWelcome } from './welcome';

const program = new Command('keyturn').description(
  'Keys that tenants bring: store, validate, rotate, revoke.',
);

program
  .command('start')
  .description('the whole service with its own Temporal, OpenBao and PostgreSQL')
  .action(async () => {
    const config = readConfig();
    const log = createLogger(config.LOG_LEVEL);
    installRuntime(log);
    const running = await startAllInOne(config, log, (line) => console.error(line));
    printWelcome(running);
    const signal = await Promise.race([
      running.died.then((how) => ({ how })),
      new Promise<null>((resolve) => {
        process.once('SIGTERM', () => resolve(null));
        process.once('SIGINT', () => resolve(null));
      }),
    ]);
    if (signal !== null) console.error(`keyturn stops: ${signal.how}`);
    await running.stop();
    process.exitCode = signal === null ? 0 : 1;
  });

program.parseAsync().catch((error: unknown) => {
  console.error(isKeyturnError(error) ? `keyturn: ${error.message}` : error);
  process.exitCode = 1;
});
