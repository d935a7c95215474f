/** OpenBao's audit log: a line per request and reply, about 3 KB an operation, so it is rotated; no line is lost. */
import { existsSync, renameSync } from 'node:fs';
import { stat } from 'node:fs/promises';

const MAX_AUDIT_BYTES = 64 * 1024 * 1024;
/** How many full ones are kept, as `<file>.1` (the newest) to `<file>.4`. */
const KEPT_FILES = 4;
const CHECK_EVERY_MS = 30_000;

/** Checks from time to time. Returns a function that stops the checks. */
export function keepAuditLogBounded(options: {
  file: string;
  pid: number;
  onError: (error: unknown) => void;
}): () => void {
  const check = async (): Promise<void> => {
    if ((await stat(options.file)).size > MAX_AUDIT_BYTES) rotateAuditLog(options);
  };
  const timer = setInterval(() => void check().catch(options.onError), CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The server goes on writing to the renamed file until the signal makes it open the name anew. */
export function rotateAuditLog({ file, pid }: { file: string; pid: number }): void {
  for (let i = KEPT_FILES - 1; i >= 1; i -= 1) {
    if (existsSync(`${file}.${i}`)) renameSync(`${file}.${i}`, `${file}.${i + 1}`);
  }
  renameSync(file, `${file}.1`);
  process.kill(pid, 'SIGHUP');
}
