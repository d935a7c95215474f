/** `keyturn audit verify | export | verify-file`: the trail checked by someone who need not trust the service. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { verifyAuditTrail } from '../audit-anchors';
import { importJournal } from '../break-glass/import-journal';
import { readConfig } from '../config';
import { connectTemporalFrom, connectVaultRole } from '../connections';
import { exportAudit } from '../ledger/export-audit';
import { openLedger } from '../ledger/ledger';
import { streamOperations } from '../ledger/operations';
import { verifyExport } from '../ledger/verify-export';
import type { TrailReport } from '../ledger/verify-trail';
import { createLogger } from '../log';
import { compareRuns, type RunComparison } from '../temporal/compare-runs';
import type { Temporal } from '../temporal/connect-temporal';
import { listAnchors, readAnchorKeys } from '../vault/anchors';
import { findService } from './running-service';

/** Adds the commands. */
export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('verify and export the audit trail');
  audit
    .command('verify')
    .description('check every chain against its signed anchors, and the operations against their runs')
    .action(() =>
      withReaders(async ({ ledger, vault, temporal }) => {
        report(await verifyAuditTrail(ledger, vault, null));
        reportRuns(await compareRuns(temporal.client, streamOperations(ledger)));
      }),
    );
  audit
    .command('export')
    .argument('<file>', 'a new file; JSON lines')
    .description('write the trail with its anchors and public keys, to be verified offline')
    .action((file: string) =>
      withReaders(async ({ ledger, vault }) => {
        const publicKeys = await readAnchorKeys(vault);
        const counts = await exportAudit(ledger, { path: file, anchors: listAnchors(vault), publicKeys });
        console.log(`${counts.entries} entries and ${counts.anchors} anchors written to ${file}`);
      }),
    );
  audit
    .command('verify-file')
    .argument('<file>', 'what `audit export` wrote')
    .description('verify an export; needs no server')
    .action(async (file: string) => report(await verifyExport(file)));
  audit
    .command('import')
    .description(
      'tell ledger and trail of revocations made with --break-glass; `keyturn start` does so by itself',
    )
    .action(importBreakGlass);
}

async function importBreakGlass(): Promise<void> {
  const config = readConfig();
  const service = findService(config);
  const ledger = openLedger({ databaseUrl: service.addresses.databaseUrl });
  const connect = () =>
    connectVaultRole({
      config,
      address: service.addresses.vaultAddress,
      role: 'operator',
      appRole: service.credentialsOf('operator'),
      log: createLogger('silent'),
    });
  try {
    const count = await importJournal(resolve(config.KEYTURN_HOME), ledger, connect);
    console.log(`${count} revocations imported`);
  } finally {
    await ledger.close();
  }
}

async function withReaders(
  work: (readers: {
    ledger: ReturnType<typeof openLedger>;
    vault: Awaited<ReturnType<typeof connectVaultRole>>;
    temporal: Temporal;
  }) => Promise<void>,
): Promise<void> {
  const config = readConfig();
  const service = findService(config);
  const ledger = openLedger({ databaseUrl: service.addresses.databaseUrl });
  const vault = await connectVaultRole({
    config,
    address: service.addresses.vaultAddress,
    role: 'operator',
    appRole: service.credentialsOf('operator'),
    log: createLogger('silent'),
  });
  const temporal = await connectTemporalFrom(config, service.addresses);
  try {
    await work({ ledger, vault, temporal });
  } finally {
    await temporal.connection.close();
    await vault.close();
    await ledger.close();
  }
}

/** One line a chain; exit code 1 when anything is wrong. */
function report(found: TrailReport): void {
  for (const { chain, entries, anchoredSeq, unanchored, problems } of found.chains) {
    const tail = unanchored === 0 ? 'all anchored' : `${unanchored} behind the last anchor`;
    console.log(
      `${problems.length === 0 ? 'ok ' : 'BAD'}  ${chain}: ${entries} entries, anchored to ${anchoredSeq}, ${tail}`,
    );
    for (const problem of problems) console.log(`       ${problem}`);
  }
  const { count, latest, problems } = found.anchors;
  console.log(
    `${problems.length === 0 ? 'ok ' : 'BAD'}  anchors: ${count}, the last one of ${latest?.at ?? 'never'}`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
  console.log(found.ok ? 'The audit trail is whole.' : 'The audit trail is NOT whole.');
  if (!found.ok) process.exitCode = 1;
}

function reportRuns({ agrees, differs, beyondRetention }: RunComparison): void {
  const mark = differs.length === 0 ? 'ok ' : 'BAD';
  console.log(
    `${mark}  runs: ${agrees} operations agree with Temporal, ${beyondRetention} beyond its retention`,
  );
  for (const { operationId, ledger, temporal } of differs) {
    console.log(`       operation ${operationId}: ${ledger} in the ledger, ${temporal} in Temporal`);
  }
  if (differs.length > 0) process.exitCode = 1;
}
