import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJson } from './history-json';
import type { RecordedHistory } from './recorded-history';

const DIRECTORY = join(__dirname, '../histories');

/** The kept histories by the name of their branch. */
export function loadHistories(): ReadonlyMap<string, RecordedHistory> {
  const files = readdirSync(DIRECTORY).filter((file) => file.endsWith('.json'));
  return new Map(
    files.map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as RecordedHistory,
    ]),
  );
}

/** As the replayer takes them. The workflow id stands for nothing there; the branch tells more in a failure. */
export function* toReplay(histories: ReadonlyMap<string, RecordedHistory>) {
  for (const [branch, { history }] of histories) {
    yield { workflowId: branch, history: historyFromJson(history) };
  }
}
