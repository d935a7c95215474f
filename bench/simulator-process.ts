/** The provider simulator in a process of its own, so that it takes no time from the event loop that is measured. */
import { startSimulator } from '../src/simulator/simulator';

/** What the parent is told once it listens. */
export interface SimulatorMessage {
  readonly origin: string;
  readonly good: Readonly<Record<string, string>>;
  readonly second: Readonly<Record<string, string>>;
}

async function main(): Promise<void> {
  const simulator = await startSimulator();
  const { good, second } = simulator.find('openrouter').credentials;
  const message: SimulatorMessage = { origin: simulator.origin, good, second: second ?? good };
  process.send?.(message);
  // The parent's end is ours, however it ends.
  process.once('disconnect', () => process.exit(0));
}

void main();
