/** Runs a pass again and again, never two at once. */

/** Stops the loop; resolves when the pass under way has ended. */
export type Stop = () => Promise<void>;

/** The first pass begins after one interval; a failed pass is told and the loop goes on. */
export function runPeriodically(
  intervalMs: number,
  pass: () => Promise<void>,
  onError: (error: unknown) => void,
): Stop {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = pass()
        .catch(onError)
        .finally(() => {
          if (!stopped) schedule();
        });
    }, intervalMs);
  };
  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
