/** Key files as rows of text: CSV, JSON, .env. What is wrong with a row is told by its place, never by its content. */
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseDotenv } from 'dotenv';
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import { DEFAULT_KEY_NAME } from '../contract/ids';

export const IMPORT_FORMATS = ['csv', 'json', 'env'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** One row as the file has it; nothing of it is checked yet. */
export interface RawRow {
  /** Where it is: `line 3`, `entry 2`, `ACME__OPENROUTER`. Never a value. */
  readonly place: string;
  readonly tenantId: unknown;
  readonly serviceId: unknown;
  readonly keyName: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Why it cannot even be taken apart. */
  readonly fault?: string;
}

const MAX_ROWS = 100_000;
const MAX_VALUE_CHARACTERS = 64 * 1024;

/**
 * Takes a file apart. `tenant` is the tenant of every row that names none.
 * Thrown: `configuration` when the file is not of its format at all.
 */
export function readRows(
  text: string,
  options: { format: ImportFormat; tenant?: string | undefined },
): readonly RawRow[] {
  const rows = READERS[options.format](text.replace(/^\uFEFF/, ''), options.tenant);
  if (rows.length === 0) throw wrong('the file holds no key');
  if (rows.length > MAX_ROWS) throw wrong(`the file holds more than ${MAX_ROWS} keys: split it`);
  return rows;
}

const READERS: Readonly<Record<ImportFormat, (text: string, tenant: string | undefined) => RawRow[]>> = {
  csv: readCsv,
  json: readJson,
  env: readEnv,
};

/** Columns tenant_id, service_id, key_name and, for the rest, fields; an empty cell is no field. */
function readCsv(text: string, tenant: string | undefined): RawRow[] {
  const faults: RawRow[] = [];
  let records: { info: { lines: number }; record: Record<string, string> }[];
  try {
    records = parseCsv(text, {
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: MAX_VALUE_CHARACTERS,
      on_skip: (error) => {
        // The library's message quotes the record: only its line is taken.
        const { lines } = (error ?? {}) as { lines?: number };
        faults.push(
          faulty(`line ${lines ?? '?'}`, 'the row has not the columns of the header, or a quote is open'),
        );
      },
    }) as unknown as typeof records;
  } catch {
    throw wrong('the file is not CSV with a header line');
  }
  const first = records[0]?.record ?? {};
  if (records.length > 0 && !('service_id' in first)) throw wrong('the header lacks the column service_id');
  const rows = records.map(({ info, record }) => {
    const filled = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== ''));
    return rowOf(`line ${info.lines}`, filled, tenant);
  });
  return [...rows, ...faults];
}

/** A list of objects: tenant_id, service_id, key_name and the fields, beside them or in `api_keys`. */
function readJson(text: string, tenant: string | undefined): RawRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('the file is not JSON'); // The parser's message quotes the text.
  }
  const entries = z.array(z.unknown()).safeParse(value);
  if (!entries.success) throw wrong('the file must hold a JSON list of objects');
  return entries.data.map((entry, index) => {
    const place = `entry ${index + 1}`;
    const members = z.record(z.string(), z.unknown()).safeParse(entry);
    if (!members.success) return faulty(place, 'it is no object');
    const { api_keys: nested, ...flat } = members.data;
    if (nested === undefined) return rowOf(place, flat, tenant);
    const fields = z.record(z.string(), z.unknown()).safeParse(nested);
    return fields.success
      ? rowOf(place, { ...flat, ...fields.data }, tenant)
      : faulty(place, 'api_keys is no object');
  });
}

/**
 * `TENANT__SERVICE__FIELD` or `TENANT__SERVICE__NAME__FIELD`; with `--tenant` the first part is left out. Parts are
 * read in lower case; a service may write `_` for `-`.
 */
function readEnv(text: string, tenant: string | undefined): RawRow[] {
  const rows = new Map<string, { place: string; members: Record<string, unknown> }>();
  const faults: RawRow[] = [];
  for (const [index, [variable, value]] of Object.entries(parseDotenv(text)).entries()) {
    const parts = [...(tenant === undefined ? [] : [tenant]), ...variable.toLowerCase().split('__')];
    const field = parts.pop();
    const [tenantId, serviceId, keyName = DEFAULT_KEY_NAME, ...more] = parts;
    if (!/^[A-Za-z0-9_]{1,200}$/.test(variable) || serviceId === undefined || !field || more.length > 0) {
      const rule = tenant === undefined ? 'TENANT__SERVICE__FIELD' : 'SERVICE__FIELD';
      faults.push(
        faulty(
          quotable(variable, index),
          `the name must be ${rule}, or have the key's name before the field`,
        ),
      );
      continue;
    }
    const id = JSON.stringify([tenantId, serviceId, keyName]);
    const row = rows.get(id) ?? {
      place: variable.slice(0, variable.lastIndexOf('__')),
      members: { tenant_id: tenantId, service_id: serviceId, key_name: keyName },
    };
    row.members[field] = value;
    rows.set(id, row);
  }
  return [...[...rows.values()].map(({ place, members }) => rowOf(place, members, undefined)), ...faults];
}

/** A value pasted in the place of a name must not come back. */
function quotable(variable: string, index: number): string {
  return /^[A-Z][A-Z_]{0,62}$/.test(variable) ? variable : `variable ${index + 1}`;
}

function rowOf(place: string, members: Record<string, unknown>, tenant: string | undefined): RawRow {
  const { tenant_id: tenantId = tenant, service_id: serviceId, key_name: keyName, ...fields } = members;
  return { place, tenantId, serviceId, keyName: keyName ?? DEFAULT_KEY_NAME, fields };
}

function faulty(place: string, fault: string): RawRow {
  return { place, tenantId: null, serviceId: null, keyName: null, fields: {}, fault };
}

function wrong(message: string): KeyturnError {
  return new KeyturnError('configuration', message);
}
