/** Ports of the embedded servers: what the user set, else what was used before, else the default, else a free one. */
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { KeyturnError } from '../contract/errors';

export const LOOPBACK = '127.0.0.1';

/** Below the range from which Linux takes ports for outgoing connections, so that none of those takes ours. */
const FREE_RANGE = { from: 20_000, to: 32_767 } as const;
const FREE_TRIES = 100;

export interface PortChoice {
  /** What listens there, in words: "Temporal". */
  readonly what: string;
  /** The environment variable a user would set. */
  readonly variable: string;
  /** What the user set; 0 asks for any free port. */
  readonly explicit?: number | undefined;
  /** What the last run used. */
  readonly recorded?: number | undefined;
  readonly fallback: number;
  /** Ports already promised to another server of this start. */
  readonly promised: ReadonlySet<number>;
  readonly log: (line: string) => void;
}

/**
 * Thrown when a port was set explicitly and is taken (`configuration`, naming the variable). A taken default or
 * recorded port moves to a free one and says so.
 */
export async function choosePort(choice: PortChoice): Promise<number> {
  const { what, variable, explicit, promised } = choice;
  if (explicit !== undefined && explicit !== 0) {
    if (!promised.has(explicit) && (await isPortFree(explicit))) return explicit;
    throw new KeyturnError(
      'configuration',
      `${variable}=${explicit}: that port is taken. Stop what listens there, set another, or unset ${variable}.`,
    );
  }
  const wanted = choice.recorded ?? (explicit === 0 ? null : choice.fallback);
  if (wanted !== null && !promised.has(wanted) && (await isPortFree(wanted))) return wanted;
  const port = await findFreePort(promised);
  if (wanted !== null)
    choice.log(`Port ${wanted} of ${what} is taken: using ${port} (set ${variable} to choose).`);
  return port;
}

/** Thrown when no free port is found (`configuration`). */
export async function findFreePort(promised: ReadonlySet<number>): Promise<number> {
  for (let i = 0; i < FREE_TRIES; i += 1) {
    const port = randomInt(FREE_RANGE.from, FREE_RANGE.to);
    if (!promised.has(port) && (await isPortFree(port))) return port;
  }
  throw new KeyturnError('configuration', `no free port between ${FREE_RANGE.from} and ${FREE_RANGE.to}`);
}

/** True when a server could listen on 127.0.0.1:port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
