import { stopStackOnDemand } from './stack-on-demand';

/** Jest calls the default export of this file once, after all suites. */
export default async function globalTeardown(): Promise<void> {
  await stopStackOnDemand();
}
