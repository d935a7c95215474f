#!/usr/bin/env node
/** The `keyturn` command. */
import { Command } from 'commander';
import { isKeyturnError } from '../contract/errors';
import { addAuditCommands } from './command-audit';
import { addBackupCommands } from './command-backup';
import { addDemoCommand } from './command-demo';
import { addSetupCommand } from './command-setup';
import { addKeysCommands } from './command-keys';
import { addPlatformKeyCommands } from './command-platform-key';
import { addRevokeCommand } from './command-revoke';
import { addServeCommands } from './command-start';
import { addTokenCommands } from './command-token';

const program = new Command('keyturn')
  .description('Keys that tenants bring: store, validate, rotate, revoke.')
  .showHelpAfterError();

addServeCommands(program);
addDemoCommand(program);
addSetupCommand(program);
addTokenCommands(program);
addAuditCommands(program);
addBackupCommands(program);
addRevokeCommand(program);
addKeysCommands(program);
addPlatformKeyCommands(program);

program.parseAsync().catch((error: unknown) => {
  // Our own errors say what to do; a stack would only hide it.
  console.error(isKeyturnError(error) ? `keyturn: ${error.message}` : error);
  // Temporal's native runtime, once installed, would keep a failed start alive for ever.
  process.exit(1);
});
