import type { Simulator } from '../../src/simulator/simulator';

/** How often OpenRouter was asked about a key. The gateway asks it for its models, too, whenever it likes. */
export function countProbes(simulator: Simulator): number {
  return simulator.requests('openrouter').filter(({ path }) => path === '/api/v1/key').length;
}
