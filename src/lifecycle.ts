/** What was started, and how to stop it: in reverse order, each once. */
export interface Lifecycle {
  /** Registers how to stop something that runs now. */
  onStop(stop: () => Promise<void>): void;
  stop(): Promise<void>;
}

/**
 * Runs `start`; when it fails, whatever had been started is stopped again.
 * Thrown: what `start` throws.
 */
export async function withLifecycle<T extends object>(
  start: (life: Lifecycle) => Promise<T>,
): Promise<T & { stop(): Promise<void> }> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const started = await start({ onStop: (one) => void stops.push(one), stop });
    return { ...started, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
