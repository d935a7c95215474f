/** The namespace Keyturn works in: made once, with its retention and search attributes. */
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../contract/workflows';

const RETENTION_SECONDS = 30 * 86_400;
/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;
/** gRPC status ALREADY_EXISTS. */
const ALREADY_EXISTS = 6;

/** Idempotent. Thrown when Temporal refuses, with its own words. */
export async function prepareNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  await ignoreExisting(
    connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
    }),
  );
  const listed = await connection.operatorService.listSearchAttributes({ namespace });
  const known = Object.keys(listed.customAttributes ?? {});
  const missing = SEARCH_ATTRIBUTES.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await ignoreExisting(connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
}

async function ignoreExisting(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_EXISTS) throw error;
  }
}
