/** What one operation makes of events, tasks, requests and statements. One after the other, so that counts are its own. */
import { temporal } from '@temporalio/proto';
import { readOperation } from '../src/ledger/operations';
import { listKeys } from '../src/ledger/key-index';
import { freshKey, httpCalls } from './http-calls';
import type { Mode } from './mode';
import { row, type Row } from './row';
import { seedKeys } from './seed-keys';
import type { Bench } from './start-bench';
import { median } from './statistics';

const TASK_COMPLETED = temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
const LISTED_KEYS = 1_000;

export async function countCalls(bench: Bench, mode: Mode): Promise<Row[]> {
  const { generate, validate, rotate, revoke } = httpCalls(bench);
  const stored = await seedKeys(bench, mode.samples * 3);
  const next = () => stored.pop() ?? freshKey();
  return [
    await countOne(bench, mode, 'generate', () => generate(freshKey())),
    await countOne(bench, mode, 'validate', () => validate(next())),
    await countOne(bench, mode, 'rotate, grace 1 d', () => rotate(next(), 86_400)),
    await countOne(bench, mode, 'revoke', () => revoke(next())),
    await countListing(bench),
  ];
}

async function countOne(
  bench: Bench,
  mode: Mode,
  name: string,
  act: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<Row> {
  const seen = { vault_calls: [], sql_round_trips: [], history_events: [], workflow_tasks: [] } as Record<
    string,
    number[]
  >;
  for (let sample = 0; sample < mode.samples; sample += 1) {
    const before = bench.counts();
    const answer = await act();
    const after = bench.counts();
    seen['vault_calls']?.push(after.vault - before.vault);
    seen['sql_round_trips']?.push(after.sql - before.sql);
    const history = await readHistory(bench, String(answer['operation_id']));
    seen['history_events']?.push(history.length);
    seen['workflow_tasks']?.push(history.filter(({ eventType }) => eventType === TASK_COMPLETED).length);
  }
  const figures = Object.entries(seen).flatMap(([what, values]) => [
    [what, median(values)],
    [`${what}_max`, Math.max(...values)],
  ]);
  return row({ suite: 'counts per operation', case: name, figures: Object.fromEntries(figures) as never });
}

async function readHistory({ roles }: Bench, operationId: string) {
  const operation = await readOperation(roles.ledger, operationId);
  if (operation === null) throw new Error('the ledger does not know the operation it answered with');
  const handle = roles.temporal.client.workflow.getHandle(operation.workflowId, operation.runId ?? undefined);
  return (await handle.fetchHistory()).events ?? [];
}

/** A page of 1,000 keys is one statement; fewer when fewer are stored. */
async function countListing(bench: Bench): Promise<Row> {
  const before = bench.counts();
  const startedMs = performance.now();
  const page = await listKeys(bench.roles.ledger, { limit: LISTED_KEYS });
  const elapsedMs = performance.now() - startedMs;
  const after = bench.counts();
  return row({
    suite: 'counts per operation',
    case: 'list keys',
    p50_ms: elapsedMs,
    figures: {
      keys_listed: page.items.length,
      sql_round_trips: after.sql - before.sql,
      vault_calls: after.vault - before.vault,
    },
  });
}
