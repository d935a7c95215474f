import { startStackOnDemand } from './stack-on-demand';

/** Jest calls the default export of this file once, before all suites. */
export default async function globalSetup(): Promise<void> {
  if (process.env['KEYTURN_TEST_NO_STACK'] === '1') return;
  await startStackOnDemand();
}
