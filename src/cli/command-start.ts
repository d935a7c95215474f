/** `keyturn start`, and the roles of a split deployment: `api`, `worker`, `gateway`. */
import type { Command } from 'commander';
import { readConfig } from '../config';
import { runGateway } from '../gateway';
import { createLogger } from '../log';
import { runApi } from '../run-api';
import { runWorkerRole } from '../run-worker';
import { startAllInOne } from '../start';
import { installRuntime } from '../temporal/install-runtime';
import { describeService } from './running-service';
import { printWelcome } from './welcome';

/** Adds the commands that serve until they are told to stop. */
export function addServeCommands(program: Command): void {
  program
    .command('start')
    .description('the whole service with its own Temporal, OpenBao and PostgreSQL')
    .action(serveAllInOne);
  program
    .command('api')
    .description('the facade, on servers that exist already')
    .action(() => serve(async (config, log) => announce(await runApi(config, log))));
  program
    .command('worker')
    .description('the Temporal worker, on servers that exist already')
    .action(() =>
      serve(async (config, log) => {
        const worker = await runWorkerRole(config, log);
        return { ...announce(worker), died: worker.finished.then(() => 'the worker ended') };
      }),
    );
  program
    .command('gateway')
    .description(
      'OpenRouter with the tenants’ own keys, and the reader of keys, on servers that exist already',
    )
    .action(() => serve(async (config, log) => announce(await runGateway(config, log))));
}

interface Serving {
  readonly died?: Promise<string>;
  stop(): Promise<void>;
}

function announce(role: { url: string; stop(): Promise<void> }): Serving {
  console.log(`listening on ${role.url}`);
  return role;
}

async function serveAllInOne(): Promise<void> {
  await serve(async (config, log) => {
    const running = await startAllInOne(config, log, (line) => console.error(line));
    const forget = describeService(running.servers.home, running);
    printWelcome(running, config.openRouterKey() !== undefined);
    return {
      died: running.died,
      async stop() {
        forget();
        await running.stop();
      },
    };
  });
}

/** Runs until a signal or a death; the first signal drains, a second one ends at once. */
async function serve(
  start: (config: ReturnType<typeof readConfig>, log: ReturnType<typeof createLogger>) => Promise<Serving>,
): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.LOG_LEVEL);
  installRuntime(log);
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<null>((resolve) => (interrupt = () => resolve(null)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      interrupt();
      process.once(signal, () => process.exit(130));
    });
  }
  const serving = await start(config, log);
  const death = await Promise.race([interrupted, serving.died ?? interrupted]);
  if (death !== null) console.error(`keyturn stops: ${death}`);
  await serving.stop();
  process.exitCode = death === null ? 0 : 1;
}
