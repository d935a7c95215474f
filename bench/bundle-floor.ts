/** Bundles the floor's workflow into the file it is told: webpack's memory stays out of the process that is measured. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

async function main(target: string): Promise<void> {
  const workflowsPath = join(__dirname, 'floor-workflow.js');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  writeFileSync(target, code);
}

void main(process.argv[2] ?? '');
