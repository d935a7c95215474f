/** Carries the operation id to the vault's audit log, without handing it through every call. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Request header that the vault's audit log records in clear. */
export const CORRELATION_HEADER = 'x-correlation-id';

const CORRELATION_PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;
const storage = new AsyncLocalStorage<string>();

/** Runs `work`; every vault request within it carries `correlationId` (an operation id). */
export function withCorrelationId<T>(correlationId: string, work: () => T): T {
  return storage.run(correlationId, work);
}

/** The id of the work at hand, or null; also null when it does not fit a header. */
export function currentCorrelationId(): string | null {
  const id = storage.getStore();
  return id !== undefined && CORRELATION_PATTERN.test(id) ? id : null;
}
