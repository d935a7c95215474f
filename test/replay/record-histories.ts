/**
 * Plays every branch of every workflow on the real servers and keeps the histories for the replay test:
 *
 *   npm run record-histories              all of them
 *   npm run record-histories -- retireKey those whose name begins so
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startService, type TestService } from '../support/service';
import { startStackOnDemand, stopStackOnDemand } from '../support/stack-on-demand';
import { ActivityHolds } from './hold-activities';
import { closeBranches, generateBranches, revokeBranches, validateBranches } from './play-operations';
import { retireBranches, rotateBranches } from './play-rotations';
import { endOf, printHistory, scrubHistory } from './recorded-history';
import { REQUIRED_BRANCHES, type Branch } from './required-branches';
import { Scene, type Run } from './scene';

const DIRECTORY = join(__dirname, '../histories');
const PLAYS: Readonly<Record<Branch, (scene: Scene) => Promise<Run>>> = {
  ...generateBranches,
  ...validateBranches,
  ...rotateBranches,
  ...retireBranches,
  ...revokeBranches,
  ...closeBranches,
};

async function main(): Promise<void> {
  const [prefix = ''] = process.argv.slice(2);
  const branches = (Object.keys(REQUIRED_BRANCHES) as Branch[]).filter((each) => each.startsWith(prefix));
  await startStackOnDemand();
  try {
    const holds = new ActivityHolds();
    // Longer than the waits of the plays, and a sticky time-out that no loaded machine reaches by chance.
    const service = await startService(
      { KEYTURN_STICKY_TIMEOUT_MS: '10000' },
      { wrapActivities: holds.wrap },
    );
    try {
      mkdirSync(DIRECTORY, { recursive: true });
      for (const branch of branches) await record(service, holds, branch);
    } finally {
      await service.stop();
    }
  } finally {
    await stopStackOnDemand();
  }
}

async function record(service: TestService, holds: ActivityHolds, branch: Branch): Promise<void> {
  const startedMs = performance.now();
  const scene = new Scene(service, holds, service.tenant(branch.toLowerCase().replace('.', '-')));
  const run = await PLAYS[branch](scene);
  await scene.closed(run);
  const handle = service.temporal.client.workflow.getHandle(run.workflowId, run.runId);
  const { config } = service;
  const recorded = scrubHistory(run.workflowId, await handle.fetchHistory(), config.KEYTURN_TASK_QUEUE);
  const ended = endOf(recorded);
  if (ended !== REQUIRED_BRANCHES[branch]) {
    throw new Error(`${branch} ended with ${ended}, not with ${REQUIRED_BRANCHES[branch]}`);
  }
  writeFileSync(join(DIRECTORY, `${branch}.json`), printHistory(recorded));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${branch}: ${recorded.history.events.length} events, ${seconds} s\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
