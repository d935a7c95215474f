import { randomUUID } from 'node:crypto';
import type { Operation } from '../../src/contract/operations';
import { awaitOperation } from '../../src/temporal/await-operation';
import { connectTemporal, type Temporal } from '../../src/temporal/connect-temporal';
import { testStack } from '../support/stack';

let temporal: Temporal;

beforeAll(async () => {
  const { address, namespace } = (await testStack()).temporal;
  temporal = await connectTemporal({ address, namespace, uiUrl: null }, false);
});

afterAll(() => temporal?.connection.close());

test('an operation whose run does not end is given back open when the wait is over', async () => {
  // Nobody works on this queue.
  const run = await temporal.client.workflow.start('generateKeys', {
    workflowId: `await-test/${randomUUID()}`,
    taskQueue: `nobody-${randomUUID()}`,
    args: [],
  });
  const operation = {
    id: randomUUID(),
    kind: 'generate',
    state: 'running',
    workflowId: run.workflowId,
    runId: run.firstExecutionRunId,
  } as Operation;
  try {
    const waited = await awaitOperation(
      { client: temporal.client, read: async () => operation },
      operation,
      300,
    );
    expect(waited.state).toBe('running');
  } finally {
    await run.terminate();
  }
}, 15_000);
