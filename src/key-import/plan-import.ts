/** What an import would do, found out without asking anyone. */
import { createHash, scryptSync } from 'node:crypto';
import { isKeyturnError } from '../contract/errors';
import { assertId, type KeyRef } from '../contract/ids';
import type { PlainFields } from '../contract/keys';
import { findService, parseServiceId } from '../providers/catalog';
import { parseFields, warningsOf } from '../providers/parse-fields';
import { readRows, type ImportFormat, type RawRow } from './raw-rows';

export type Validation = 'default' | 'strict' | 'skip';

/** A row that can be sent. */
export interface PlannedKey {
  readonly place: string;
  readonly ref: KeyRef;
  readonly fields: PlainFields;
  readonly warnings: readonly string[];
  /** The same for the same row of the same file: a row that was sent before is recognised. */
  readonly idempotencyKey: string;
}

/** A row that cannot. `fault` quotes no value. */
export interface RefusedRow {
  readonly place: string;
  readonly fault: string;
}

export interface ImportPlan {
  readonly keys: readonly PlannedKey[];
  readonly refused: readonly RefusedRow[];
}

/** Thrown: `configuration` when the file is not of its format. */
export function planImport(
  text: string,
  options: { format: ImportFormat; tenant?: string | undefined; validation: Validation },
): ImportPlan {
  const digest = digestOf(text, options.validation);
  const keys: PlannedKey[] = [];
  const refused: RefusedRow[] = [];
  const seen = new Map<string, string>();
  for (const [index, row] of readRows(text, options).entries()) {
    const { place } = row;
    const checked = check(row);
    if ('fault' in checked) {
      refused.push({ place, fault: checked.fault });
      continue;
    }
    const { tenantId, serviceId, keyName } = checked.ref;
    const name = `${tenantId}/${serviceId}/${keyName}`;
    const earlier = seen.get(name);
    if (earlier === undefined) {
      seen.set(name, place);
      keys.push({ place, ...checked, idempotencyKey: `import-${digest}-${index}` });
    } else {
      refused.push({ place, fault: `${name} is in the file twice, first at ${earlier}` });
    }
  }
  return { keys, refused };
}

function check(row: RawRow): Pick<PlannedKey, 'ref' | 'fields' | 'warnings'> | { fault: string } {
  if (row.fault !== undefined) return { fault: row.fault };
  try {
    const { tenantId, keyName } = row;
    assertId('tenant_id', tenantId);
    assertId('key_name', keyName);
    const serviceId = parseServiceId(serviceNameOf(row.serviceId));
    const entry = findService(serviceId);
    if (entry === undefined) throw new Error('a parsed service id is in the catalogue');
    const fields = parseFields(entry, row.fields);
    return { ref: { tenantId, serviceId, keyName }, fields, warnings: warningsOf(entry, fields) };
  } catch (error) {
    if (isKeyturnError(error)) return { fault: error.message };
    throw error;
  }
}

/** Variable names hold no `-`. */
function serviceNameOf(given: unknown): string {
  assertId('service_id', given);
  const dashed = given.replaceAll('_', '-');
  return findService(given) === undefined && findService(dashed) !== undefined ? dashed : given;
}

/** The service keeps it, and the file holds secrets, some of them short: so it is dear to guess against. */
function digestOf(text: string, validation: Validation): string {
  const sum = createHash('sha256').update(`${validation}\n${text}`, 'utf8').digest();
  return scryptSync(sum, 'keyturn/import/v1', 16, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 }).toString(
    'hex',
  );
}
