/** docs/errors.md tells of every error, and of no other; what the code throws is in the table. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, KeyturnError, type ErrorCode } from '../../src/contract/errors';
import { problemOf } from '../../src/http/problem';

const ROOT = join(__dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| (yes|no) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, code, status, retry, meaning, cure]) => ({ code, status, retry, meaning, cure }),
);

test('every code has its row, and no row has another code', () => {
  expect(rows.map((row) => row.code)).toEqual(Object.keys(ERRORS));
});

test('status and retry are those of the table', () => {
  const told = rows.map(({ code, status, retry }) => [code, Number(status), retry === 'yes']);
  const true_ = Object.entries(ERRORS).map(([code, entry]) => [code, entry.status, entry.retryable]);
  expect(told).toEqual(true_);
});

test('meaning and cure are sentences', () => {
  for (const { code, meaning, cure } of rows) {
    expect([code, meaning]).toEqual([code, expect.stringMatching(/^[A-Z`].{20,}[.]$/)]);
    expect([code, cure]).toEqual([code, expect.stringMatching(/^[A-Z`].{10,}[.]$/)]);
  }
});

test('every code is thrown somewhere', () => {
  const sources = ['src', 'activities', 'workflows'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('contract/errors.ts'))
      .map((file) => readFileSync(join(ROOT, room, file), 'utf8')),
  );
  const unused = Object.keys(ERRORS).filter((code) => !sources.some((text) => text.includes(`'${code}'`)));
  expect(unused).toEqual([]);
});

test.each(Object.keys(ERRORS) as ErrorCode[])(
  '%s becomes a problem document that details cannot change',
  (code) => {
    const details = { status: 200, code: 'fine', type: 'about:blank', field: 'tenant_id' };
    const problem = problemOf(new KeyturnError(code, 'what happened', details));
    const { status, title, retryable } = ERRORS[code];
    expect(problem).toEqual({
      type: `urn:keyturn:error:${code}`,
      title,
      status,
      code,
      detail: 'what happened',
      retryable,
      field: 'tenant_id',
    });
    expect(Object.keys(problem).slice(0, 6)).toEqual([
      'type',
      'title',
      'status',
      'code',
      'detail',
      'retryable',
    ]);
  },
);
