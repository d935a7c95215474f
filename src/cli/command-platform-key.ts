/** `keyturn platform-key set | remove`: the platform's own OpenRouter key, for tenants without one. */
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { readConfig, type Config } from '../config';
import { connectVaultRole } from '../connections';
import { PLATFORM_CHAIN } from '../contract/audit';
import { KeyturnError } from '../contract/errors';
import { appendAudit } from '../ledger/audit-trail';
import { openLedger } from '../ledger/ledger';
import { createLogger } from '../log';
import { findService as findEntry } from '../providers/catalog';
import { closeOutbound } from '../providers/outbound';
import { parseFields } from '../providers/parse-fields';
import { probeKey } from '../providers/probe';
import {
  removePlatformSecret,
  writePlatformSecret,
  type PlatformSecretKind,
} from '../vault/platform-secrets';
import type { VaultClient } from '../vault/vault-client';
import { askUnseen } from './ask-unseen';
import { findService } from './running-service';

const KIND: PlatformSecretKind = 'openrouter-api-key';
const SERVICE_ID = 'openrouter';

/** Adds the commands. */
export function addPlatformKeyCommands(program: Command): void {
  const platformKey = program
    .command('platform-key')
    .description('the platform’s own OpenRouter key, used for tenants as their policies allow');
  platformKey
    .command('set')
    .description(
      'check a key at OpenRouter and store it in the vault; read from standard input, never an argument',
    )
    .option('--unchecked', 'also when OpenRouter cannot be asked')
    .action(set);
  platformKey.command('remove').description('erase it from the vault').action(remove);
}

async function set(options: { unchecked?: boolean }): Promise<void> {
  const config = readConfig();
  const given = process.stdin.isTTY ? await askUnseen('OpenRouter key: ') : await text(process.stdin);
  const fields = { api_key: given.trim() };
  await check(config, fields, options.unchecked === true);
  await act(config, 'set', (vault) => writePlatformSecret(vault, KIND, fields));
  console.log('The platform’s key is stored; gateways use it within KEYTURN_GATEWAY_CACHE_MS.');
}

async function remove(): Promise<void> {
  await act(readConfig(), 'removed', (vault) => removePlatformSecret(vault, KIND));
  console.log('The platform’s key is erased; gateways forget it within KEYTURN_GATEWAY_CACHE_MS.');
}

/** Thrown for what is no key that works: `invalid_fields`, `key_rejected`, `key_unverified`. */
async function check(config: Config, fields: { api_key: string }, unchecked: boolean): Promise<void> {
  const entry = findEntry(SERVICE_ID);
  if (entry === undefined) throw new KeyturnError('internal', `${SERVICE_ID} is not in the catalogue`);
  parseFields(entry, fields);
  const timeoutMs = config.KEYTURN_PROBE_TIMEOUT_MS;
  const { verdict, reason } = await probeKey({ entry, fields, origins: config.providerOrigins, timeoutMs });
  await closeOutbound();
  if (verdict === 'invalid')
    throw new KeyturnError('key_rejected', `OpenRouter does not take this key: ${reason}`);
  if (verdict === 'inconclusive' && !unchecked) {
    throw new KeyturnError(
      'key_unverified',
      `OpenRouter could not be asked (${reason}); --unchecked stores the key all the same`,
    );
  }
}

async function act(
  config: Config,
  what: string,
  deed: (vault: VaultClient) => Promise<unknown>,
): Promise<void> {
  const service = findService(config);
  const ledger = openLedger({ databaseUrl: service.addresses.databaseUrl });
  try {
    const vault = await connectVaultRole({
      config,
      address: service.addresses.vaultAddress,
      role: 'operator',
      appRole: service.credentialsOf('operator'),
      log: createLogger('silent'),
    });
    try {
      const event = {
        chain: PLATFORM_CHAIN,
        action: 'platform.write',
        principal: `operator:${userInfo().username}`,
        serviceId: SERVICE_ID,
        details: { kind: KIND, change: what },
      } as const;
      await appendAudit(ledger, { ...event, outcome: 'intent' });
      await deed(vault);
      await appendAudit(ledger, { ...event, outcome: 'done' });
    } finally {
      await vault.close();
    }
  } finally {
    await ledger.close();
  }
}
