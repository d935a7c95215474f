import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anchorHeads } from '../../src/ledger/anchor-heads';
import { appendAudit } from '../../src/ledger/audit-trail';
import { exportAudit } from '../../src/ledger/export-audit';
import { verifyExport } from '../../src/ledger/verify-export';
import { keepAnchors } from './keep-anchors';
import { openTestLedger, type TestLedger } from './open-test-ledger';

let test: TestLedger;
let directory: string;
let path: string;
const keeper = keepAnchors();

beforeAll(async () => {
  test = await openTestLedger();
  directory = await mkdtemp(join(tmpdir(), 'keyturn-export-'));
  path = join(directory, 'trail.jsonl');
  for (let i = 0; i < 4; i += 1) {
    await appendAudit(test.ledger, {
      chain: i < 3 ? 'tenant:a' : 'platform',
      action: 'key.revoke',
      outcome: 'done',
      principal: 'user:1',
      // Two of these end a line for many readers, node's among them.
      reason: 'line\nseparator\u2028paragraph\u2029“end”',
    });
    if (i === 2) await anchorHeads(test.ledger, keeper);
  }
  await exportAudit(test.ledger, { path, anchors: keeper.list(), publicKeys: keeper.publicKeys });
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await test.close();
});

/** A copy of the export with its text changed. */
async function altered(change: (text: string) => string): Promise<string> {
  const copy = join(directory, 'altered.jsonl');
  await writeFile(copy, change(await readFile(path, 'utf8')));
  return copy;
}

it('verifies offline, with the keys of the file or with the auditor’s own', async () => {
  const whole = {
    ok: true,
    problems: [],
    chains: [
      { chain: 'platform', entries: 1, anchoredSeq: 0, unanchored: 1, problems: [] },
      { chain: 'tenant:a', entries: 3, anchoredSeq: 3, unanchored: 0, problems: [] },
    ],
    anchors: { count: 1 },
  };
  expect(await verifyExport(path)).toMatchObject({ ...whole, keysFrom: 'file' });
  expect(await verifyExport(path, { publicKeys: keeper.publicKeys })).toMatchObject({
    ...whole,
    keysFrom: 'caller',
  });
  const other = await verifyExport(path, { publicKeys: keepAnchors().publicKeys });
  expect(other).toMatchObject({
    ok: false,
    anchors: { problems: ['anchor 1 was changed: its signature does not hold'] },
  });
});

it('is readable by its owner only, and overwrites nothing', async () => {
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const again = exportAudit(test.ledger, { path, anchors: keeper.list(), publicKeys: keeper.publicKeys });
  await expect(again).rejects.toMatchObject({ code: 'EEXIST' });
});

it('finds a changed entry', async () => {
  const report = await verifyExport(await altered((text) => text.replace('user:1', 'user:2')));
  expect(report.ok).toBe(false);
  expect(report.chains.flatMap((chain) => chain.problems)).toContain(
    'entry 1 was changed: its text does not give its hash',
  );
});

it('finds lines removed and a file cut off', async () => {
  const lines = (text: string) => text.trimEnd().split('\n');
  const short = await verifyExport(await altered((text) => lines(text).toSpliced(-2, 1).join('\n')));
  expect(short.ok).toBe(false);
  expect(short.problems).toEqual(['the file holds another number of lines than its last line says']);
  const cut = await verifyExport(await altered((text) => lines(text).slice(0, -1).join('\n')));
  expect(cut.problems).toEqual(['the file is cut off: its last line is missing']);
  const longer = await verifyExport(await altered((text) => `${text}{"type":"entry"}\n`));
  expect(longer.problems).toEqual(['the file goes on after its last entry']);
});

it.each([
  ['{"type":"other"}', 'not an audit export'],
  ['', 'not an audit export'],
  ['not json', 'line 1 of the file is not JSON'],
  ['{"type":"keyturn-audit-export","v":1}\n{"type":"entry","seq":1}', 'line 2 of the file is no entry'],
  ['{"type":"keyturn-audit-export","v":1}\n{"type":"anchor"}', 'line 2 of the file is no anchor'],
])('refuses a file of %j', async (text, message) => {
  await expect(verifyExport(await altered(() => text))).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining(message),
  });
});

it('says that a file does not exist', async () => {
  await expect(verifyExport(join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
