/** Reads everything a store holds, raw, as pieces to be searched. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Client } from '@temporalio/client';
import { temporal as proto } from '@temporalio/proto';
import { Client as Postgres } from 'pg';
import { listKeyRefs } from '../../src/vault/key-store';
import { keyPath, type VaultPath } from '../../src/vault/paths';
import type { VaultClient } from '../../src/vault/vault-client';
import type { Piece } from './find-secrets';

/** The raw history and description of every run that began since then. */
export async function gatherHistories(client: Client, sinceMs: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const query = `StartTime >= '${new Date(sinceMs).toISOString()}'`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    const name = `${workflowId} ${runId}`;
    pieces.push({
      name: `history of ${name}`,
      bytes: Buffer.from(proto.api.history.v1.History.encode(history).finish()),
    });
    const { raw } = await handle.describe();
    const { DescribeWorkflowExecutionResponse } = proto.api.workflowservice.v1;
    pieces.push({
      name: `description of ${name}`,
      bytes: Buffer.from(DescribeWorkflowExecutionResponse.encode(raw).finish()),
    });
  }
  return pieces;
}

/** A database file with what belongs to it, copied so that the server may go on. */
export function gatherSqlite(file: string): Piece[] {
  const copy = mkdtempSync(join(tmpdir(), 'keyturn-canary-'));
  try {
    // The log first: what a checkpoint moves meanwhile is then found in either.
    return ['-wal', '', '-shm']
      .filter((suffix) => existsSync(file + suffix))
      .map((suffix) => {
        copyFileSync(file + suffix, join(copy, 'part'));
        return { name: `database${suffix}`, bytes: readFileSync(join(copy, 'part')) };
      });
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Every row of every table, as text. */
export async function gatherTables(databaseUrl: string): Promise<Piece[]> {
  const client = new Postgres({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
    );
    const pieces: Piece[] = [];
    for (const { name } of rows) {
      const dump = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      pieces.push({ name: `table ${name}`, bytes: Buffer.from(dump.rows.map(({ row }) => row).join('\n')) });
    }
    return pieces;
  } finally {
    await client.end();
  }
}

/** What one version of a key's entry answers. */
export interface KvVersion extends Piece {
  readonly destroyed: boolean;
  readonly status: number;
  /** Sealed credentials in it. */
  readonly sealed: readonly string[];
}

/** Every version of every key of the tenants, destroyed ones included. */
export async function gatherKeyVersions(
  vault: VaultClient,
  tenantIds: readonly string[],
): Promise<KvVersion[]> {
  const found: KvVersion[] = [];
  for (const tenantId of tenantIds) {
    for await (const ref of listKeyRefs(vault, tenantId)) {
      const path = keyPath(vault.settings, 'metadata', ref);
      const { body } = await vault.request({ method: 'GET', path });
      const { versions } = (body as { data: { versions: Record<string, { destroyed: boolean }> } }).data;
      for (const [version, { destroyed }] of Object.entries(versions)) {
        const data = `${keyPath(vault.settings, 'data', ref)}?version=${version}` as VaultPath;
        const reply = await vault.request({ method: 'GET', path: data, accept: [404] });
        const text = JSON.stringify(reply.body);
        const sealed = [...text.matchAll(/"sealed":"([^"]+)"/g)].map(([, value]) => value as string);
        const name = `${path} version ${version}`;
        found.push({ name, bytes: Buffer.from(text), destroyed, status: reply.status, sealed });
      }
    }
  }
  return found;
}

/** The files of a folder. */
export function gatherFiles(folder: string): Piece[] {
  return readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** What a developer sees who prints these. */
export function gatherPrinted(objects: Readonly<Record<string, unknown>>): Piece[] {
  return Object.entries(objects).map(([name, value]) => ({
    name,
    bytes: Buffer.from(
      inspect(value, { depth: 12, showHidden: true, getters: true, maxArrayLength: 1_000 }) +
        (value instanceof Error ? `${value.stack}${JSON.stringify(value)}` : ''),
    ),
  }));
}
