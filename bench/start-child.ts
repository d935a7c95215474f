/** Forks a script of the benchmark, and ends with it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Lifecycle } from '../src/lifecycle';

/** What a child tells once it listens. */
export interface ListeningMessage {
  readonly origin: string;
}

export interface Child extends ListeningMessage {
  readonly pid: number;
}

/** Resolves when it listens. Thrown when it ends before that: the exit code, with the script's name. */
export async function startChild(
  life: Lifecycle,
  script: string,
  options: { args?: readonly string[]; env: Readonly<Record<string, string>>; quiet?: boolean },
): Promise<Child> {
  const child = fork(join(__dirname, script), options.args ?? [], {
    env: { ...process.env, ...options.env },
    stdio: [
      'ignore',
      options.quiet === true ? 'ignore' : 'inherit',
      options.quiet === true ? 'ignore' : 'inherit',
      'ipc',
    ],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  life.onStop(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const failed = ended.then(([code]): never => {
    throw new Error(`${script} ended with exit code ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message') as Promise<[ListeningMessage]>, failed]);
  failed.catch(() => undefined);
  return { origin: message.origin, pid: child.pid ?? NaN };
}
