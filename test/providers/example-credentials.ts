import { generateKeyPairSync } from 'node:crypto';
import type { ProviderEntry } from '../../src/providers/provider';

const keyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A service account key file of a key nobody has. */
export const SERVICE_ACCOUNT_FILE = JSON.stringify({
  type: 'service_account',
  project_id: 'example',
  private_key_id: '0'.repeat(40),
  private_key: keyPair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: 'example@example.iam.gserviceaccount.com',
  token_uri: 'https://attacker.example/token',
});

/** The required fields of an entry with their examples. */
export function exampleFields(entry: ProviderEntry): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entry.fields)
      .filter(([, spec]) => spec.required)
      .map(([name, spec]) => [name, spec.format === undefined ? spec.example : SERVICE_ACCOUNT_FILE]),
  );
}
