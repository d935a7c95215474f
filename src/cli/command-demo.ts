/** `keyturn demo`: the main job on a throw-away home, against the provider simulator. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig, readDemoConfig } from '../config';
import { createLogger } from '../log';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { startAllInOne, type AllInOne } from '../start';
import { installRuntime } from '../temporal/install-runtime';
import { playDemo } from './play-demo';

/** Adds the command. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('play the main job on a throw-away home with a provider simulator')
    .option('--keep', 'leave everything running at the end, until Ctrl-C')
    .action(runDemo);
}

async function runDemo(options: { keep?: boolean }): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-demo-'));
  const { KEYTURN_SIMULATOR_MODELS: models } = readConfig();
  const simulator = await startSimulator({
    port: 0,
    ...(models === undefined ? {} : { openrouterModelsFile: models }),
  });
  let running: AllInOne | undefined;
  const interrupted = onInterrupt();
  try {
    running = await start(home, simulator);
    const played = playDemo(running, simulator, readConfig().openRouterKey());
    const passed = await Promise.race([played, interrupted]);
    if (passed !== null && options.keep === true) {
      console.log('Everything keeps running; Ctrl-C ends it.');
      await interrupted;
    }
    process.exitCode = passed === null ? 130 : passed ? 0 : 1;
  } finally {
    await running?.stop();
    await simulator.close();
    await rm(home, { recursive: true, force: true });
  }
}

function start(home: string, simulator: Simulator): Promise<AllInOne> {
  const { openrouter, ...others } = simulator.origins;
  const simulated = readConfig().openRouterKey() === undefined;
  const origins = simulated ? { ...others, ...(openrouter && { openrouter }) } : others;
  const config = readDemoConfig({
    KEYTURN_HOME: home,
    KEYTURN_PROVIDER_ORIGINS: JSON.stringify(origins),
    KEYTURN_ANCHOR_MS: '500',
  });
  const log = createLogger(config.LOG_LEVEL);
  installRuntime(log);
  console.log('Starting Temporal, OpenBao and PostgreSQL on a throw-away home …');
  return startAllInOne(config, log, () => undefined);
}

/** Resolves at the first SIGINT or SIGTERM, so that the servers are stopped with us. A second one ends us at once. */
function onInterrupt(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(null));
  });
}
