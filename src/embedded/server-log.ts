/** Log files of the servers. They write to the file themselves, so that they outlive us; we keep it bounded. */
import { constants, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';

/** Bytes after which a log starts anew; the one before is kept as `<file>.1`. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
const CHECK_EVERY_MS = 30_000;

/** Opens a log for appending, as a file descriptor for a child. The caller closes it. */
export function openServerLog(file: string): number {
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
}

/**
 * Keeps a log that a server holds open below the bound, by copying and truncating (the server appends, so it goes
 * on at the start). Lines written in between may be lost; that is why the vault's audit log is not kept so.
 * Returns a function that stops the checks.
 */
export function boundServerLog(file: string, onError: (error: unknown) => void): () => void {
  const timer = setInterval(() => void check().catch(onError), CHECK_EVERY_MS);
  timer.unref();
  async function check(): Promise<void> {
    if ((await stat(file)).size <= MAX_LOG_BYTES) return;
    await copyFile(file, `${file}.1`);
    await truncate(file, 0);
  }
  return () => clearInterval(timer);
}
