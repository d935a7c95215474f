/** A backup of everything that cannot be made anew: the vault, the ledger, the keys to both. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyRef } from '../contract/ids';
import type { EmbeddedCredentials } from '../embedded/credentials';
import { HOME_SCHEMA, readAuditLogPath } from '../embedded/home';
import { packageRoot } from '../embedded/package-root';
import serverPins from '../embedded/server-pins.json';
import { openLedgerDump, type LedgerDump } from '../ledger/dump-ledger';
import { openLedger } from '../ledger/ledger';
import { openSnapshot, type OpenSnapshot } from '../vault/snapshot';
import { sealFields } from '../vault/transit';
import { connectVault } from '../vault/vault-client';
import type { VaultSettings } from '../vault/vault-settings';
import { writeBackupFile } from './backup-file';
import { writeParts, type BackupPart, type Manifest } from './parts';

/** Files of the home that go in as they are, when they are there: part → path. */
export const HOME_FILES: Readonly<Record<string, string>> = {
  'credentials.json': 'credentials.json',
  'seal.key': 'vault/seal.key',
  'break-glass.jsonl': 'break-glass.jsonl',
};
export const VAULT_PART = 'vault.snapshot';
export const LEDGER_PART = 'ledger.jsonl';
/** Whom the canary is sealed for: nobody. */
export const CANARY_REF: KeyRef = { tenantId: 'keyturn-backup', serviceId: 'canary', keyName: 'default' };

export interface BackupSource {
  readonly home: string;
  readonly databaseUrl: string;
  readonly vault: VaultSettings;
  readonly credentials: EmbeddedCredentials['vault'];
}

/**
 * Writes the file; vault and ledger are of one moment, for which writers wait.
 * Thrown when the file exists, a server does not answer, or the ledger is too busy: nothing is left behind then.
 */
export async function writeBackup(
  source: BackupSource,
  target: { file: string; passphrase: string },
): Promise<void> {
  const canary = await sealCanary(source);
  const ledger = openLedger({ databaseUrl: source.databaseUrl });
  const opened: { snapshot?: OpenSnapshot; dump?: LedgerDump } = {};
  try {
    opened.dump = await openLedgerDump(ledger, async () => {
      opened.snapshot = await openSnapshot(source.vault, source.credentials.provisioner);
    });
    const { dump, snapshot } = opened as Required<typeof opened>;
    const describe = (): Omit<Manifest, 'parts'> => ({
      created_at: new Date().toISOString(),
      versions: versions(),
      home_schema: HOME_SCHEMA,
      audit_log: readAuditLogPath(source.home),
      migrations: [...dump.migrations],
      canary,
    });
    const lines = writeParts(partsOf(source.home, snapshot, dump), describe);
    await writeBackupFile(target.file, target.passphrase, lines);
  } finally {
    await opened.snapshot?.close();
    await opened.dump?.close();
    await ledger.close();
  }
}

async function* partsOf(home: string, snapshot: OpenSnapshot, dump: LedgerDump): AsyncGenerator<BackupPart> {
  // First what a server waits for us to read.
  yield { name: VAULT_PART, content: snapshot.content };
  yield { name: LEDGER_PART, content: inChunks(dump.rows()) };
  for (const [name, path] of Object.entries(HOME_FILES)) {
    const file = join(home, path);
    if (existsSync(file)) yield { name, content: createReadStream(file) };
  }
}

const CHUNK_CHARACTERS = 64 * 1024;

async function* inChunks(rows: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let text = '';
  for await (const row of rows) {
    text += `${row}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function sealCanary(source: BackupSource): Promise<Manifest['canary']> {
  const vault = await connectVault({ settings: source.vault, login: { appRole: source.credentials.api } });
  try {
    const value = randomUUID();
    return { sealed: await sealFields(vault, CANARY_REF, { value }), value };
  } finally {
    await vault.close();
  }
}

function versions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return { keyturn: version, openbao: serverPins.bao.version };
}
