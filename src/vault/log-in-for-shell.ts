/** A token for a person's shell: not kept alive, ends with its TTL. */
import { logIn, type AppRoleCredentials } from './log-in';
import { createTransport } from './transport';
import { createRequester } from './vault-client';
import type { VaultSettings } from './vault-settings';

/** Thrown when the vault does not answer or refuses the AppRole. */
export async function logInForShell(settings: VaultSettings, appRole: AppRoleCredentials): Promise<string> {
  const transport = createTransport(settings);
  try {
    return (await logIn(createRequester(settings, transport), { appRole })).token;
  } finally {
    await transport.close();
  }
}
