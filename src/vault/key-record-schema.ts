/** What a stored key record must look like before anything of it is used. */
import { z } from 'zod';
import { KeyturnError } from '../contract/errors';
import type { KeyRecord } from '../contract/keys';
import type { JsonObject } from './read-reply';

// Unknown fields pass through: an older Keyturn must not drop what a newer one wrote.
const slot = z.looseObject({
  sealed: z.string(),
  version: z.int().min(1),
  fingerprint: z.string(),
  hint: z.string().nullable(),
  verdict: z.string(),
  operationId: z.string(),
});

const record = z.looseObject({
  schema: z.literal(1),
  epoch: z.int().min(0),
  seq: z.int().min(0),
  keyId: z.string().nullable(),
  bornVersion: z.int().min(0),
  current: slot.nullable(),
  previous: slot.nullable(),
  retireAt: z.string().nullable(),
  retiring: z.array(slot),
  tombstone: z.looseObject({ revokedAt: z.string(), operationId: z.string() }).nullable(),
});

/** Thrown when the entry is no record of this schema: `internal`, naming the fields and quoting no value. */
export function parseKeyRecord(value: JsonObject): KeyRecord {
  const parsed = record.safeParse(value);
  if (parsed.success) return parsed.data as unknown as KeyRecord;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.'));
  throw new KeyturnError(
    'internal',
    `The stored key record cannot be read (${fields.join(', ')}); a newer Keyturn may have written it`,
    {
      fields,
    },
  );
}
