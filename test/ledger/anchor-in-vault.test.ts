import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorNow, verifyAuditTrail } from '../../src/audit-anchors';
import { exportAudit } from '../../src/ledger/export-audit';
import { verifyExport } from '../../src/ledger/verify-export';
import { listAnchors, readAnchorKeys } from '../../src/vault/anchors';
import type { VaultClient } from '../../src/vault/vault-client';
import { openVaultFixture, type VaultFixture } from '../vault/vault-fixture';
import { newRef, openTestLedger, store, type TestLedger } from './open-test-ledger';

let test: TestLedger;
let fixture: VaultFixture;
let worker: VaultClient;
let directory: string;

beforeAll(async () => {
  [test, fixture, directory] = await Promise.all([
    openTestLedger(),
    openVaultFixture(),
    mkdtemp(join(tmpdir(), 'keyturn-export-')),
  ]);
  worker = await fixture.as('worker');
});
afterAll(async () => {
  await Promise.all([test.close(), fixture.close(), rm(directory, { recursive: true, force: true })]);
});

it('anchors a real trail in a real vault, verifies it there and offline, and finds it tampered with', async () => {
  await store(test.ledger, newRef('acme'));
  await anchorNow(test.ledger, worker);
  await fixture.bao.ask('POST', 'transit/keys/keyturn-anchor/rotate', {});
  await store(test.ledger, newRef('globex'));
  await Promise.all([anchorNow(test.ledger, worker), anchorNow(test.ledger, worker)]);
  await store(test.ledger, newRef('globex'));

  const chains = [
    { chain: 'tenant:acme', entries: 2, anchoredSeq: 2, unanchored: 0, problems: [] },
    { chain: 'tenant:globex', entries: 4, anchoredSeq: 2, unanchored: 2, problems: [] },
  ];
  const anchors = { count: 2, problems: [] };
  expect(await verifyAuditTrail(test.ledger, worker, null)).toMatchObject({ ok: true, chains, anchors });

  const path = join(directory, 'trail.jsonl');
  const publicKeys = await readAnchorKeys(worker);
  await exportAudit(test.ledger, { path, anchors: listAnchors(worker), publicKeys });
  expect(await verifyExport(path, { publicKeys })).toMatchObject({ ok: true, chains, anchors });

  await test.query(`set session_replication_role = 'replica'`);
  await test.query(`delete from audit_entries where chain = 'tenant:acme'`);
  await test.query(`delete from audit_heads where chain = 'tenant:acme'`);
  const tampered = await verifyAuditTrail(test.ledger, worker, 'tenant:acme');
  expect(tampered.ok).toBe(false);
  expect(tampered.chains[0]?.problems[0]).toContain('the whole chain is missing');
});
