/** The role `keyturn gateway` in a process of its own, with the settings in its environment. */
import { readConfig } from '../src/config';
import { runGateway } from '../src/gateway';
import { createLogger } from '../src/log';
import { installRuntime } from '../src/temporal/install-runtime';
import type { ListeningMessage } from './start-child';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.LOG_LEVEL);
  installRuntime(log);
  const gateway = await runGateway(config, log);
  const message: ListeningMessage = { origin: gateway.url };
  process.send?.(message);
  // The parent's end is ours, however it ends; what was metered is written first.
  process.once('disconnect', () => void gateway.stop().finally(() => process.exit()));
}

void main();
