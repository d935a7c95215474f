/**
 * Temporal's JSON form of a history, as its CLI and Web UI write it.
 *
 * `historyToJSON` of @temporalio/common does the same, but only where npm installed one protobufjs for it and
 * @temporalio/proto; with a copy each it throws "type must be a Type" (seen with 1.24.0). So: proto's own copy.
 */
import { createRequire } from 'node:module';
import type { temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;

interface Lookup {
  lookupType(name: string): unknown;
}

interface ProtoJson {
  toJson(type: unknown, message: unknown): unknown;
  fromJson(type: unknown, json: unknown): History | null;
}

const requireBeside = createRequire(
  createRequire(require.resolve('@temporalio/common')).resolve('@temporalio/proto'),
);
const proto = requireBeside('@temporalio/proto') as typeof import('@temporalio/proto');
const { patchProtobufRoot } = requireBeside('@temporalio/proto/lib/patch-protobuf-root') as {
  patchProtobufRoot(root: object): Lookup;
};
const protoJson = requireBeside('protobufjs/ext/protojson') as ProtoJson;
const historyType = patchProtobufRoot(proto).lookupType('temporal.api.history.v1.History');

/** JSON of a history as the client fetched it. */
export function historyToJson(history: History): unknown {
  return protoJson.toJson(historyType, proto.temporal.api.history.v1.History.fromObject(history));
}

/** A history as the replayer takes it. Thrown when it is none. */
export function historyFromJson(json: unknown): History {
  const history = protoJson.fromJson(historyType, json);
  if (history === null) throw new Error('this is no history');
  return history;
}
