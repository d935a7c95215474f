/** The logger. What may carry a secret is cut by path here, and never handed to it in the first place. */
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

const REDACTED_PATHS = [
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-vault-token"]',
  'api_keys',
  '*.api_keys',
  '*.authorization',
  '*.token',
  '*.password',
  '*.secretId',
  'err.config',
  'err.request',
  'err.response',
  'err.cause',
];

/** A JSON logger that writes to standard error, so that standard output stays a command's own. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: 'keyturn' },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return pino(options, destination ?? pino.destination(2));
}
